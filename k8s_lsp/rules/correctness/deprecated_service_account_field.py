"""A pod names its ServiceAccount by the deprecated field `serviceAccount`.

The field is an old alias of serviceAccountName. It works alone, but beside serviceAccountName
it is ignored without a word: who changes only the old one leaves the pod with the rights of
another account. Reviews, policies and searches that look for
serviceAccountName overlook it.

Nothing breaks: the API server reads either one, the new one first, and stores both with the
same value, which is why objects that were read from a cluster have both: there it is not told.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.stored import is_stored
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule

_OLD = "serviceAccount"
_NEW = "serviceAccountName"


@rule(
    severity="information",
    subject=POD,
    requires_any_of=("serviceAccount",),
)
def deprecated_service_account_field(pod: Pod, context: Context) -> Iterator[Finding]:
    old, new = pod.get(_OLD), pod.get(_NEW)
    if not old.present or old.key is None:
        return
    if pod.lacks(new):
        # Custom resources that have no other name for it mean this one.
        return
    if old.text == new.text and is_stored(old):
        # The server has written it there, and would do so again.
        return
    if new.text and old.text not in (None, new.text):
        message = f'pod must not set {_OLD} beside {_NEW}: "{new.text}" counts'
    elif new.text or new.unknown or (new.present and new.text is None):
        message = f"pod must not set {_OLD} beside {_NEW}: it is a deprecated alias"
    else:
        message = f"pod must set {_NEW} instead of its deprecated alias {_OLD}"
    yield found(old, message, fixes=partial(_fixes, pod), at="key")


def _fixes(pod: Pod) -> tuple[Fix, ...]:
    """Say it by the new name.

    The stored object stays the same: the API server fills an empty new field from the old one when
    it reads, and the old one from the new one when it writes (pkg/apis/core/v1/conversion.go,
    Convert_v1_PodSpec_To_core_PodSpec and its reverse).
    """
    old, new = pod.get(_OLD), pod.get(_NEW)
    removal = old.remove(pod.text, pod.path)
    if removal is None or new.unknown or old.unknown:
        return ()
    if new.text or (new.present and new.text is None):
        return fix(f"Remove {_OLD}", removal, safety="safe")
    title = f"Rename {_OLD} to {_NEW}"
    if new.key is None:
        return fix(title, old.rename(pod.text, _NEW), safety="safe")
    # An empty field of that name is there already.
    edits = together(removal, new.set(pod.text, old.text)) if old.text else None
    return fix(title, edits, safety="safe")


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  serviceAccount: shop
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  serviceAccountName: shop
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)

OTHER_TOOLS = {
    "kube-linter": ("deprecated-service-account-field",),
    "Kubescape": ("C-0294",),
}

ADMISSION = Undecidable("the API server itself fills in the deprecated field")
