"""A Secret carries its values in the manifest.

The values under `data` are encoded, not encrypted: base64 keeps nothing from anybody. Whoever
reads the file, the repository, its history or a build log has them.

Inside the cluster a Secret is guarded by RBAC and perhaps by encryption in etcd. None of that
guards the file that it is made from.

User names, addresses, certificates, access keys without their secret ones, and what a comment on
the line spells out do not count. Nor does what a comment calls no secret or not for production, at
the value, above all of them or at the head of the Secret.

Keep the values elsewhere: encrypted in the file (SOPS, sealed secrets), in a store that an
operator or the CSI driver reads, or filled in when the file is applied. Values that were in a
repository count as known and have to be changed. Where this file never leaves a safe place, or
belongs to a test, switch the rule off for it.

Of a Secret that was read back from a cluster, where its values belong, only those are told that
stood in the manifest which `kubectl apply` was given: it keeps a copy in an annotation.
"""

import base64
import binascii
from collections.abc import Iterator

from k8s_lsp.kubernetes.credential_search import is_secret_value
from k8s_lsp.kubernetes.credentials import is_key_name, is_password_name
from k8s_lsp.kubernetes.disclaimers import is_disclaimed
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.stored import is_stored, last_applied
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.text import line_end


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Secret"}),
)
def plain_secret(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Secret" or obj.group or obj.get("sops").present:
        return
    applied = last_applied(obj.root) if is_stored(obj.root) else None
    title = f'Secret "{obj.name}"' if obj.name else "Secret"
    head = obj.root.span.start
    for field in (obj.get("data"), obj.get("stringData")):
        entries = sorted(field.entries(), key=lambda entry: entry.span)
        keys = [
            str(entry.path[-1])
            for entry in entries
            if _is_real(entry, obj.text) and (applied is None or _names(applied, entry))
        ]
        if keys and not is_disclaimed(obj.text, head, _key_of(field)):
            named = keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
            yield found(
                field,
                f"{title} must not carry its values in the manifest, as it does for {named}",
                at="key",
            )


def _key_of(field: Field) -> int:
    """Where the key of a field begins, or the field where it has none of its own."""
    return field.span.start if field.key is None else field.key.span.start


def _names(applied: str, entry: Field) -> bool:
    """Whether the manifest that was applied has a value of that key, which the cluster now has."""
    return f'"{entry.path[-1]}":' in applied


def _is_real(entry: Field, text: str) -> bool:
    key, value = str(entry.path[-1]), entry.string
    if value is None:
        return False
    if entry.path[-2] == "data":
        value = _decoded(value)
    return (
        is_secret_value(key, value)
        and (is_password_name(key) or is_key_name(key) or not _is_told(value, entry, text))
        and not is_disclaimed(text, _key_of(entry))
    )


def _is_told(value: str, entry: Field, text: str) -> bool:
    """Whether a comment on the line says what the value is, so that nobody takes it for a secret.

    Under the name of a credential it stays one, all the more.
    """
    _, hash_mark, comment = text[entry.span.end : line_end(text, entry.span.end)].partition("#")
    return bool(hash_mark) and value.strip() in comment


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

WEAKNESSES = ("CWE-312",)

OTHER_TOOLS = {"KICS": ("Using Kubernetes Native Secret Management",)}

ADMISSION = Undecidable("in a cluster every Secret holds its values: it is about manifests")
