"""`k8s-lsp export admission-policy`: one text, a kustomization, or a list."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_lsp.rules.catalogue import RULES
from tests.cli.conftest import Command


def exported(text: str) -> dict[str, Any]:
    """The bindings of a text by the names of their policies."""
    objects = list(yaml.safe_load_all(text))
    names = [each["metadata"]["name"] for each in objects if each["kind"].endswith("Policy")]
    bindings = {each["spec"]["policyName"]: each for each in objects if "Binding" in each["kind"]}
    assert list(bindings) == names
    return bindings


def actions(text: str) -> dict[str, str]:
    return {name: each["spec"]["validationActions"][0] for name, each in exported(text).items()}


def test_one_text_for_kubectl(run: Command) -> None:
    result = run("export", "admission-policy", "--profile", "baseline")
    assert (result.status, result.err) == (0, "")
    assert actions(result.out)["k8s-lsp-host-network"] == "Deny"
    command = result.out.splitlines()[1]
    assert command.startswith("# kubectl apply --prune -l app.kubernetes.io/managed-by=k8s-lsp ")
    assert command.endswith("v1/ValidatingAdmissionPolicyBinding -f FILE")


def test_actions(run: Command) -> None:
    def told(*options: str) -> tuple[str, str]:
        out = actions(run("export", "admission-policy", *options).out)
        return out["k8s-lsp-host-network"], out["k8s-lsp-root-user-allowed"]

    assert told() == ("Deny", "Warn")
    assert told("--action", "audit") == ("Audit", "Audit")
    assert told("--action", "error=warn") == ("Warn", "Warn")
    assert told("--action", "audit", "--action", "error=deny") == ("Deny", "Audit")
    assert told("--rule", "root-user-allowed=error") == ("Deny", "Deny")


def test_the_settings_count_and_the_command_line_goes_before(run: Command, folder: Path) -> None:
    (folder / ".k8s-lsp.yaml").write_text(
        "admission-policies:\n"
        "  actions: {error: audit}\n"
        "  failure-policy: ignore\n"
        "  exempt-namespaces: [tools]\n"
    )
    out = run("export", "admission-policy").out
    assert actions(out)["k8s-lsp-host-network"] == "Audit"
    assert "failurePolicy: Ignore" in out and ", kube-system, tools]" in out
    both = ("--action", "deny", "--failure-policy", "fail", "--exempt-namespace", "istio-system")
    out = run("export", "admission-policy", *both).out
    assert actions(out)["k8s-lsp-host-network"] == "Deny"
    assert "failurePolicy: Fail" in out and "kube-system, tools, istio-system]" in out
    out = run("export", "admission-policy", "--no-config").out
    assert actions(out)["k8s-lsp-host-network"] == "Deny"
    assert "kube-system]" in out and ", tools" not in out


def test_a_kustomization_is_written_anew(run: Command, folder: Path) -> None:
    asked = ("export", "admission-policy", "--profile", "baseline", "--output-directory", "out")
    assert run(*asked) == (0, "", "")
    kustomization = folder / "out" / "kustomization.yaml"
    files = yaml.safe_load(kustomization.read_text())["resources"]
    assert "host-network.yaml" in files and "host-pid.yaml" in files
    assert sorted(each.name for each in (folder / "out").iterdir()) == sorted(
        ["kustomization.yaml", *files]
    )
    (folder / "out" / "ours.yaml").write_text("kind: ConfigMap\n")
    assert run(*asked, "--rule", "host-network=off").status == 0
    files = yaml.safe_load(kustomization.read_text())["resources"]
    assert "host-network.yaml" not in files and "host-pid.yaml" in files
    assert not (folder / "out" / "host-network.yaml").exists()
    assert (folder / "out" / "ours.yaml").exists()
    assert kustomization.read_text().splitlines()[1].endswith(" -k FOLDER")


def test_a_folder_that_cannot_be_written(run: Command, folder: Path) -> None:
    (folder / "out").write_text("")
    result = run("export", "admission-policy", "--output-directory", "out")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: out: ")


def test_the_list_tells_of_every_rule(run: Command) -> None:
    result = run("export", "admission-policy", "--rule", "host-pid=off", "--list")
    told = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    assert list(told) == [rule.slug for rule in RULES]
    assert told["host-network"] == "deny"
    assert told["root-user-allowed"] == "warn"
    assert told["missing-cpu-request"] == "audit"
    assert told["host-pid"] == told["unpinned-image"] == "off"
    assert told["yaml-syntax"].startswith("not exported: it is about the text")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--kubernetes-version", "1.29"), "Kubernetes 1.29 has no ValidatingAdmissionPolicies of"),
        (("--action", "refuse"), '--action: "refuse" is not one of deny, warn, audit'),
        (("--action", "fatal=deny"), '--action: "fatal" is not one of error, warning'),
        (("--failure-policy", "Fail"), '"Fail" is not one of fail, ignore'),
        (("--exempt-namespace", "Kube"), '"Kube" cannot be the name of a namespace'),
        (("--output-dir", "x"), "unknown option --output-dir; did you mean --output-directory?"),
        (("manifests",), "unexpected argument manifests; see k8s-lsp export admission-policy"),
        (("--list", "--output-directory", "x"), "not allowed with argument"),
        (("--config", "absent.yaml"), "--config: absent.yaml: no such file"),
    ],
)
def test_mistakes(run: Command, options: tuple[str, ...], message: str) -> None:
    result = run("export", "admission-policy", *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("k8s-lsp export admission-policy: error: ")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_nothing_is_exported_by_settings_with_mistakes(run: Command, folder: Path) -> None:
    (folder / ".k8s-lsp.yaml").write_text("profile: strict\n")
    result = run("export", "admission-policy")
    assert (result.status, result.out) == (2, "")
    assert '"strict" is not one of' in result.err


def test_a_subject_has_to_be_named(run: Command) -> None:
    result = run("export")
    assert (result.status, result.out) == (2, "")
    assert "SUBJECT" in result.err
