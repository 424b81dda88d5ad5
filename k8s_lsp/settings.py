"""What a user can choose, as one frozen value with its defaults."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Profile = Literal["recommended", "baseline", "restricted", "all"]
Severity = Literal["error", "warning", "information", "hint"]
Level = Literal["error", "warning", "information", "hint", "off"]
"""A severity, or `off` for a rule that does not run."""

OptionValue = bool | int | str | tuple[str, ...]
"""What an option of a rule can be."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information", "hint")
"""From the gravest down."""


class Resources(NamedTuple):
    """What "Add limits" inserts, as Kubernetes quantities."""

    cpu_limit: str = "500m"
    memory_limit: str = "256Mi"
    ephemeral_storage_limit: str = "1Gi"
    cpu_request: str = "100m"
    memory_request: str = "128Mi"
    ephemeral_storage_request: str = "100Mi"


class OwnImage(NamedTuple):
    """What a team knows of its own images, as `ImageNeeds` has it of well-known ones."""

    name: str
    """The name without tag and digest; `*` stands for anything."""
    user: int
    """The number to run as; 0 where the image cannot do without root."""
    group: int | None = None
    """None for the same number as the user's."""
    ports: tuple[int, ...] = ()
    read_only: bool = True
    """Whether it runs with a read-only root where `writes` and `data` are mounted."""
    writes: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    """Those that it needs under `drop: [ALL]`."""
    needs_token: bool = False
    instead: str | None = None


class OwnPlace(NamedTuple):
    """A place at which a team's own kind of objects holds a core type, as `CorePlace` has it."""

    path: str
    """From the root of the object: `spec.template`, `spec.sidecars[]`, `spec.roles{}`."""
    type: str
    hardened: bool = False
    """Whether the controller lays it over a pod that is hardened already."""


class OwnKind(NamedTuple):
    """What a team knows of a kind of its own."""

    group: str
    kind: str
    places: tuple[OwnPlace, ...]


Action = Literal["deny", "warn", "audit"]
"""What a cluster does with a request that breaks an exported rule: refuse it, let it through with
a warning to its user, or let it through and note it in the audit log."""

ACTIONS: tuple[Action, ...] = ("deny", "warn", "audit")
FAILURE_POLICIES = ("fail", "ignore")
"""What a cluster does with a request whose check fails by itself: refuse it, or let it through."""


class AdmissionPolicies(NamedTuple):
    """How exported admission policies are enforced."""

    error: Action = "deny"
    warning: Action = "warn"
    information: Action = "audit"
    hint: Action = "audit"
    failure_policy: str = "fail"
    exempt_namespaces: tuple[str, ...] = ("kube-node-lease", "kube-public", "kube-system")
    """By default those of Kubernetes itself: a node without the network agent whose pod was
    refused is lost."""
    exempt_labels: tuple[str, ...] = ()
    """Labels, as `key` or `key=value`, any of which exempts the object that has it."""


_RESOURCES = Resources()
_POLICIES = AdmissionPolicies()


@dataclass(frozen=True)
class Settings:
    """One complete choice.

    `kubernetes_version` is `latest`, `1.34` or `v1.34`. `rules` holds what stands beside the
    profile, as pairs of slug and level; it is a tuple so that settings can be compared.
    """

    profile: Profile = "recommended"
    kubernetes_version: str = "latest"
    rules: tuple[tuple[str, Level], ...] = ()
    resources: Resources = _RESOURCES
    registries: tuple[str, ...] = ()
    """The trusted registries: the option of `untrusted-image-registry`, which other rules read."""
    foreign_ignores: bool = True
    """Whether the suppressions of other tools (`checkov.io/skip…`, …) are honoured."""
    options: tuple[tuple[str, str, OptionValue], ...] = ()
    """What was chosen for other options that rules declare: slug, name of the option, value."""
    images: tuple[OwnImage, ...] = ()
    """What the team's own images need; the first whose name fits counts."""
    custom_resources: tuple[OwnKind, ...] = ()
    """Where the team's own kinds hold pods, and parts of pods."""
    outline: bool = True
    """Whether the editor is told the objects of a text, as other servers may do too."""
    completion: bool = True
    """Whether the editor is told what may be typed in manifests."""
    code_lens: bool = True
    """Whether the editor shows the level of each workload above it."""
    inlay_hints: bool = False
    """Whether the editor shows what containers inherit, and what holds by default."""
    group_absent: bool = True
    """Whether the editor is told in one diagnostic what is absent of one block."""
    admission_policies: AdmissionPolicies = _POLICIES
    """How exported admission policies are enforced."""

    def option(self, slug: str, name: str) -> OptionValue | None:
        """What was chosen for an option of a rule; None where nothing was."""
        return next(
            (value for rule, key, value in self.options if (rule, key) == (slug, name)), None
        )
