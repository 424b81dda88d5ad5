"""A container gets a Secret through its environment.

Environment variables travel: every child process inherits them, crash reports and debug pages
list them. They stay what they were when the container started, so that a changed Secret does not
arrive before a restart.

A file from a secret volume is read by those who open it, has an owner and a mode, and follows
the Secret when it changes. Whether that is worth it is contested: who can read the process's
environment can usually read its files as well, and most programs expect variables. So this
rule is off unless you switch it on.

The program has to read a file for this; many images know a variable that ends in _FILE.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, found, rule


@rule(
    severity="off",
    subject=CONTAINER,
    requires_any_of=("env",),
)
def secret_in_environment(container: Container, context: Context) -> Iterator[Finding]:
    for item in container.get("env").items():
        reference = item.get("valueFrom", "secretKeyRef")
        if reference.present:
            name = item.get("name").text or "a variable"
            yield found(
                reference,
                f"{container} must not get the Secret behind {name} through its environment",
                at="key",
            )
    for item in container.get("envFrom").items():
        reference = item.get("secretRef")
        if reference.present:
            yield found(
                reference,
                f"{container} must not get a whole Secret through its environment",
                at="key",
            )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      envFrom:
        - secretRef:
            name: db
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      volumeMounts:
        - {name: db, mountPath: /run/secrets/db, readOnly: true}
  volumes:
    - name: db
      secret: {secretName: db}
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
)

BENCHMARKS = ("CIS 5.4.1",)

WEAKNESSES = ("CWE-526",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_35",),
    "kube-linter": ("read-secret-from-env-var",),
    "kubesec": ("SecretsAsEnvironmentVariables",),
    "KICS": ("Secrets As Environment Variables",),
    "Kubescape": ("C-0207",),
    "Kyverno": ("disallow-secrets-from-env-vars",),
    "Monokle": ("KBP112",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "has(item.valueFrom) && has(item.valueFrom.secretKeyRef)",
            "container.title + ' must not get the Secret behind ' +\n"
            "    (item.name == '' ? 'a variable' : item.name) + ' through its environment'",
            items="container.spec.?env.orValue([])",
        ),
        Violation(
            "container",
            "has(item.secretRef)",
            "container.title + ' must not get a whole Secret through its environment'",
            items="container.spec.?envFrom.orValue([])",
        ),
    )
)
