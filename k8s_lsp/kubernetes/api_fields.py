"""Which fields each level of the API has that leads to a pod, or stands in one.

Facts of the API, not a schema: every name that any version since 1.25 has.
"""

from collections.abc import Mapping
from typing import Final


def _read(table: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Each level's fields, with the level that a field leads to, if that is in the table too."""
    pairs = {level: (name.partition(":") for name in text.split()) for level, text in table.items()}
    return {level: {name: deeper for name, _, deeper in each} for level, each in pairs.items()}


# Generated from here on: python -m pytest tests/test_field_names.py --update
FIELDS: Final = _read(
    {
        "AppArmorProfile": """
            localhostProfile type
        """,
        "Capabilities": """
            add drop
        """,
        "ConfigMapVolumeSource": """
            defaultMode defaultUser items name optional
        """,
        "Container": """
            args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
            readinessProbe resizePolicy resources:ResourceRequirements restartPolicy
            restartPolicyRules securityContext:SecurityContext startupProbe stdin stdinOnce
            terminationMessagePath terminationMessagePolicy tty volumeDevices
            volumeMounts:VolumeMount workingDir
        """,
        "CronJob": """
            apiVersion kind metadata:ObjectMeta spec:CronJobSpec status
        """,
        "CronJobSpec": """
            concurrencyPolicy failedJobsHistoryLimit jobTemplate:JobTemplateSpec schedule
            startingDeadlineSeconds successfulJobsHistoryLimit suspend timeZone
        """,
        "DaemonSet": """
            apiVersion kind metadata:ObjectMeta spec:DaemonSetSpec status
        """,
        "DaemonSetSpec": """
            minReadySeconds revisionHistoryLimit selector template:PodTemplateSpec updateStrategy
        """,
        "Deployment": """
            apiVersion kind metadata:ObjectMeta spec:DeploymentSpec status
        """,
        "DeploymentSpec": """
            minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector
            strategy template:PodTemplateSpec
        """,
        "EmptyDirVolumeSource": """
            medium mode sizeLimit
        """,
        "EphemeralContainer": """
            args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
            readinessProbe resizePolicy resources:ResourceRequirements restartPolicy
            restartPolicyRules securityContext:SecurityContext startupProbe stdin stdinOnce
            targetContainerName terminationMessagePath terminationMessagePolicy tty volumeDevices
            volumeMounts:VolumeMount workingDir
        """,
        "HostPathVolumeSource": """
            path type
        """,
        "Job": """
            apiVersion kind metadata:ObjectMeta spec:JobSpec status
        """,
        "JobSpec": """
            activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions
            managedBy manualSelector maxFailedIndexes parallelism podFailurePolicy
            podReplacementPolicy scheduling selector successPolicy suspend template:PodTemplateSpec
            ttlSecondsAfterFinished
        """,
        "JobTemplateSpec": """
            metadata:ObjectMeta spec:JobSpec
        """,
        "ObjectMeta": """
            annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers
            generateName generation labels managedFields name namespace ownerReferences
            resourceVersion selfLink uid
        """,
        "Pod": """
            apiVersion kind metadata:ObjectMeta spec:PodSpec status
        """,
        "PodSecurityContext": """
            appArmorProfile:AppArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot
            runAsUser seLinuxChangePolicy seLinuxOptions:SELinuxOptions
            seccompProfile:SeccompProfile supplementalGroups supplementalGroupsPolicy sysctls
            windowsOptions:WindowsSecurityContextOptions
        """,
        "PodSpec": """
            activeDeadlineSeconds affinity automountServiceAccountToken containers:Container
            dnsConfig dnsPolicy enableServiceLinks ephemeralContainers:EphemeralContainer
            evictionResponders hostAliases hostIPC hostNetwork hostPID hostUsers hostname
            hostnameOverride imagePullSecrets initContainers:Container nodeName nodeSelector os
            overhead preemptionPolicy priority priorityClassName readinessGates resourceClaims
            resources:ResourceRequirements restartPolicy runtimeClassName schedulerName
            schedulingGates schedulingGroup securityContext:PodSecurityContext serviceAccount
            serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
            terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes:Volume
            workloadRef
        """,
        "PodTemplate": """
            apiVersion kind metadata:ObjectMeta template:PodTemplateSpec
        """,
        "PodTemplateSpec": """
            metadata:ObjectMeta spec:PodSpec
        """,
        "ProjectedVolumeSource": """
            defaultMode defaultUser sources
        """,
        "ReplicaSet": """
            apiVersion kind metadata:ObjectMeta spec:ReplicaSetSpec status
        """,
        "ReplicaSetSpec": """
            minReadySeconds replicas selector template:PodTemplateSpec
        """,
        "ReplicationController": """
            apiVersion kind metadata:ObjectMeta spec:ReplicationControllerSpec status
        """,
        "ReplicationControllerSpec": """
            minReadySeconds replicas selector template:PodTemplateSpec
        """,
        "ResourceRequirements": """
            claims limits requests
        """,
        "SELinuxOptions": """
            level role type user
        """,
        "SeccompProfile": """
            localhostProfile type
        """,
        "SecretVolumeSource": """
            defaultMode defaultUser items optional secretName
        """,
        "SecurityContext": """
            allowPrivilegeEscalation appArmorProfile:AppArmorProfile capabilities:Capabilities
            privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser
            seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
            windowsOptions:WindowsSecurityContextOptions
        """,
        "ServiceAccount": """
            apiVersion automountServiceAccountToken imagePullSecrets kind metadata:ObjectMeta
            secrets
        """,
        "StatefulSet": """
            apiVersion kind metadata:ObjectMeta spec:StatefulSetSpec status
        """,
        "StatefulSetSpec": """
            minReadySeconds ordinals persistentVolumeClaimRetentionPolicy podManagementPolicy
            replicas revisionHistoryLimit selector serviceName template:PodTemplateSpec
            updateStrategy volumeClaimTemplates
        """,
        "Volume": """
            awsElasticBlockStore azureDisk azureFile cephfs cinder configMap:ConfigMapVolumeSource
            csi downwardAPI emptyDir:EmptyDirVolumeSource ephemeral fc flexVolume flocker
            gcePersistentDisk gitRepo glusterfs hostPath:HostPathVolumeSource image iscsi name nfs
            persistentVolumeClaim photonPersistentDisk portworxVolume
            projected:ProjectedVolumeSource quobyte rbd scaleIO secret:SecretVolumeSource storageos
            vsphereVolume
        """,
        "VolumeMount": """
            bindMountOptions mountPath mountPropagation name readOnly recursiveReadOnly subPath
            subPathExpr
        """,
        "WindowsSecurityContextOptions": """
            gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName
        """,
    }
)
