"""Into which namespaces kustomizations put the objects of the files that they list."""

from k8s_lsp.workspace.kustomizations import given_namespaces


def given(**folders: tuple[str, list[str]]) -> dict[str, set[str]]:
    """What comes of files, by the namespace of the kustomization of each folder and its list."""
    lists = {
        f"/{folder}/kustomization.yaml": tuple(f"/{path}" for path in listed)
        for folder, (_, listed) in folders.items()
    }
    names = {f"/{folder}/kustomization.yaml": name for folder, (name, _) in folders.items()}
    return {path[1:]: set(found) for path, found in given_namespaces(lists, names).items()}


def test_a_file_is_put_into_that_of_its_kustomization() -> None:
    assert given(a=("shop", ["a/web.yaml"])) == {"a/web.yaml": {"shop"}}


def test_an_empty_one_stands_for_none() -> None:
    assert given(a=("", ["a/web.yaml"])) == {"a/web.yaml": {""}}


def test_the_outermost_counts() -> None:
    found = given(base=("inner", ["base/web.yaml"]), top=("outer", ["base"]))
    assert found == {"base/web.yaml": {"outer"}}


def test_one_that_gives_none_leaves_what_those_below_it_give() -> None:
    found = given(base=("inner", ["base/web.yaml"]), top=("", ["base"]))
    assert found == {"base/web.yaml": {"inner"}}


def test_each_way_counts() -> None:
    found = given(
        base=("", ["base/web.yaml"]),
        dev=("dev", ["base", "dev/job.yaml"]),
        prod=("prod", ["base"]),
        all=("", ["base"]),
    )
    assert found == {"base/web.yaml": {"dev", "prod", ""}, "dev/job.yaml": {"dev"}}


def test_two_ways_through_one_that_gives_none_are_two() -> None:
    found = given(
        base=("", ["base/web.yaml"]),
        dev=("dev", ["base"]),
        prod=("prod", ["base"]),
        top=("", ["dev", "prod"]),
    )
    assert found == {"base/web.yaml": {"dev", "prod"}}


def test_those_that_list_one_another_come_to_an_end() -> None:
    found = given(a=("one", ["b", "a/web.yaml"]), b=("two", ["a"]))
    # kustomize refuses them, so that nothing is put anywhere.
    assert found == {"a/web.yaml": set()}


def test_a_folder_is_not_a_file() -> None:
    assert given(base=("inner", []), top=("outer", ["base", "elsewhere"])) == {
        "elsewhere": {"outer"}
    }
