"""The variables of exported policies that expressions of all rules may name, in CEL."""

import json
from typing import Final

from k8s_lsp.kubernetes.images import REFERENCE, REGISTRY
from k8s_lsp.kubernetes.pods import INJECTED
from k8s_lsp.rules.admission import Constant


def literal(value: Constant) -> str:
    """A value as CEL writes it, which takes JSON."""
    return json.dumps(value, ensure_ascii=False)


_TEMPLATE = """\
object.kind == "Pod" ? object
  : object.kind == "PodTemplate" ? object.?template.orValue({})
  : object.kind == "CronJob" ? object.?spec.?jobTemplate.?spec.?template.orValue({})
  : object.?spec.?template.orValue({})"""

_POD = """\
{
  "title": dyn("pod"),
  "type": dyn("pod"),
  "metadata": dyn(variables.template.?metadata.orValue({})),
  "spec": dyn(variables.template.?spec.orValue({})),
  "securityContext": dyn(variables.template.?spec.?securityContext.orValue({})),
  "isWindows": dyn(variables.template.?spec.?os.?name.orValue("") == "windows")
}"""


def _containers(key: str, kind: str, title: str) -> str:
    """The expression for the containers of one list of a pod."""
    return f"""\
variables.pod.spec.?{key}.orValue([]).map(each, {{
  "title": dyn({title} + "\\"" + each.name + "\\""),
  "type": dyn({kind}),
  "spec": dyn(each),
  "securityContext": dyn(each.?securityContext.orValue({{}}))
}})"""


_IS_SIDECAR = 'each.?restartPolicy.orValue("") == "Always"'

_CONTAINERS = " + ".join(
    (
        _containers(
            "initContainers",
            f'{_IS_SIDECAR} ? "sidecar" : "init"',
            f'({_IS_SIDECAR} ? "sidecar container " : "init container ")',
        ),
        _containers("containers", '"container"', '"container "'),
        _containers("ephemeralContainers", '"ephemeral"', '"ephemeral container "'),
    )
)

_REFERENCES = f"""\
(variables.containers.filter(each, each.spec.?image.orValue("") != "{INJECTED}").map(each, {{
  "title": dyn(each.title),
  "reference": dyn(each.spec.?image.orValue("")),
  "policyField": dyn("imagePullPolicy"),
  "policy": dyn(each.spec.?imagePullPolicy.orValue(""))
}}) + variables.pod.spec.?volumes.orValue([]).filter(each, has(each.image)).map(each, {{
  "title": dyn("image volume \\"" + each.name + "\\""),
  "reference": dyn(each.image.?reference.orValue("")),
  "policyField": dyn("pullPolicy"),
  "policy": dyn(each.image.?pullPolicy.orValue(""))
}})).filter(each, each.reference.matches({literal("^(?:" + REFERENCE.pattern + ")$")}))"""
"""What is no reference is passed over, as rules do."""

_LAST = 'each.reference.split("@")[0].substring(each.reference.split("@")[0].lastIndexOf("/") + 1)'
"""The last part of a reference: `nginx:1.29`."""

_UNTAGGED = f"""\
variables.references.map(each, {{
  "of": dyn(each),
  "hasDigest": dyn(each.reference.contains("@")),
  "isLatest": dyn(!each.reference.contains("@") && (
    !{_LAST}.contains(":") ||
    {_LAST}.endsWith(":latest"))),
  "hasTag": dyn({_LAST}.contains(":")),
  "name": dyn(each.reference.split("@")[0].substring(0,
    each.reference.split("@")[0].lastIndexOf("/") + 1) +
    {_LAST}.split(":")[0]),
  "registry": dyn(each.reference.contains("/") &&
    each.reference.split("/")[0].matches({literal("^(?:" + REGISTRY + ")$")}) &&
    each.reference.split("/")[0].matches("[.:A-Z]|^localhost$")
    ? each.reference.split("/")[0] : "")
}})"""

_IMAGES = """\
variables.untagged.map(each, {
  "title": dyn(each.of.title),
  "short": dyn(each.of.reference.substring(each.of.reference.lastIndexOf("/") + 1)),
  "policyField": dyn(each.of.policyField),
  "policy": dyn(each.of.policy),
  "hasDigest": dyn(each.hasDigest),
  "hasTag": dyn(each.hasTag),
  "isLatest": dyn(each.isLatest),
  "name": dyn(each.registry in ["", "docker.io", "index.docker.io"]
    ? "docker.io/" + (each.name.substring(each.registry == "" ? 0 : each.registry.size() + 1)
        .contains("/") ? "" : "library/") +
      each.name.substring(each.registry == "" ? 0 : each.registry.size() + 1)
    : each.registry.lowerAscii() + each.name.substring(each.registry.size()))
})"""

SHARED: Final[tuple[tuple[str, str], ...]] = (
    ("template", _TEMPLATE),
    ("pod", _POD),
    ("containers", _CONTAINERS),
    ("owners", "[variables.pod] + variables.containers"),
    ("references", _REFERENCES),
    ("untagged", _UNTAGGED),
    ("images", _IMAGES),
    ("rules", "object.?rules.orValue(null) == null ? [] : object.rules"),
)
"""The variables that expressions of all rules may name, each of which names those before it;
`k8s_lsp/rules/admission.py` says what they hold."""
