"""Which objects belong together, and that an index does not tell how it came about."""

from collections.abc import Mapping
from random import Random

import pytest

from k8s_lsp.kubernetes.facts import CORE, ENFORCE, Columns
from k8s_lsp.kubernetes.queries import (
    UNSURE,
    Facts,
    Reach,
    automount,
    binding,
    names_of,
    place_of,
    still_holds,
)
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import NO_INDEX, FilePlace, Index
from k8s_lsp.workspace.kustomizations import kustomization_roots

TOP = "/repo"
KIND = (CORE, "ServiceAccount")


def account(automount: str, name: str = "web", namespace: str | None = "shop") -> str:
    where = "" if namespace is None else f", namespace: {namespace}"
    return (
        f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}{where}}}\n"
        f"automountServiceAccountToken: {automount}\n"
    )


def bound(name: str, namespace: str) -> str:
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
        f"metadata: {{name: bind-{name}, namespace: {namespace}}}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\n"
        f"subjects: [{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}]\n"
    )


def place(path: str, top: str = TOP, roots: tuple[str, ...] = ()) -> FilePlace:
    return FilePlace(f"{top}/{path}", top, tuple(f"{top}/{root}" for root in roots))


def index_of(texts: Mapping[str, str], roots: Mapping[str, tuple[str, ...]] | None = None) -> Index:
    places = {path: place(path, roots=(roots or {}).get(path, ())) for path in texts}
    return NO_INDEX.updated(
        {places[path]: facts_of_text(places[path].path, text) for path, text in texts.items()}
    )


def said(index: Index, path: str, name: str = "web", namespace: str = "shop") -> object:
    return automount(Reach((), index.surroundings(place(path))), namespace, name)


def test_an_account_of_another_file_counts() -> None:
    index = index_of({"a/deploy.yaml": "", "b/account.yaml": account("false")})
    assert said(index, "a/deploy.yaml") is False
    assert said(index, "a/deploy.yaml", namespace="other") is None
    # What the file itself tells is no surroundings of it.
    assert said(index, "b/account.yaml") is None


def test_two_that_disagree_conclude_nothing() -> None:
    texts = {"base/deploy.yaml": "", "dev/a.yaml": account("false"), "prod/a.yaml": account("true")}
    assert said(index_of(texts), "base/deploy.yaml") == UNSURE
    texts["prod/a.yaml"] = account("false")
    assert said(index_of(texts), "base/deploy.yaml") is False


@pytest.mark.parametrize(
    "files",
    [
        {"dev/kustomization.yaml": "resources: [deploy.yaml, a.yaml]"},
        {
            # What overlays are made of belongs together with each of them.
            "base/kustomization.yaml": "resources: [deploy.yaml]",
            "dev/kustomization.yaml": "resources: [../base, a.yaml]",
        },
        {"dev/kustomization.yml": "bases:\n- ../base\n", "base/Kustomization": "resources: []"},
    ],
)
def test_the_nearest_root_counts(files: Mapping[str, str]) -> None:
    others = {"dev/a.yaml": account("false"), "prod/a.yaml": account("true")}
    index = index_of({**others, **files})
    assert said(index, "dev/deploy.yaml") is False
    assert said(index, "prod/deploy.yaml") == UNSURE


def test_charts_and_folders_with_settings_are_roots() -> None:
    texts = {"one/a.yaml": account("false"), "two/a.yaml": account("true")}
    index = index_of(texts, {"one/a.yaml": ("one",)})
    assert said(index, "one/templates/deploy.yaml") is False
    assert said(index, "two/deploy.yaml") == UNSURE


def test_kustomizations_that_list_one_another_have_one_root() -> None:
    roots = kustomization_roots(
        {
            "/r/app/base/kustomization.yaml": ("/r/app/base/deploy.yaml", "/r/app/rbac"),
            "/r/app/rbac/kustomization.yaml": (),
            "/r/app/dev/kustomization.yaml": ("/r/app/base",),
            "/r/other/kustomization.yaml": ("/r/shared/policy.yaml",),
        }
    )
    assert roots == {"/r/app/base", "/r/app/rbac", "/r/app/dev", "/r/app", "/r/other", "/r"}


def test_what_lies_below_another_top_does_not_belong_to_it() -> None:
    index = NO_INDEX.updated(
        {place("a.yaml", "/one"): facts_of_text("/one/a.yaml", account("false"))}
    )
    reach = Reach((), index.surroundings(place("deploy.yaml", "/two")))
    assert automount(reach, "shop", "web") is None


def test_without_a_namespace_the_default_account_has_to_be_close() -> None:
    texts = {"a/x.yaml": account("false", "default", None), "b/y.yaml": account("false", "x", None)}
    index = index_of(texts)
    assert said(index, "a/deploy.yaml", "default", "") is False
    assert said(index, "c/deploy.yaml", "default", "") is None
    assert said(index, "c/deploy.yaml", "x", "") is False


def test_any_binding_in_reach_counts() -> None:
    index = index_of({"rbac/b.yaml": bound("web", "shop")})
    reach = Reach((), index.surroundings(place("apps/deploy.yaml")))
    found = binding(reach, "shop", "web")
    assert found is not None
    assert (found.title, found.path) == ('RoleBinding "bind-web"', "/repo/rbac/b.yaml")
    # A pod whose namespace is not told may be in any.
    assert binding(reach, "", "web") == found
    assert binding(reach, "other", "web") is None


def test_what_a_variant_of_the_text_binds_does_not_count() -> None:
    index = index_of({"for-openshift.yaml": account("true") + "---\n" + bound("web", "shop")})
    others = index.surroundings(place("all.yaml"))
    own = facts_of_text("/repo/all.yaml", account("true")).objects
    assert binding(Reach(own, others), "shop", "web") is None
    assert binding(Reach((), others), "shop", "web") is not None


def test_a_place_that_moved_is_told_though_nothing_else_has_changed() -> None:
    namespace = (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n"
        "    pod-security.kubernetes.io/enforce: baseline\n"
    )
    pod, at = place("pod.yaml"), place("namespace.yaml")
    index = NO_INDEX.updated({at: facts_of_text(at.path, namespace)})
    before = Reach((), index.surroundings(pod))
    (obj,) = before.named((CORE, "Namespace"), "", "shop")
    moved = namespace.replace("labels:\n", "labels:\n    team: shop\n")
    index = index.updated({at: facts_of_text(at.path, moved)})
    after = Reach((), index.surroundings(pod))
    lines = [place_of(reach, obj, ENFORCE).line for reach in (before, after)]
    assert lines == [5, 6]


def test_places_are_told_in_lines() -> None:
    text = "# é\r\n---\r\n" + account("true").replace("{name", "{labels: {x: 😀}, name")
    (facts,) = facts_of_text("/a.yaml", text.replace("\n", "\r\n").replace("\r\r", "\r")).objects
    assert facts.place.line == 4
    before = "metadata: {labels: {x: 😀}, name: "
    assert facts.place.column == Columns(len(before.encode()), len(before) + 1, len(before))
    assert facts.place.token == "web"


def test_an_update_shares_what_did_not_change() -> None:
    one, other = place("a.yaml"), place("b.yaml")
    index = index_of({"a.yaml": account("true"), "b.yaml": bound("web", "shop")})
    assert index.updated({one: index.facts_of(one)}) is index
    after = index.updated({one: None})
    assert after.facts_of(one) is None
    assert after.facts_of(other) is index.facts_of(other)
    assert after.updated({other: None}).file_count == 0


def everything(index: Index) -> list[object]:
    """What anybody can ask an index."""
    paths = [f"{folder}/{name}.yaml" for folder in "abc" for name in "xyz"]
    return [
        [
            index.surroundings(place(path)).find(
                (CORE, "ServiceAccount"), names_of, ("shop", "web")
            ),
            said(index, path),
            binding(Reach((), index.surroundings(place(path))), "shop", "web"),
        ]
        for path in paths
    ]


@pytest.mark.parametrize("seed", range(20))
def test_an_index_does_not_tell_how_it_came_about(seed: int) -> None:
    random = Random(seed)
    choices = [
        account("true"),
        account("false"),
        bound("web", "shop"),
        account("true") + "---\n" + bound("web", "shop"),
        "resources: [../a, ../b]",
    ]
    texts: dict[str, str] = {}
    index = NO_INDEX
    for _ in range(30):
        changed: dict[FilePlace, object] = {}
        for _ in range(random.choice((1, 1, 3))):
            folder = random.choice("abc")
            path = f"{folder}/{random.choice(('x', 'y', 'z', 'kustomization'))}.yaml"
            if path in texts and random.random() < 0.4:
                del texts[path]
                changed[place(path)] = None
            else:
                texts[path] = random.choice(choices)
                changed[place(path)] = facts_of_text(place(path).path, texts[path])
        index = index.updated(changed)  # type: ignore[arg-type]
        assert everything(index) == everything(index_of(texts))


def test_an_answer_holds_as_long_as_it_is_the_same() -> None:
    index = index_of({"a.yaml": account("false"), "b.yaml": bound("web", "shop")})
    at = place("deploy.yaml")
    facts = Facts(Reach((), index.surroundings(at)))
    assert facts.automount("shop", "web") is False
    assert facts.binding("shop", "web") is not None

    def holds(texts: Mapping[str, str]) -> bool:
        return still_holds(facts.asked, Reach((), index_of(texts).surroundings(at)))

    both = {"a.yaml": account("false"), "b.yaml": bound("web", "shop")}
    assert holds(both)
    assert holds({**both, "c.yaml": account("true", "other")})
    # Where it stands, and what else it says, makes it no other answer.
    assert holds({**both, "b.yaml": "# moved\n" + bound("web", "shop").replace("reader", "writer")})
    assert not holds({**both, "a.yaml": account("true")})
    assert not holds({"a.yaml": account("false")})
