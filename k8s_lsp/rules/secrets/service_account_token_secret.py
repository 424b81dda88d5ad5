"""A Secret asks for a token of a ServiceAccount that does not expire.

The control plane fills such a Secret with a token that is valid as long as the Secret and the
account exist. It is bound to no pod and to no audience. Whoever may read Secrets in the
namespace, or finds the token in a backup or in the settings of a build server, is that
account from then on.

Pods have not needed it for long: the kubelet mounts tokens that expire and are renewed. A
person gets one with `kubectl create token`, a program elsewhere through the TokenRequest API
or by trusting the cluster as an identity provider.

Before you delete the Secret, see who still uses its token: the label
kubernetes.io/legacy-token-last-used on the Secret tells the day, and the audit log tells
from where. Deleting the Secret makes the token invalid at once.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"Secret"}),
)
def service_account_token_secret(obj: KubeObject, context: Context) -> Iterator[Finding]:
    kind = obj.get("type")
    if obj.kind != "Secret" or obj.group:
        return
    if kind.string == "kubernetes.io/service-account-token":
        title = f'Secret "{obj.name}"' if obj.name else "Secret"
        yield found(kind, f"{title} must not keep a token of a ServiceAccount that never expires")


BAD = """\
apiVersion: v1
kind: Secret
metadata:
  name: ci-token
  annotations:
    kubernetes.io/service-account.name: ci
type: kubernetes.io/service-account-token
"""

GOOD = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ci
automountServiceAccountToken: false
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
    "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
)

WEAKNESSES = ("CWE-613",)

OTHER_TOOLS = {"Kyverno": ("deny-secret-service-account-token-type",)}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.?type.orValue('') == 'kubernetes.io/service-account-token'",
            "'Secret' + (object.metadata.?name.orValue('') == '' ? ''\n"
            "    : ' \"' + object.metadata.name + '\"') +\n"
            "    ' must not keep a token of a ServiceAccount that never expires'",
        ),
    )
)
