"""What a ServiceAccount or a role may do, and what gives it that, in a few lines of Markdown.

Each line is one chain of binding and role, that with the gravest power first.
"""

import posixpath
from collections.abc import Iterator
from typing import Final, NamedTuple

from k8s_lsp.features.markdown import code, literal
from k8s_lsp.kubernetes.account_powers import (
    AccountPower,
    GivenRole,
    account_roles,
    given_role,
    powers_of_roles,
)
from k8s_lsp.kubernetes.facts import ObjectFacts, RoleRule, facts_of
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.queries import UNSURE, Facts
from k8s_lsp.kubernetes.rbac import binding_of
from k8s_lsp.kubernetes.versions import Version

MOST_CHAINS: Final = 4
"""How many chains are told: with what else is told of the field, they are twelve lines."""

MOST_POWERS: Final = 4
"""How many powers of one chain are told, or rules of a role that has none."""


class Viewpoint(NamedTuple):
    """Where a token is seen from: the facts of its text, the version to judge by, its folder."""

    facts: Facts
    version: Version
    folder: str


def about_account_at(viewpoint: Viewpoint, obj: KubeObject, path: Path) -> Iterator[str]:
    """What an account or a role may do that the field at a path of an object names, if it does.

    `path` begins at the object: `subjects`, 0, `name`.
    """
    binding = binding_of(obj)
    match path:
        case ("metadata", "name") if (obj.group, obj.kind) == ("", "ServiceAccount") and obj.name:
            yield _about_account(viewpoint, obj.namespace or "", obj.name, None)
        case ("subjects", int(), "name") if binding is not None:
            for subject in binding.subjects:
                account = subject.account
                if subject.field.path[-len(path) :] == path and account is not None:
                    yield _about_account(viewpoint, *account, None)
        case ("roleRef", "name") if binding is not None:
            yield from _about_role(viewpoint, obj)


def about_account_of(viewpoint: Viewpoint, obj: KubeObject, pod: Pod) -> Iterator[str]:
    """What the account of a pod may do; nothing where its name is unknown."""
    account = pod.service_account
    if not account.unknown:
        namespace, name = obj.namespace or "", account.text or "default"
        yield _about_account(
            viewpoint, namespace, name, _is_mounted(viewpoint, pod, namespace, name)
        )


def _is_mounted(viewpoint: Viewpoint, pod: Pod, namespace: str, name: str) -> bool | None:
    """Whether a pod gets the token of its account; None where that is unknown."""
    if any(_is_own_token(volume) for volume in pod.volumes()):
        return True
    own = pod.get("automountServiceAccountToken")
    if own.present or own.unknown:
        return own.boolean
    says = viewpoint.facts.automount(namespace, name)
    return None if says == UNSURE else says is not False


def _is_own_token(volume: Field) -> bool:
    """Whether a volume brings a token for the API server, as pods do that mount theirs by hand.

    One with an audience is for somebody else (core/v1 ServiceAccountTokenProjection).
    """
    tokens = [
        each.get("serviceAccountToken") for each in volume.get("projected", "sources").items()
    ]
    return any(token.present and not token.get("audience").present for token in tokens)


def _about_account(viewpoint: Viewpoint, namespace: str, name: str, is_mounted: bool | None) -> str:
    """The chains of an account, and whether it needs its token for them."""
    title = f'ServiceAccount "{literal(name)}"'
    roles = account_roles(viewpoint.facts.reach, namespace, name)
    if not roles:
        token = {True: ", yet one is mounted", False: ", and none is mounted", None: ""}[is_mounted]
        return f"Nothing is bound to {title} in reach: no token is needed{token}."
    token = {True: ", and is mounted", False: ", but is not mounted", None: ""}[is_mounted]
    return (
        f"What is bound to {title} in reach, the gravest first. Its token is needed for that"
        f"{token}.\n\n{_chains(viewpoint, roles)}"
    )


def _about_role(viewpoint: Viewpoint, obj: KubeObject) -> Iterator[str]:
    """The chain of a binding and its role."""
    given = given_role(viewpoint.facts.reach, facts_of([obj])[0])
    if given is not None and given.name:
        yield f"What the role allows by this binding:\n\n{_chains(viewpoint, (given,))}"


def _chains(viewpoint: Viewpoint, roles: tuple[GivenRole, ...]) -> str:
    """A list of roles with what they are worth, the gravest first."""
    powers: dict[GivenRole, list[AccountPower]] = {}
    for power in powers_of_roles(roles, viewpoint.version):
        powers.setdefault(power.given, []).append(power)
    for given in roles:
        powers.setdefault(given, [])
    lines = [
        f"- {_worth(given, of_role)}: {_chain(viewpoint, given)}"
        for given, of_role in powers.items()
    ]
    if len(lines) > MOST_CHAINS:
        lines[MOST_CHAINS - 1 :] = [f"- and {len(lines) - MOST_CHAINS + 1} more"]
    return "\n".join(lines)


def _worth(given: GivenRole, powers: list[AccountPower]) -> str:
    """What a role gives, or why that is not told, and where it counts."""
    where = "everywhere" if given.is_for_cluster else "in its namespace"
    if given.namespace:
        where = f"in namespace {code(given.namespace)}"
    if powers:
        words: dict[str, list[str]] = {}
        for power in powers:
            words.setdefault(power.name, []).append(power.words)
        told = [f"**{name}** ({code('; '.join(words[name]))})" for name in words]
        return f"{_some(told)} {where}"
    if given.allows is not None:
        told = [code(_words(rule)) for rule in given.allows.rules]
        # Of those that every cluster has, no more is known than what is worth more than it says.
        nothing = "nothing" if given.built_in is None else "nothing grave"
        return f"{_some(told) or nothing} {where}"
    detail = given.role.detail if given.role is not None else None
    if detail is not None:
        return f"what is gathered from other roles {where}"
    return f"unknown {where}, as the role is not in reach, or files disagree about it"


def _some(told: list[str]) -> str:
    more = len(told) - MOST_POWERS
    return ", ".join(told[:MOST_POWERS]) + (f" and {more} more" if more > 0 else "")


def _words(rule: RoleRule) -> str:
    """What an item of a role's rules says: `get, list on pods`."""
    return f"{', '.join(rule.verbs)} on {', '.join(rule.resources or rule.urls)}"


def _chain(viewpoint: Viewpoint, given: GivenRole) -> str:
    """By which binding and which role, and where these stand."""
    binding, role = given.binding, given.role
    chain = f"{literal(binding.title)}, {literal(given.title)}"
    if given.built_in is not None:
        chain += " (built in)"
    files = dict.fromkeys(_file(viewpoint, each) for each in (binding, role) if each is not None)
    return f"{chain} in {literal(' and '.join(files))}"


def _file(viewpoint: Viewpoint, obj: ObjectFacts) -> str:
    """The file of an object, as it is seen from the folder of the text."""
    if not obj.path:
        return "this file"
    path = posixpath.relpath(obj.path, viewpoint.folder or "/")
    # From a place that is far away, the way back says nothing.
    return "/".join(obj.path.split("/")[-2:]) if path.startswith("../../../") else path
