"""Objects as a cluster has them: what its server and its controllers write, by hand.

Their shape is that of a cluster of 1.34: a Deployment with its ReplicaSets and their pods, tokens
that the admission of ServiceAccounts mounts, and what controllers put into every namespace.
"""

import json
from typing import Any

Object = dict[str, Any]

CREATED = "2026-11-30T10:30:00Z"
"""When all of them were made: 29,933,910 minutes after the beginning of 1970."""

DUE = 29933910
"""The minute of that, as a CronJob names its Jobs."""


def stored(obj: Object, **metadata: Any) -> Object:
    """An object with what the server writes into its metadata, and more."""
    there = obj.get("metadata", {})
    name = there.get("name", "")
    written = {
        "uid": f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012d}",
        "resourceVersion": "4711",
        "creationTimestamp": CREATED,
        "managedFields": [{"manager": "kubectl", "operation": "Update", "fieldsType": "FieldsV1"}],
    }
    return {**obj, "metadata": {**there, **written, **metadata}}


def owned_by(api_version: str, kind: str, name: str, *, controls: bool = True) -> Object:
    """The members of `metadata` by which an object names its owner."""
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": "u"}
    if controls:
        reference |= {"controller": True, "blockOwnerDeletion": True}  # type: ignore[dict-item]
    return {"ownerReferences": [reference]}


def container(**more: Any) -> Object:
    """A container with what the server fills in."""
    return {
        "name": "app",
        "image": "example.com/app:1.4.2",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **more,
    }


def pod_spec(*containers: Object, **more: Any) -> Object:
    """The spec of a pod with what the server fills in."""
    return {
        "containers": list(containers or (container(),)),
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "web",
        "serviceAccountName": "web",
        "terminationGracePeriodSeconds": 30,
        **more,
    }


def with_token(spec: Object) -> Object:
    """The spec of a pod after the admission of ServiceAccounts, which mounts a token everywhere."""
    name = "kube-api-access-x7k2p"
    mount = {
        "name": name,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        "readOnly": True,
    }
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {
            "configMap": {
                "name": "kube-root-ca.crt",
                "items": [{"key": "ca.crt", "path": "ca.crt"}],
            }
        },
        {
            "downwardAPI": {
                "items": [
                    {
                        "path": "namespace",
                        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                    }
                ]
            }
        },
    ]
    return {
        **spec,
        "containers": [{**each, "volumeMounts": [mount]} for each in spec["containers"]],
        "volumes": [{"name": name, "projected": {"defaultMode": 420, "sources": sources}}],
        "nodeName": "node-1",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "enableServiceLinks": True,
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{key}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for key in ("not-ready", "unreachable")
        ],
    }


def pod(name: str, spec: Object, namespace: str = "shop", **metadata: Any) -> Object:
    """A running pod."""
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": with_token(spec),
        "status": {"phase": "Running", "qosClass": "BestEffort"},
    }
    return stored(obj, **metadata)


def workload(
    api_version: str, kind: str, name: str, spec: Object, namespace: str = "shop", **metadata: Any
) -> Object:
    """An object with a template of pods."""
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": spec}
    body: Object = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "CronJob":
        body = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
    obj = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": body,
        "status": {},
    }
    return stored(obj, **metadata)


def list_of(*objects: Object) -> str:
    """A List as `kubectl get -o json` writes it."""
    found = {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {}}
    return json.dumps(found, indent=4) + "\n"
