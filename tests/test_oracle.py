"""The oracle itself: each of its rules with a manifest on either side of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from tests.oracle import NEWEST, Version, load, quantity, rejections


def pod(spec: str = "", container: str = "", metadata: str = "") -> str:
    """Write a Pod with one container."""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web, {metadata}}}\n"
        f"spec: {{{spec + ', ' if spec else ''}containers: [{{name: app, image: a, {container}}}]}}"
    )


def context(fields: str, spec: str = "") -> str:
    """Write a Pod whose container has a security context."""
    return pod(spec, f"securityContext: {{{fields}}}")


def init(fields: str, spec: str = "") -> str:
    """Write a Pod with an init container."""
    extra = f"initContainers: [{{name: prepare, image: a, {fields}}}]"
    return pod(f"{spec}, {extra}" if spec else extra)


def ephemeral(fields: str) -> str:
    """Write a Pod with an ephemeral container."""
    return pod(f"ephemeralContainers: [{{name: debug, image: a, {fields}}}]")


def template(kind: str, spec: str, container: str = "", metadata: str = "") -> str:
    """Write a workload around the spec of a pod."""
    body = f"template: {{metadata: {{{metadata}}}, spec: {{{spec}, containers: "
    body += f"[{{name: app, image: a, {container}}}]}}}}"
    if kind == "CronJob":
        body = f"jobTemplate: {{spec: {{{body}}}}}"
    group = {"ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    if kind not in group:
        body = f"selector: {{matchLabels: {{app: web}}}}, {body}"
    return f"apiVersion: {group.get(kind, 'apps/v1')}\nkind: {kind}\nspec: {{{body}}}"


SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_APP = "container.seccomp.security.alpha.kubernetes.io/app"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/app"
CREATE = "spec.ephemeralContainers: cannot be set on create"


def annotated(key: str, value: str) -> str:
    """Write the metadata that holds one annotation."""
    return f"annotations: {{{key}: {value}}}"


def resources(requests: str = "", limits: str = "") -> str:
    """Write the resources of a pod or container."""
    return f"resources: {{requests: {{{requests}}}, limits: {{{limits}}}}}"


# Name, accepted manifest, rejected manifest, and all that is said about the latter.
RULES: list[tuple[str, str, str, list[str]]] = [
    # Fixes in combination
    (
        "bidirectional mount",
        pod(
            "volumes: [{name: v}]",
            "securityContext: {privileged: true}, "
            "volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]",
        ),
        pod(
            "volumes: [{name: v}]",
            "securityContext: {privileged: false}, "
            "volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]",
        ),
        [
            "spec.containers[0].volumeMounts[0].mountPropagation: Bidirectional mount propagation "
            "is available only to privileged containers"
        ],
    ),
    (
        "HostProcess needs hostNetwork",
        context("windowsOptions: {hostProcess: true}", "hostNetwork: true"),
        context("windowsOptions: {hostProcess: true}"),
        [
            "spec.hostNetwork: hostNetwork must be true if pod contains any hostProcess containers",
        ],
    ),
    (
        "HostProcess for all or none",
        init(
            "", "hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}"
        ).replace("image: a, }]}", "image: a, securityContext: {windowsOptions: {}}}]}"),
        init("securityContext: {windowsOptions: {hostProcess: true}}", "hostNetwork: true"),
        [
            "spec: If pod contains any hostProcess containers then all containers must be "
            "HostProcess containers"
        ],
    ),
    (
        "HostProcess of pod and container",
        context(
            "windowsOptions: {hostProcess: true}",
            "hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}",
        ),
        context(
            "windowsOptions: {hostProcess: false}",
            "hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}",
        ),
        [
            "spec.containers[0].securityContext.windowsOptions.hostProcess: pod hostProcess value "
            "must be identical if both are specified"
        ],
    ),
    (
        "host port under hostNetwork",
        pod("hostNetwork: true", "ports: [{containerPort: 80}]"),
        pod("hostNetwork: true", "ports: [{containerPort: 80, hostPort: 81}]"),
        [
            "spec.containers[0].ports[0].hostPort: must match `containerPort` when `hostNetwork` "
            "is true"
        ],
    ),
    (
        "seccomp annotation of the pod",
        pod(
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            metadata=annotated(SECCOMP, "docker/default"),
        ),
        pod(
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            metadata=annotated(SECCOMP, "unconfined"),
        ),
        [
            "spec.securityContext.seccompProfile.type: seccomp type in annotation and field must "
            "match"
        ],
    ),
    (
        "seccomp annotation of a container",
        pod(
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            metadata=annotated(SECCOMP_APP, "unconfined"),
        ),
        pod(
            "",
            "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}",
            annotated(SECCOMP_APP, "localhost/b.json"),
        ),
        [
            "spec.containers[0].securityContext.seccompProfile.localhostProfile: seccomp "
            "localhostProfile in annotation and field must match"
        ],
    ),
    (
        "seccomp annotation of a template",
        template("Deployment", "hostPID: true", metadata=annotated(SECCOMP, "localhost/a")),
        template(
            "Deployment",
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            metadata=annotated(SECCOMP, "unconfined"),
        ),
        [
            "spec.template.spec.securityContext.seccompProfile.type: seccomp type in annotation "
            "and field must match"
        ],
    ),
    (
        "seccomp annotation's text",
        pod(metadata=annotated(SECCOMP, "localhost/a/b.json")),
        pod(metadata=annotated(SECCOMP, "localhost/../b.json")),
        [f"metadata.annotations[\"{SECCOMP}\"]: must not contain '..'"],
    ),
    (
        "seccomp annotation's word",
        pod(metadata=annotated(SECCOMP, "runtime/default")),
        pod(metadata=annotated(SECCOMP, "''")),
        [f'metadata.annotations["{SECCOMP}"]: must be a valid seccomp profile'],
    ),
    (
        "AppArmor annotation beside the container's field",
        pod(
            "",
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            annotated(APP_ARMOR, "runtime/default"),
        ),
        pod(
            "",
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            annotated(APP_ARMOR, "unconfined"),
        ),
        [
            "spec.containers[0].securityContext.appArmorProfile.type: apparmor type in annotation "
            "and field must match"
        ],
    ),
    (
        # In a Pod the annotation is copied into the container first, in a template it is not.
        "AppArmor annotation beside the pod's field",
        pod(
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            metadata=annotated(APP_ARMOR, "unconfined"),
        ),
        template(
            "DaemonSet",
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            metadata=annotated(APP_ARMOR, "unconfined"),
        ),
        [
            "spec.template.spec.containers[0].securityContext.appArmorProfile.type: apparmor type "
            "in annotation and field must match"
        ],
    ),
    (
        "AppArmor annotation of nobody",
        pod(metadata=annotated(APP_ARMOR, "localhost/x")),
        pod(metadata=annotated(APP_ARMOR + "lication", "localhost/x")),
        [f'metadata.annotations["{APP_ARMOR}lication"]: container not found'],
    ),
    (
        "AppArmor annotation's text",
        pod(metadata=annotated(APP_ARMOR, "''")),
        pod(metadata=annotated(APP_ARMOR, "RuntimeDefault")),
        [f'metadata.annotations["{APP_ARMOR}"]: invalid AppArmor profile name'],
    ),
    (
        "localhostProfile is for Localhost",
        context("seccompProfile: {type: Localhost, localhostProfile: a/b.json}"),
        context("seccompProfile: {type: RuntimeDefault, localhostProfile: a/b.json}"),
        [
            "spec.containers[0].securityContext.seccompProfile.localhostProfile: can only be set "
            "when seccomp type is Localhost"
        ],
    ),
    (
        "Localhost needs localhostProfile",
        context("appArmorProfile: {type: Localhost, localhostProfile: a}"),
        context("appArmorProfile: {type: Localhost}"),
        [
            "spec.containers[0].securityContext.appArmorProfile.localhostProfile: must be set when "
            "AppArmor type is Localhost"
        ],
    ),
    (
        "seccomp localhostProfile is relative",
        pod("securityContext: {seccompProfile: {type: Localhost, localhostProfile: a..b}}"),
        pod("securityContext: {seccompProfile: {type: Localhost, localhostProfile: /a}}"),
        ["spec.securityContext.seccompProfile.localhostProfile: must be a relative path"],
    ),
    (
        "AppArmor localhostProfile is not padded",
        context("appArmorProfile: {type: Localhost, localhostProfile: /a}"),
        context("appArmorProfile: {type: Localhost, localhostProfile: ' a'}"),
        [
            "spec.containers[0].securityContext.appArmorProfile.localhostProfile: must not be "
            "padded with whitespace"
        ],
    ),
    (
        "a profile has a type",
        context("seccompProfile: null"),
        context("seccompProfile: {}"),
        [
            "spec.containers[0].securityContext.seccompProfile.type: type is required when "
            "seccompProfile is set"
        ],
    ),
    (
        "a profile has a known type",
        context("appArmorProfile: {type: Unconfined}"),
        context("appArmorProfile: {type: runtime/default}"),
        [
            "spec.containers[0].securityContext.appArmorProfile.type: must be one of Localhost, "
            "RuntimeDefault, Unconfined"
        ],
    ),
    (
        "request below limit",
        pod("", resources("cpu: 0.5, memory: 1Gi", "cpu: 500m, memory: 1.1G")),
        pod("", resources("cpu: 0.5, memory: 1Gi", "cpu: 499m, memory: 1G")),
        [
            "spec.containers[0].resources.requests: must be less than or equal to cpu limit",
            "spec.containers[0].resources.requests: must be less than or equal to memory limit",
        ],
    ),
    (
        "huge pages are not overcommitted",
        pod("", resources("hugepages-2Mi: 4Mi, cpu: 1", "hugepages-2Mi: 4096Ki")),
        pod("", resources("hugepages-2Mi: 4Mi, cpu: 1", "hugepages-2Mi: 6Mi")),
        ["spec.containers[0].resources.requests: must be equal to hugepages-2Mi limit"],
    ),
    (
        "huge pages come whole",
        pod("", resources("", "hugepages-2Mi: 4Mi, memory: 1Gi")),
        pod("", resources("", "hugepages-2Mi: 3Mi, memory: 1Gi")),
        [
            "spec.containers[0].resources.limits.hugepages-2Mi: is not positive integer multiple "
            "of hugepages-2Mi"
        ],
    ),
    (
        "huge pages come with memory",
        pod("", resources("cpu: 1", "hugepages-2Mi: 4Mi")),
        pod("", resources("", "hugepages-2Mi: 4Mi")),
        ["spec.containers[0].resources: HugePages require cpu or memory"],
    ),
    (
        "extended resources have a limit",
        pod("", resources("", "nvidia.com/gpu: 1")),
        pod("", resources("nvidia.com/gpu: 1", "")),
        ["spec.containers[0].resources.limits: Limit must be set for non overcommitable resources"],
    ),
    (
        "extended resources are whole",
        pod("", resources("", "nvidia.com/gpu: 1000m")),
        pod("", resources("", "nvidia.com/gpu: 1.5")),
        ['spec.containers[0].resources.limits["nvidia.com/gpu"]: must be an integer'],
    ),
    (
        "resource names",
        pod("", resources("", "ephemeral-storage: 1Gi")),
        pod("", resources("", "storage: 1Gi")),
        ["spec.containers[0].resources.limits.storage: must be a standard resource for containers"],
    ),
    (
        "negative amount",
        pod("", resources("cpu: 0")),
        pod("", resources("cpu: -1")),
        ["spec.containers[0].resources.requests.cpu: must be greater than or equal to 0"],
    ),
    (
        "quantity that does not parse",
        pod("", resources("cpu: 1e3, memory: ' 1.5Gi '")),
        pod("", resources("cpu: 1 core, memory: 1GB")),
        [
            "spec.containers[0].resources.requests.cpu: expected a quantity such as 500m or 1.5Gi",
            "spec.containers[0].resources.requests.memory: expected a quantity such as 500m or "
            "1.5Gi",
        ],
    ),
    (
        "resource claims",
        pod("resourceClaims: [{name: gpu}]", "resources: {claims: [{name: gpu}]}"),
        pod("", "resources: {claims: [{name: gpu}]}"),
        ["spec.containers[0].resources.claims[0]: must be one of the names in resourceClaims"],
    ),
    (
        "container limit below the pod's",
        pod(resources("", "cpu: 2"), resources("", "cpu: 2, memory: 1Gi")),
        pod(resources("cpu: 1", "cpu: 1"), resources("cpu: 1", "cpu: 2")),
        ["spec.containers[0].resources.limits.cpu: must be less than or equal to pod limits"],
    ),
    (
        "container requests add up below the pod's",
        init(f"restartPolicy: Always, {resources('cpu: 1')}", resources("cpu: 1500m")).replace(
            "app, image: a, ", f"app, image: a, {resources('cpu: 500m')}"
        ),
        init(f"restartPolicy: Always, {resources('cpu: 1')}", resources("cpu: 1400m")).replace(
            "app, image: a, ", f"app, image: a, {resources('cpu: 500m')}"
        ),
        [
            "spec.resources.requests.cpu: must be greater than or equal to aggregate container "
            "requests"
        ],
    ),
    (
        "init containers run one by one",
        init(resources("cpu: 1"), resources("cpu: 1")).replace(
            "app, image: a, ", f"app, image: a, {resources('cpu: 1')}"
        ),
        init(resources("cpu: 2"), resources("cpu: 1")),
        [
            "spec.resources.requests.cpu: must be greater than or equal to aggregate container "
            "requests"
        ],
    ),
    (
        # The pod's request becomes what the containers request, which is their limits.
        "pod requests by default",
        pod(resources("", "memory: 1Gi"), resources("memory: 1Gi")),
        pod(resources("", "memory: 1Gi"), resources("memory: 2Gi")),
        ["spec.resources.requests: must be less than or equal to memory limit"],
    ),
    (
        "pod requests of a template by default",
        template("Deployment", resources("", "memory: 1Gi"), resources("memory: 1Gi")),
        template("Deployment", resources("", "memory: 1Gi"), resources("memory: 2Gi")),
        ["spec.template.spec.resources.requests: must be less than or equal to memory limit"],
    ),
    (
        "pod limits by default",
        pod(resources("memory: 2Gi"), resources("memory: 1Gi")),
        pod(resources("memory: 2Gi"), resources("", "memory: 1Gi")),
        ["spec.resources.requests: must be less than or equal to memory limit"],
    ),
    (
        "pod-level huge pages",
        pod(resources("cpu: 1"), resources("cpu: 1", "hugepages-2Mi: 4Mi")),
        pod(resources("cpu: 1", "hugepages-2Mi: 2Mi"), resources("cpu: 1", "hugepages-2Mi: 4Mi")),
        [
            "spec.resources.requests.hugepages-2Mi: must be greater than or equal to aggregate "
            "container requests",
            "spec.resources.limits.hugepages-2Mi: must be greater than or equal to aggregate "
            "container limits",
            "spec.containers[0].resources.limits.hugepages-2Mi: must be less than or equal to pod "
            "limits",
        ],
    ),
    (
        "pod-level resource names",
        pod(resources("cpu: 1"), resources("cpu: 1, ephemeral-storage: 1Gi")),
        pod(resources("ephemeral-storage: 1Gi")),
        ["spec.resources.requests.ephemeral-storage: must be one of cpu, hugepages-, memory"],
    ),
    (
        "pod-level claims",
        pod("resources: {claims: null}"),
        pod("resources: {claims: []}"),
        ["spec.resources.claims: claims cannot be set for Resources at pod-level"],
    ),
    (
        "hostUsers and host namespaces",
        pod("hostUsers: true, hostNetwork: true, hostPID: true, hostIPC: true"),
        pod("hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true"),
        [
            "spec.hostNetwork: when `hostUsers` is false",
            "spec.hostPID: when `hostUsers` is false",
            "spec.hostIPC: when `hostUsers` is false",
        ],
    ),
    (
        "hostUsers and block devices",
        pod(
            "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
            "volumeDevices: [{name: v, devicePath: /v}]",
        ),
        pod(
            "hostUsers: false, volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
            "volumeDevices: [{name: v, devicePath: /v}]",
        ),
        ["spec.containers[0].volumeDevices: when `hostUsers` is false"],
    ),
    (
        "Unmasked needs hostUsers",
        context("procMount: Unmasked", "hostUsers: false"),
        context("procMount: Unmasked"),
        [
            "spec.containers[0].securityContext.procMount: `hostUsers` must be false to use "
            "`Unmasked`"
        ],
    ),
    (
        "procMount's word",
        context("procMount: Default"),
        context("procMount: default"),
        ["spec.containers[0].securityContext.procMount: must be one of Default, Unmasked"],
    ),
    (
        "one mount for a path",
        pod("volumes: [{name: v}]", "volumeMounts: [{name: v, mountPath: /v}]"),
        pod(
            "volumes: [{name: v}]",
            "volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /v, subPath: a}]",
        ),
        ["spec.containers[0].volumeMounts[1].mountPath: must be unique"],
    ),
    (
        "a mount has a volume",
        pod("volumes: [{name: v}]", "volumeMounts: [{name: v, mountPath: /v}]"),
        pod("volumes: [{name: v}]", "volumeMounts: [{name: w, mountPath: ''}]"),
        [
            'spec.containers[0].volumeMounts[0].name: Not found: "w"',
            "spec.containers[0].volumeMounts[0].mountPath: Required value",
        ],
    ),
    (
        "volumes of a StatefulSet",
        template(
            "StatefulSet", "volumes: [{name: v}]", "volumeMounts: [{name: data, mountPath: /v}]"
        ).replace("spec: {", "spec: {volumeClaimTemplates: [{metadata: {name: data}}], ", 1),
        template(
            "StatefulSet", "volumes: [{name: v}]", "volumeMounts: [{name: data, mountPath: /v}]"
        ),
        ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ),
    (
        "mount and device apart",
        pod(
            "volumes: [{name: v}, {name: w, ephemeral: {}}]",
            "volumeMounts: [{name: v, mountPath: /v}], volumeDevices: [{name: w, devicePath: /w}]",
        ),
        pod(
            "volumes: [{name: v}, {name: w, ephemeral: {}}]",
            "volumeMounts: [{name: v, mountPath: /w}], volumeDevices: [{name: w, devicePath: /w}]",
        ),
        [
            "spec.containers[0].volumeMounts[0].mountPath: must not already exist as a path in "
            "volumeDevices"
        ],
    ),
    (
        "block devices are claims",
        pod("volumes: [{name: v, ephemeral: {}}]", "volumeDevices: [{name: v, devicePath: /v}]"),
        pod("volumes: [{name: v}]", "volumeDevices: [{name: v, devicePath: /v}]"),
        [
            "spec.containers[0].volumeDevices[0].name: can only use PersistentVolumeClaim or "
            "Ephemeral for block mode"
        ],
    ),
    (
        "recursiveReadOnly is a kind of readOnly",
        pod(
            "volumes: [{name: v}]",
            "volumeMounts: [{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: Enabled}]",
        ),
        pod(
            "volumes: [{name: v}]",
            "volumeMounts: [{name: v, mountPath: /v, recursiveReadOnly: Enabled}]",
        ),
        [
            "spec.containers[0].volumeMounts[0].recursiveReadOnly: may only be specified when "
            "readOnly is true"
        ],
    ),
    (
        "subPath stays below",
        pod("volumes: [{name: v}]", "volumeMounts: [{name: v, mountPath: /v, subPath: a/b}]"),
        pod("volumes: [{name: v}]", "volumeMounts: [{name: v, mountPath: /v, subPath: a/../b}]"),
        ["spec.containers[0].volumeMounts[0].subPath: must not contain '..'"],
    ),
    (
        "one volume for a name",
        pod("volumes: [{name: v, emptyDir: {}}, {name: w}]"),
        pod("volumes: [{name: v, emptyDir: {}}, {name: v}]"),
        ['spec.volumes[1].name: Duplicate value: "v"'],
    ),
    (
        "one source for a volume",
        pod("volumes: [{name: v, hostPath: {path: /}, secret: null}]"),
        pod("volumes: [{name: v, hostPath: {path: /}, secret: {secretName: s}}]"),
        ["spec.volumes[0]: may not specify more than 1 volume type: hostPath, secret"],
    ),
    (
        "a volume's source is complete",
        pod("volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}]"),
        pod("volumes: [{name: v, secret: {name: s}}, {emptyDir: {sizeLimit: -1}}]"),
        [
            "spec.volumes[0].secret.secretName: Required value",
            "spec.volumes[1].name: Required value",
            "spec.volumes[1].emptyDir.sizeLimit: must be a valid resource quantity",
        ],
    ),
    (
        "hostPath",
        pod("volumes: [{name: v, hostPath: {path: /a..b, type: Directory}}]"),
        pod("volumes: [{name: v, hostPath: {path: /a/../b, type: Folder}}]"),
        [
            "spec.volumes[0].hostPath.path: must not contain '..'",
            "spec.volumes[0].hostPath.type: must be one of BlockDevice, CharDevice, Directory, "
            "DirectoryOrCreate, File, FileOrCreate, Socket",
        ],
    ),
    (
        "allowPrivilegeEscalation and privileged",
        context("allowPrivilegeEscalation: true, privileged: true"),
        context("allowPrivilegeEscalation: no, privileged: yes"),
        [
            "spec.containers[0].securityContext.allowPrivilegeEscalation: cannot set "
            "`allowPrivilegeEscalation` to false and `privileged` to true"
        ],
    ),
    (
        "allowPrivilegeEscalation and CAP_SYS_ADMIN",
        context("allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN, cap_sys_admin]}"),
        context("allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}"),
        [
            "spec.containers[0].securityContext.allowPrivilegeEscalation: cannot set "
            "`allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        ],
    ),
    # Ephemeral containers are always rejected in a file; the accepted side is an init container.
    (
        "ephemeral containers in a Pod",
        init("securityContext: {privileged: true}"),
        ephemeral("securityContext: {privileged: true}, resources: {}"),
        [CREATE],
    ),
    (
        "ephemeral containers in a template",
        template("ReplicaSet", "ephemeralContainers: []"),
        template("ReplicaSet", "ephemeralContainers: [{name: debug, image: a}]"),
        [
            "spec.template.spec.ephemeralContainers: ephemeral containers not allowed in pod "
            "template"
        ],
    ),
    (
        "fields of ephemeral containers",
        init("ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}"),
        ephemeral(
            "ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}, livenessProbe: {}, "
            "lifecycle: {}, restartPolicy: Always"
        ),
        [CREATE]
        + [
            f"spec.ephemeralContainers[0].{key}: cannot be set for an Ephemeral Container"
            for key in ("ports", "lifecycle", "restartPolicy", "livenessProbe", "resources")
        ],
    ),
    (
        "mounts and target of ephemeral containers",
        init("volumeMounts: [{name: v, mountPath: /v, subPath: a}]", "volumes: [{name: v}]"),
        ephemeral(
            "volumeMounts: [{name: v, mountPath: /v, subPath: a}], targetContainerName: other"
        ).replace("spec: {", "spec: {volumes: [{name: v}], "),
        [
            CREATE,
            "spec.ephemeralContainers[0].volumeMounts[0].subPath: cannot be set for an Ephemeral "
            "Container",
            'spec.ephemeralContainers[0].targetContainerName: Not found: "other"',
        ],
    ),
    # Fields of the other operating system
    (
        "the pod on Windows",
        pod(
            "os: {name: windows}, hostNetwork: true, hostPID: false, securityContext: "
            "{runAsNonRoot: true, windowsOptions: {runAsUserName: u}, sysctls: []}"
        ),
        pod(
            "os: {name: windows}, hostUsers: true, shareProcessNamespace: false, hostPID: true, "
            "hostIPC: true, resources: {}, securityContext: {sysctls: [{name: net.a, value: '1'}], "
            "appArmorProfile: {type: RuntimeDefault}, fsGroup: 1, fsGroupChangePolicy: Always, "
            "runAsGroup: 1, runAsUser: 1, seLinuxChangePolicy: Recursive, seLinuxOptions: {}, "
            "seccompProfile: {type: RuntimeDefault}, supplementalGroups: [], "
            "supplementalGroupsPolicy: Merge}"
        ),
        [
            f"spec.{key}: cannot be set for a windows pod"
            for key in (
                "hostUsers shareProcessNamespace hostPID hostIPC resources securityContext.sysctls "
                "securityContext.appArmorProfile securityContext.fsGroup "
                "securityContext.fsGroupChangePolicy securityContext.runAsGroup "
                "securityContext.runAsUser securityContext.seLinuxChangePolicy "
                "securityContext.seLinuxOptions securityContext.seccompProfile "
                "securityContext.supplementalGroups securityContext.supplementalGroupsPolicy"
            ).split()
        ],
    ),
    (
        "a container on Windows",
        context("runAsNonRoot: true, windowsOptions: {}", "os: {name: windows}"),
        context(
            "allowPrivilegeEscalation: true, appArmorProfile: {type: RuntimeDefault}, "
            "capabilities: {}, privileged: false, procMount: Default, "
            "readOnlyRootFilesystem: false, runAsGroup: 1, runAsUser: 1, seLinuxOptions: {}, "
            "seccompProfile: {type: RuntimeDefault}",
            "os: {name: windows}",
        ),
        [
            f"spec.containers[0].securityContext.{key}: cannot be set for a windows pod"
            for key in oracle.NOT_IN_WINDOWS_CONTEXT
        ],
    ),
    (
        "windowsOptions on Linux",
        context("windowsOptions: {}", "securityContext: {windowsOptions: {}}"),
        context("windowsOptions: {}", "securityContext: {windowsOptions: {}}, os: {name: linux}"),
        [
            "spec.securityContext.windowsOptions: windows options cannot be set for a linux pod",
            "spec.containers[0].securityContext.windowsOptions: windows options cannot be set for "
            "a linux pod",
        ],
    ),
    (
        "os",
        pod("os: {name: linux}"),
        pod("os: {}"),
        ["spec.os.name: must be one of linux, windows"],
    ),
    # Probes, handlers and restart policies
    (
        "probes of init containers",
        init("restartPolicy: Always, livenessProbe: {tcpSocket: {port: http}}"),
        init("livenessProbe: {tcpSocket: {port: http}}, lifecycle: {}"),
        [
            f"spec.initContainers[0].{key}: may not be set for init containers without "
            "restartPolicy=Always"
            for key in ("lifecycle", "livenessProbe")
        ],
    ),
    (
        "a probe's handler",
        pod("", "readinessProbe: {httpGet: {port: 80, host: a}, successThreshold: 2}"),
        pod(
            "",
            "livenessProbe: {httpGet: {port: 0, scheme: http}, exec: {}, successThreshold: 2}, "
            "readinessProbe: {terminationGracePeriodSeconds: 1}, "
            "startupProbe: {grpc: {port: 1}, periodSeconds: -1}",
        ),
        [
            "spec.containers[0].livenessProbe.httpGet: may not specify more than 1 handler type",
            "spec.containers[0].livenessProbe.exec.command: Required value",
            "spec.containers[0].livenessProbe.successThreshold: must be 1",
            "spec.containers[0].readinessProbe: must specify a handler type",
            "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: must not be set for "
            "readinessProbes",
            "spec.containers[0].startupProbe.periodSeconds: must be greater than or equal to 0",
        ],
    ),
    (
        "a lifecycle handler",
        pod("", "lifecycle: {preStop: {sleep: {seconds: 1}}}"),
        pod("", "lifecycle: {preStop: {}, postStart: {httpGet: {port: -, scheme: ftp}}}"),
        [
            "spec.containers[0].lifecycle.postStart.httpGet.port: must be a port name or between "
            "1 and 65535",
            "spec.containers[0].lifecycle.postStart.httpGet.scheme: must be one of HTTP, HTTPS",
            "spec.containers[0].lifecycle.preStop: must specify a handler type",
        ],
    ),
    (
        "a container's restartPolicy",
        pod("", "restartPolicy: Never, restartPolicyRules: [{action: Restart}]"),
        pod("", "restartPolicyRules: [{action: Restart}]"),
        [
            "spec.containers[0].restartPolicy: must specify restartPolicy when restart rules are "
            "used"
        ],
    ),
    (
        "restartPolicy of a Job",
        template("Job", "restartPolicy: Never"),
        template("CronJob", "hostPID: false"),
        ["spec.jobTemplate.spec.template.spec.restartPolicy: must be one of Never, OnFailure"],
    ),
    (
        "restartPolicy of a controller",
        template("ReplicationController", "restartPolicy: ''"),
        template("ReplicationController", "restartPolicy: Never"),
        ["spec.template.spec.restartPolicy: must be one of Always"],
    ),
    # The rest of the pod
    (
        "sysctls once each",
        pod("securityContext: {sysctls: [{name: net.a, value: '1'}, {name: net/a}]}"),
        pod("securityContext: {sysctls: [{name: net.a}, {name: net.a}, {name: net.A}, {}]}"),
        [
            'spec.securityContext.sysctls[1].name: Duplicate value: "net.a"',
            "spec.securityContext.sysctls[2].name: must be a sysctl name",
            "spec.securityContext.sysctls[3].name: Required value",
        ],
    ),
    (
        "sysctls of the node",
        pod("hostNetwork: true, securityContext: {sysctls: [{name: kernel.shm_rmid_forced}]}"),
        pod(
            "hostNetwork: true, hostIPC: true, securityContext: "
            "{sysctls: [{name: kernel.shm_rmid_forced}, {name: net/ipv4/tcp_rmem}]}"
        ),
        [
            "spec.securityContext.sysctls[0].name: may not be specified when 'hostIPC' is true",
            "spec.securityContext.sysctls[1].name: may not be specified when 'hostNetwork' is true",
        ],
    ),
    (
        "shareProcessNamespace and hostPID",
        pod("shareProcessNamespace: true, hostPID: false"),
        pod("shareProcessNamespace: true, hostPID: true"),
        [
            "spec.shareProcessNamespace: ShareProcessNamespace and HostPID cannot both be enabled",
        ],
    ),
    (
        "user and group ids",
        context(
            "runAsUser: 0, runAsGroup: 2147483647",
            "securityContext: {fsGroup: 0.0, supplementalGroups: [0]}",
        ),
        context(
            "runAsUser: -1, runAsGroup: 2147483648",
            "securityContext: {fsGroup: -5, supplementalGroups: [1, 0x80000000]}",
        ),
        [
            f"spec.{key}: must be between 0 and 2147483647, inclusive"
            for key in (
                "securityContext.fsGroup",
                "securityContext.supplementalGroups[1]",
                "containers[0].securityContext.runAsUser",
                "containers[0].securityContext.runAsGroup",
            )
        ],
    ),
    (
        "words of the pod",
        pod("dnsPolicy: Default, securityContext: {fsGroupChangePolicy: Always}"),
        pod("dnsPolicy: Host, securityContext: {fsGroupChangePolicy: ''}"),
        [
            "spec.dnsPolicy: must be one of ClusterFirst, ClusterFirstWithHostNet, Default, None",
            "spec.securityContext.fsGroupChangePolicy: must be one of Always, OnRootMismatch",
        ],
    ),
    (
        "words of a container",
        pod("", "imagePullPolicy: ''"),
        pod("", "imagePullPolicy: always"),
        ["spec.containers[0].imagePullPolicy: must be one of Always, IfNotPresent, Never"],
    ),
    (
        "a pod has containers",
        pod(),
        "{apiVersion: v1, kind: Pod, spec: {containers: []}}",
        ["spec.containers: Required value"],
    ),
    (
        "a container has a name and an image",
        pod(),
        pod("", "").replace("name: app, image: a", "name: My_App, image: ' a'"),
        [
            "spec.containers[0].name: must be a lowercase DNS label of at most 63 characters",
            "spec.containers[0].image: must not have leading or trailing whitespace",
        ],
    ),
    (
        "a null container is an empty one",
        pod(),
        "{apiVersion: v1, kind: Pod, spec: {containers: [null]}}",
        ["spec.containers[0].name: Required value", "spec.containers[0].image: Required value"],
    ),
    (
        "names differ",
        init(""),
        init("").replace("prepare", "app"),
        ['spec.initContainers[0].name: Duplicate value: "app"'],
    ),
    (
        "ports",
        pod("", "ports: [{containerPort: 80, name: http, protocol: SCTP}, {containerPort: 80}]"),
        pod(
            "",
            "ports: [{containerPort: 65536, name: http, protocol: tcp}, {name: http, hostPort: -1},"
            "{containerPort: 1, name: '80'}]",
        ),
        [
            "spec.containers[0].ports[0].containerPort: must be between 1 and 65535, inclusive",
            "spec.containers[0].ports[0].protocol: must be one of SCTP, TCP, UDP",
            "spec.containers[0].ports[1].name: Duplicate value",
            "spec.containers[0].ports[1].containerPort: Required value",
            "spec.containers[0].ports[1].hostPort: must be between 1 and 65535, inclusive",
            "spec.containers[0].ports[2].name: must be a port name of at most 15 characters",
        ],
    ),
    (
        "host ports",
        init("ports: [{containerPort: 80, hostPort: 80}]").replace(
            "app, image: a, ", "app, image: a, ports: [{containerPort: 80, hostPort: 80}]"
        ),
        pod(
            "hostNetwork: true", "ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]"
        ),
        ["spec.containers[0].ports[1].hostPort: Duplicate value"],
    ),
    (
        "environment",
        pod("", "env: [{name: A, value: ''}, {name: B, valueFrom: {}}]"),
        pod("", "env: [{name: '', value: b}, {name: B, value: b, valueFrom: {}}]"),
        [
            "spec.containers[0].env[0].name: Required value",
            "spec.containers[0].env[1].valueFrom: may not be specified when `value` is not empty",
        ],
    ),
    # Decoding
    (
        "booleans",
        context("privileged: yes, runAsNonRoot: On", "hostPID: n"),
        context("privileged: 'true', runAsNonRoot: 1", "hostPID: nope"),
        [
            "spec.hostPID: expected a boolean",
            "spec.containers[0].securityContext.privileged: expected a boolean",
            "spec.containers[0].securityContext.runAsNonRoot: expected a boolean",
        ],
    ),
    (
        "texts and numbers",
        pod("", "env: [{name: A, value: '1'}], securityContext: {runAsUser: 0o17}"),
        pod("", "env: [{name: A, value: 1}], securityContext: {runAsUser: 1.5}"),
        [
            "spec.containers[0].env[0].value: expected a string",
            "spec.containers[0].securityContext.runAsUser: expected an integer",
        ],
    ),
    (
        "annotations are texts",
        pod(metadata=annotated("a", "'true'")),
        pod(metadata=annotated("a", "true")),
        ["metadata.annotations.a: expected a string"],
    ),
    (
        "objects and lists",
        context("capabilities: null", "volumes: null, securityContext: null"),
        context("capabilities: [ALL]", "volumes: {}, securityContext: true"),
        [
            "spec.volumes: expected a list",
            "spec.securityContext: expected an object",
            "spec.containers[0].securityContext.capabilities: expected an object",
        ],
    ),
    (
        "an object where one is expected",
        pod(),
        "{apiVersion: apps/v1, kind: Deployment, spec: [template]}",
        ["spec: expected an object"],
    ),
    (
        "fields where they belong",
        context("privileged: false", "securityContext: {fsGroup: 1}"),
        pod("securityContext: {privileged: false}", "runAsNonRoot: true, securitycontext: {}"),
        [
            "spec.securityContext.privileged: unknown field",
            "spec.containers[0].runAsNonRoot: unknown field",
            "spec.containers[0].securitycontext: unknown field",
        ],
    ),
    # Objects
    (
        "items of a List",
        "{apiVersion: v1, kind: List, items: []}",
        "{apiVersion: v1, kind: List, items: [null, 1, {apiVersion: v1, kind: List, items: "
        "[{apiVersion: v1, kind: Pod}]}]}",
        [
            "items[1]: expected an object",
            "items[2].items[0].spec.containers: Required value",
        ],
    ),
    (
        "items of a PodList",
        "{apiVersion: v1, kind: PodList, items: null}",
        "{apiVersion: v1, kind: PodList, items: [{metadata: {name: web}}]}",
        ["items[0].spec.containers: Required value"],
    ),
    (
        "Secret of a token",
        "{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, "
        "metadata: {annotations: {kubernetes.io/service-account.name: a}}}",
        "{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token}",
        ['metadata.annotations["kubernetes.io/service-account.name"]: Required value'],
    ),
]


@pytest.mark.parametrize(
    "text", [pytest.param(accepted, id=name) for name, accepted, _, _ in RULES]
)
def test_accepts(text: str) -> None:
    (obj,) = load(text)
    assert rejections(obj) == []


@pytest.mark.parametrize(
    ("text", "lines"), [pytest.param(text, lines, id=name) for name, _, text, lines in RULES]
)
def test_rejects(text: str, lines: list[str]) -> None:
    (obj,) = load(text)
    assert rejections(obj) == lines


@pytest.mark.parametrize("name", [name for name, _ in oracle.POD_CHECKS + oracle.CONTAINER_CHECKS])
def test_every_check_has_a_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("POD_CHECKS", "CONTAINER_CHECKS"):
        alone = tuple(entry for entry in getattr(oracle, table) if entry[0] == name)
        monkeypatch.setattr(oracle, table, alone)
    assert any(set(rejections(load(text)[0])) & set(lines) for _, _, text, lines in RULES)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(context("runAsNonRoot: true, runAsUser: 0"), id="non-root root"),
        pytest.param(context("capabilities: {add: [x, CAP_X], drop: [all]}"), id="any capability"),
        pytest.param(
            context("allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}"),
            id="SYS_ADMIN without its prefix",
        ),
        pytest.param(pod("", resources("memory: 0.5", "memory: 500m")), id="half a byte"),
        pytest.param(pod(metadata=annotated(SECCOMP, "unconfined")), id="seccomp annotation"),
        pytest.param(pod("", "ports: [{containerPort: 1, hostIP: 1.2.3.4}]"), id="hostIP alone"),
        pytest.param(context("seLinuxOptions: {type: x}"), id="any SELinux type"),
        # The ServiceAccount admission plugin fills in `default` before validation.
        pytest.param(
            pod("volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]"),
            id="token without serviceAccountName",
        ),
        pytest.param(pod("hostNetwork: true", "image: b"), id="the last of two keys"),
        pytest.param(pod(resources("cpu: 1"), resources("memory: 1Gi")), id="other pod request"),
        pytest.param("{apiVersion: v1, kind: Service, spec: 1}", id="another kind"),
        pytest.param("{apiVersion: example.com/v1, kind: Pod}", id="another group"),
        pytest.param("{kind: [Pod], apiVersion: {}}", id="no kind"),
    ],
)
def test_accepts_what_is_odd(text: str) -> None:
    (obj,) = load(text)
    assert rejections(obj) == []


@pytest.mark.parametrize(
    ("text", "since", "line"),
    [
        pytest.param(
            context("appArmorProfile: {type: RuntimeDefault}"),
            (1, 30),
            "spec.containers[0].securityContext.appArmorProfile: unknown field",
            id="AppArmor field",
        ),
        pytest.param(
            init("restartPolicy: Always, livenessProbe: {exec: {command: [a]}}"),
            (1, 29),
            "spec.initContainers[0].livenessProbe: may not be set for init containers without "
            "restartPolicy=Always",
            id="sidecars",
        ),
        pytest.param(
            pod("", "restartPolicy: OnFailure"),
            (1, 35),
            "spec.containers[0].restartPolicy: may not be set for non-init containers",
            id="container restart rules",
        ),
        pytest.param(
            init("restartPolicy: Never"),
            (1, 35),
            "spec.initContainers[0].restartPolicy: must be one of Always",
            id="restart rules of init containers",
        ),
    ],
)
def test_accepts_from_a_version_on(text: str, since: Version, line: str) -> None:
    (obj,) = load(text)
    assert rejections(obj, since) == []
    assert rejections(obj, (1, since[1] - 1)) == [line]


def test_pod_level_resources_are_dropped_before_1_34() -> None:
    (obj,) = load(pod(resources("cpu: 1"), resources("cpu: 2")))
    assert rejections(obj, (1, 33)) == []
    assert rejections(obj, (1, 34)) != []


def test_pod_limits_have_a_default_from_1_37_on() -> None:
    (obj,) = load(pod(resources("cpu: 2"), resources("", "cpu: 1")))
    assert rejections(obj, (1, 36)) == []
    assert rejections(obj, (1, 37)) != []


@pytest.mark.parametrize(
    ("value", "thousandths"),
    [
        (0, 0),
        (2, 2000),
        (0.1, 100),
        (1e-7, 1),
        ("0.1", 100),
        (".5", 500),
        ("5.", 5000),
        ("+1k", 1_000_000),
        ("1Ki", 1_024_000),
        ("1.5Mi", 1_572_864_000),
        ("100m", 100),
        ("1u", 1),
        ("-1n", -1),
        ("1e3", 1_000_000),
        ("1E3", 1_000_000),
        ("1e-3", 1),
        ("1E", 10**21),
        ("12E", (2**63 - 1) * 1000),
        ("1e999999999", (2**63 - 1) * 1000),
        (" 1 ", 1000),
    ],
)
def test_quantity(value: object, thousandths: int) -> None:
    amount = quantity(value)
    assert amount is not None
    assert amount * 1000 == thousandths


@pytest.mark.parametrize(
    "value",
    [
        *("", "m", "1ki", "1GB", "1 Gi", "1e", "1m3", "--1", "1,5", "٣", "0x10", "9" * 5000),
        *(True, None, [], {}, float("nan"), float("inf")),
    ],
)
def test_no_quantity(value: object) -> None:
    assert quantity(value) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("N", False),
        ("'yes'", "yes"),
        ("tRue", "tRue"),
        ("2020-01-01", "2020-01-01"),
        ("1:30", "1:30"),
        ("017", 15),
        ("0o17", 15),
        ("-0x1F", -31),
        ("0b11", 3),
        ("08", 8.0),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("=", "="),
        ("<<", "<<"),
        ("!vault x", "x"),
        ("!vault [1]", [1]),
        ("!vault {a: 1}", {"a": 1}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("{<<: {a: 1, b: 1}, a: 2}", {"a": 2, "b": 1}),
        ("{yes: 1, 2: 3, ~: 4}", {"true": 1, "2": 3, "none": 4}),
    ],
)
def test_load_reads_scalars_as_kubectl_does(text: str, value: object) -> None:
    assert load(f"key: {text}\n") == [{"key": value}]
    assert type(load(f"key: {text}\n")[0]["key"]) is type(value)


def test_load_reads_every_document() -> None:
    assert load("\ufeffa: 1\n---\n---\r\n- b\n...\n") == [{"a": 1}, None, ["b"]]
    assert load("") == []


@pytest.mark.parametrize("text", ["a: [", "a:\n\tb: 1", "? {}: {a: b}", "[" * 3000])
def test_load_raises_one_kind_of_error(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load(text)


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Give every place in a value, as a collection and the key or index into it."""
    found = []
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(entries):
        found.append((value, key))
        if isinstance(item, dict | list):
            found.extend(nodes(item))
    return found


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=4) | st.integers() | st.none(), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(RULES), st.integers(0, 10**6), JUNK)
def test_never_raises(rule: tuple[str, str, str, list[str]], place: int, junk: object) -> None:
    (obj,) = load(rule[2])
    places = nodes(obj)
    collection, key = places[place % len(places)]
    collection[key] = junk
    assert all(": " in line for line in rejections(obj))


@given(JUNK)
def test_never_raises_on_what_is_no_object(junk: Any) -> None:
    rejections(junk)


def test_a_list_in_itself_ends() -> None:
    assert rejections(load("&list {kind: List, items: [*list, 1]}")[0])


SHAPES = {
    "capabilities": oracle.CAPABILITIES,
    "container": oracle.CONTAINER,
    "containerport": oracle.CONTAINER_PORT,
    "ephemeralcontainer": oracle.EPHEMERAL_CONTAINER,
    "envvar": oracle.ENV_VAR,
    "hostpathvolumesource": oracle.VOLUME.fields["hostPath"],
    "httpgetaction": oracle.HTTP_GET,
    "lifecycle": oracle.LIFECYCLE,
    "lifecyclehandler": oracle.LIFECYCLE_HANDLER,
    "podsecuritycontext": oracle.POD_SECURITY_CONTEXT,
    "podspec": oracle.POD_SPEC,
    "probe": oracle.PROBE,
    "resourcerequirements": oracle.RESOURCES,
    "seccompprofile": oracle.SECCOMP_PROFILE,
    "securitycontext": oracle.SECURITY_CONTEXT,
    "selinuxoptions": oracle.SE_LINUX_OPTIONS,
    "sysctl": oracle.SYSCTL,
    "volume": oracle.VOLUME,
    "volumedevice": oracle.VOLUME_DEVICE,
    "volumemount": oracle.VOLUME_MOUNT,
    "windowssecuritycontextoptions": oracle.WINDOWS_OPTIONS,
}


@pytest.mark.parametrize("minor", range(25, NEWEST[1] + 1))
@pytest.mark.parametrize("name", SHAPES)
def test_fields_are_those_of_the_schema(name: str, minor: int) -> None:
    package = Path(kubernetes_validate.__file__).parent
    schemas = package / "kubernetes-json-schema" / f"v1.{minor}.0-local"
    if not schemas.is_dir():
        pytest.skip(f"absent: schema: kubernetes-validate has none for 1.{minor}")
    shape = SHAPES[name]
    assert isinstance(shape, oracle.Object)
    known = {
        field
        for field, inner in shape.fields.items()
        if not isinstance(inner, oracle.Since) or inner.version <= (1, minor) < inner.until
    }
    schema = json.loads((schemas / f"{name}-v1.json").read_text(encoding="utf-8"))
    assert known == schema["properties"].keys()


# From 1.35 on the policy overlooks Unmasked where hostUsers is false, so these fixtures set it to
# true. That is the one case that validation refuses whatever the policy says (proc_mount).
REFUSED_FIXTURES = {
    f"{level}/v1.36/fail/procmount{number}.yaml": line
    for level in ("baseline", "restricted")
    for number, line in enumerate(
        f"spec.{container}[0].securityContext.procMount: `hostUsers` must be false to use "
        "`Unmasked`"
        for container in ("containers", "initContainers")
    )
}


def version_of(path: Path) -> Version:
    """Give the policy version of a Pod Security fixture."""
    major, minor = path.parts[-3].removeprefix("v").split(".")
    return int(major), int(minor)


@pytest.mark.parametrize(
    "version", [pytest.param(version_of, id="own"), pytest.param(lambda _: NEWEST, id="newest")]
)
def test_accepts_the_fixtures_of_pod_security(
    corpora: Path, version: Callable[[Path], Version]
) -> None:
    root = corpora / "pss"
    paths = sorted(root.rglob("*.yaml"))
    assert len(paths) > 400
    refused = {
        path.relative_to(root).as_posix(): lines
        for path in paths
        for obj in load(path.read_text(encoding="utf-8"))
        if (lines := rejections(obj, version(path)))
    }
    assert refused == {name: [line] for name, line in REFUSED_FIXTURES.items()}


def test_accepts_the_good_pods_of_kyverno(corpora: Path) -> None:
    """They are applied to a real API server by Kyverno's own tests."""
    paths = sorted((corpora / "peers" / "kyverno").rglob("chainsaw-test/*good*.yaml"))
    assert len(paths) > 20
    refused = {
        str(path): lines
        for path in paths
        for obj in load(path.read_text(encoding="utf-8"))
        if (lines := rejections(obj))
    }
    assert refused == {}


def test_the_map_names_every_section_in_order() -> None:
    source = Path(oracle.__file__).read_text(encoding="utf-8")
    sections = re.findall(r"\n\n\n# (.+)\n\n", source)
    assert oracle.__doc__ is not None
    assert re.findall(r"(?m)^(\w.*)\n    \S", oracle.__doc__) == sections
