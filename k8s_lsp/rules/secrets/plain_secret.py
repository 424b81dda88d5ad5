"""A Secret carries its values in the manifest.

The values under `data` are encoded, not encrypted: base64 keeps nothing from anybody. Whoever
reads the file, the repository, its history or a build log has them.

Inside the cluster a Secret is guarded by RBAC and perhaps by encryption in etcd. None of that
guards the file that it is made from.

Keep the values elsewhere: encrypted in the file (SOPS, sealed secrets), in a store that an
operator or the CSI driver reads, or filled in when the file is applied. Values that were in a
repository count as known and have to be changed. Where this file never leaves a safe place, or
belongs to a test, switch the rule off for it.
"""

import base64
import binascii
from collections.abc import Iterator

from k8s_lsp.kubernetes.credential_search import is_secret_value
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Secret"}),
)
def plain_secret(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Secret" or obj.group or obj.get("sops").present:
        return
    title = f'Secret "{obj.name}"' if obj.name else "Secret"
    for field in (obj.get("data"), obj.get("stringData")):
        entries = sorted(field.entries(), key=lambda entry: entry.span)
        keys = [str(entry.path[-1]) for entry in entries if _is_real(entry)]
        if keys:
            named = keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
            yield found(
                field,
                f"{title} must not carry its values in the manifest, as it does for {named}",
                at="key",
            )


def _is_real(entry: Field) -> bool:
    key, text = str(entry.path[-1]), entry.string
    if text is None:
        return False
    if entry.path[-2] == "data":
        text = _decoded(text)
    return is_secret_value(key, text)


def _decoded(text: str) -> str:
    """What a value under `data` stands for; nothing where it is no base64, a placeholder say."""
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decoded.decode(errors="replace")


BAD = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: tiger-1970
"""

GOOD = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: ${DB_PASSWORD}
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/secret/",
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
)

OTHER_TOOLS = {"KICS": ("Using Kubernetes Native Secret Management",)}
