"""A pod runs as the ServiceAccount that its namespace shares.

A pod that names no ServiceAccount runs as the one called `default`, like every other such pod
of the namespace. Whatever somebody grants to it for the sake of one program, all of them may
do from then on, and the audit log cannot tell them apart.

Create a ServiceAccount for the program and name it here; it starts without any rights, so that
bindings to `default` which the program needs have to be repeated for it. `kubectl auth can-i
--list --as=system:serviceaccount:NAMESPACE:default` shows them. Image pull secrets that hang
on `default` have to be given to the new account, too. A pod that mounts no token gains the
least from it.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, missing, rule


@rule(
    severity="off",
    subject=POD,
)
def default_service_account(pod: Pod, context: Context) -> Iterator[Finding]:
    name = pod.service_account
    if name.unknown:
        return
    message = "pod must set serviceAccountName to a ServiceAccount of its own"
    if not name.present:
        yield missing(pod, name, message)
    elif name.text == "default":
        yield found(name, f'{message}, not to "default"')
    elif name.text == "":
        yield found(name, message)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
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
  serviceAccountName: web
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)

BENCHMARKS = ("CIS 5.1.5",)

OTHER_TOOLS = {
    "kube-linter": ("default-service-account",),
    "kubesec": ("ServiceAccountName",),
    "KICS": ("Service Account Name Undefined Or Empty",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.account in ['', 'default']",
            "'pod must set serviceAccountName to a ServiceAccount of its own' +\n"
            "    (variables.account == '' ? '' : ', not to \"default\"')",
        ),
    ),
    variables=(
        (
            "account",
            "variables.pod.spec.?serviceAccountName.orValue('') != ''\n"
            "  ? variables.pod.spec.serviceAccountName\n"
            "  : variables.pod.spec.?serviceAccount.orValue('')",
        ),
    ),
)
