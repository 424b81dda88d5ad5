"""What a user can choose, as one frozen value with its defaults."""

from dataclasses import dataclass
from typing import Literal

Profile = Literal["recommended", "baseline", "restricted", "all"]
Severity = Literal["error", "warning", "information", "hint"]
Level = Literal["error", "warning", "information", "hint", "off"]
"""A severity, or `off` for a rule that does not run."""

OptionValue = bool | int | str | tuple[str, ...]
"""What an option of a rule can be."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information", "hint")
"""From the gravest down."""


@dataclass(frozen=True)
class Resources:
    """What "Add limits" inserts, as Kubernetes quantities."""

    cpu_limit: str = "500m"
    memory_limit: str = "256Mi"
    ephemeral_storage_limit: str = "1Gi"
    cpu_request: str = "100m"
    memory_request: str = "128Mi"
    ephemeral_storage_request: str = "100Mi"


@dataclass(frozen=True)
class Settings:
    """One complete choice.

    `kubernetes_version` is `latest`, `1.34` or `v1.34`. `rules` holds what stands beside the
    profile, as pairs of slug and level; it is a tuple so that settings can be compared.
    """

    profile: Profile = "recommended"
    kubernetes_version: str = "latest"
    rules: tuple[tuple[str, Level], ...] = ()
    resources: Resources = Resources()
    registries: tuple[str, ...] = ()
    """The trusted registries: the option of `untrusted-image-registry`, which other rules read."""
    foreign_ignores: bool = True
    """Whether the suppressions of other tools (`checkov.io/skip…`, …) are honoured."""
    options: tuple[tuple[str, str, OptionValue], ...] = ()
    """What was chosen for other options that rules declare: slug, name of the option, value."""

    def option(self, slug: str, name: str) -> OptionValue | None:
        """What was chosen for an option of a rule; None where nothing was."""
        return next(
            (value for rule, key, value in self.options if (rule, key) == (slug, name)), None
        )
