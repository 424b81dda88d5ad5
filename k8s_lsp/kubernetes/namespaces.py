"""What namespaces tell of who decides about their pods."""

from typing import Final

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.regexes import regex

LABELS_SINCE: Final = Version(1, 23)
"""From here on the admission plug-in PodSecurity is on by default, and reads the labels."""

OPENSHIFT_PROJECTS: Final = regex(
    r"openshift\.io/(?:display-name|description|requester|sa\.scc\..+)"
)
"""The annotations of OpenShift's projects.

Those that manifests for any cluster carry as well, such as `openshift.io/node-selector`, tell
nothing. Source: openshift/api, project/v1 and security/v1, consts.go.
"""

OPENSHIFT_OWN: Final = "openshift"
"""The project of OpenShift itself; names that begin with it and a `-` are critical ones.

`oc new-project` makes none of these. Source: docs.openshift.com, "Working with projects".
"""

OPENSHIFT_SYNCED: Final = "security.openshift.io/scc.podSecurityLabelSync"
"""The label by which OpenShift is told to write the labels of Pod Security."""


def is_of_openshift(obj: KubeObject) -> bool:
    """Whether security context constraints admit the pods, and OpenShift writes the labels.

    Source: docs.openshift.com, "Understanding and managing pod security admission".
    """
    annotations = obj.get("metadata", "annotations").entries()
    if f"{obj.name}-".startswith(f"{OPENSHIFT_OWN}-"):
        return True
    return obj.get("metadata", "labels", OPENSHIFT_SYNCED).text == "true" or any(
        OPENSHIFT_PROJECTS.fullmatch(str(each.path[-1])) for each in annotations
    )
