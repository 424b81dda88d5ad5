"""A container has no CPU limit.

Without a limit a container may use every idle CPU of its node. That is what somebody wants who
gets in to mine coins or to guess passwords, and it makes the speed of its neighbours depend on
what it does. A limit caps the bill, and shows in a test what production will feel like.

Many teams leave CPU limits out on purpose. CPU time that nobody uses is lost, a container at
its limit is throttled in slices of 100 ms even while the node idles, which hurts the slowest
answers most, and where every container has a fitting request, that request already is its
guaranteed share. Their advice is to set CPU requests and memory limits, and to limit CPU only
where tenants do not trust each other or a Guaranteed pod is wanted.

So a container with a CPU request has made its choice, and nothing is said of its limit, unless the
profile is `all` or the rule stands in your settings. Where both are missing, this rule speaks; if a
request is all that you want, turn it off (`missing-cpu-limit: off` under `rules:` in
`.k8s-lsp.yaml`, or `--rule missing-cpu-limit=off`): `missing-cpu-request` then speaks instead.
After setting a limit, watch `container_cpu_cfs_throttled_periods_total` for how often it bites.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.resources import places_without
from k8s_lsp.rules.base import POD, Context, Finding, rule
from k8s_lsp.rules.missing_amounts import NOT_MEASURED, amount_admission, missing_amount
from k8s_lsp.settings import Settings

_SLUG = "missing-cpu-limit"


@rule(
    severity="information",
    subject=POD,
    silences={"missing-cpu-request": "container"},
)
def missing_cpu_limit(pod: Pod, context: Context) -> Iterator[Finding]:
    containers = pod.containers
    if not _is_asked_for(context.settings):
        containers = tuple(
            container
            for container in containers
            if places_without(container, "requests", "cpu", context.version, context.facts)
        )
    return missing_amount(pod, context, "limits", "cpu", containers)


def _is_asked_for(settings: Settings) -> bool:
    """Whether a limit is wanted beside a request, too."""
    return settings.profile == "all" or any(slug == _SLUG for slug, _ in settings.rules)


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
  containers:
    - name: app
      image: example.com/app:1.4.2
      resources:
        limits:
          cpu: 500m
        requests:
          cpu: 100m
"""

AFTER_FIX = NOT_MEASURED

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-770",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_11",),
    "Trivy": ("KSV-0011",),
    "kube-linter": ("unset-cpu-requirements",),
    "kube-score": ("container-resources",),
    "Polaris": ("cpuLimitsMissing",),
    "kubesec": ("LimitsCPU",),
    "KICS": ("CPU Limits Not Set",),
    "Kubescape": ("C-0270",),
    "Kyverno": ("require-cpu-limits",),
    "Snyk": ("SNYK-CC-K8S-5",),
    "Monokle": ("KBP003",),
}

ADMISSION = amount_admission(
    "limits", "cpu", unless_requested=lambda settings: not _is_asked_for(settings)
)
