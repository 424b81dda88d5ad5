"""The manifests that are measured: made here, the same on every machine, of exact length."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

HEADING = "# Made by tests/benchmarks."
"""The first line of every manifest."""

KINDS = {
    ("apps", "v1", "Deployment"),
    ("", "v1", "Service"),
    ("", "v1", "ConfigMap"),
    ("rbac.authorization.k8s.io", "v1", "Role"),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
}
"""Group, version and kind of all objects that are no List."""


class Manifest(NamedTuple):
    """A text; `place` is the offset of the end of the line, in its middle, at which one types."""

    name: str
    text: str
    place: int

    @property
    def document(self) -> tuple[int, int]:
        """Where the document begins and ends that one types in."""
        start = self.text.rfind("\n---\n", 0, self.place) + 1
        end = self.text.find("\n---\n", self.place) + 1
        return start, end or len(self.text)


def manifests() -> Iterator[Manifest]:
    """The manifests, from the smallest to the largest."""
    yield _typed_in("40 lines", _documents(40, [deployment]))
    yield _typed_in("150 lines", _documents(150, [config_map, deployment, service]))
    application: list[Maker] = [deployment, service, config_map, role]
    yield _typed_in("4,000 lines (120 documents)", _documents(4_000, application * 30))
    yield _typed_in("12,000 lines (500 documents)", _documents(12_000, [deployment] * 500))
    bundle = _bundle()
    yield _typed_in("20,000 lines (bundle with CRDs), in a workload", bundle)
    yield _typed_in(
        "20,000 lines (bundle with CRDs), in a CRD", bundle, "                  type: string\n"
    )
    yield _typed_in("24,000 lines (List of 1,000)", _list())


def _typed_in(name: str, text: str, line: str = "image: ") -> Manifest:
    """The manifest in which one types at the end of the last such line of its first half."""
    found = text.rindex(line, 0, len(text) // 2)
    return Manifest(name, text, text.index("\n", found))


# An object is made of so many lines.

Maker = Callable[[int, int], list[str]]
"""An object's number and how many lines it has to have -> its lines."""


def _documents(count: int, makers: list[Maker]) -> str:
    """A text of so many lines: one document for each maker, all about equally long."""
    sizes = _spread(count - len(makers), len(makers))
    lines = [HEADING]
    for index, (make, size) in enumerate(zip(makers, sizes, strict=True)):
        lines += ["---"] if index else []
        lines += make(index, size)
    return "\n".join(lines) + "\n"


def _bundle() -> str:
    """Five large definitions, each with ten small workloads around it."""
    small: list[Maker] = [deployment, service] * 5
    large = 3_700
    sizes = _spread(20_000 - 5 * large - 55, 50)
    lines = [HEADING]
    for index in range(5):
        for number, make in enumerate(small, 10 * index):
            lines += [*make(number, sizes[number]), "---"]
        lines += [*custom_resource_definition(index, large), *(["---"] if index < 4 else [])]
    return "\n".join(lines) + "\n"


def _list() -> str:
    lines = [HEADING, "apiVersion: v1", "kind: List", "items:"]
    for index, size in enumerate(_spread(24_000 - len(lines), 1_000)):
        first, *rest = deployment(index, size)
        lines += [f"  - {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines) + "\n"


def _spread(count: int, parts: int) -> list[int]:
    """So many whole numbers with that sum, as equal as can be."""
    return [(count + part) // parts for part in range(parts)]


def _filled(lines: str, count: int, entry: Callable[[int], str]) -> list[str]:
    """The lines, and as many entries behind them as make the count."""
    fixed = lines.splitlines()
    return fixed + [entry(index) for index in range(count - len(fixed))]


def deployment(index: int, lines: int) -> list[str]:
    """A workload that is as careless as most; lines are at least 22."""
    return _filled(
        f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{index}
spec:
  selector:
    matchLabels:
      app: web-{index}
  template:
    metadata:
      labels:
        app: web-{index}
    spec:
      containers:
        - name: app
          image: registry.example.com/web-{index}:1.4.2
          resources:
            limits:
              memory: 256Mi
          ports:
            - containerPort: 8080
          args:""",
        lines,
        lambda entry: f"            - --option-{entry}=value",
    )


def service(index: int, lines: int) -> list[str]:
    """A Service; lines are at least 11."""
    return _filled(
        f"""\
apiVersion: v1
kind: Service
metadata:
  name: web-{index}
spec:
  selector:
    app: web-{index}
  ports:
    - name: http
      port: 8080
  loadBalancerSourceRanges:""",
        lines,
        lambda entry: f"    - 10.0.{entry}.0/24",
    )


def config_map(index: int, lines: int) -> list[str]:
    """A ConfigMap, half of which is a file; lines are at least 8."""
    count = lines // 2
    file = "\n".join(f"    option.{entry} = {entry}" for entry in range(count))
    return _filled(
        f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-{index}
data:
  application.properties: |
{file}""",
        lines,
        lambda entry: f"  key-{entry}: value of {entry}",
    )


def role(index: int, lines: int) -> list[str]:
    """A Role; lines are at least 12."""
    return _filled(
        f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader-{index}
rules:
  - apiGroups:
      - ""
    resources:
      - pods
    verbs:
      - get
    resourceNames:""",
        lines,
        lambda entry: f"      - pod-{entry}",
    )


def custom_resource_definition(index: int, lines: int) -> list[str]:
    """A definition with a long schema; lines are at least 40."""
    sections = "\n".join(map(_section, range((lines - 30) // 10)))
    return _filled(
        f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gadgets{index}.example.com
spec:
  group: example.com
  names:
    kind: Gadget{index}
    plural: gadgets{index}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
{sections}
          required:""",
        lines,
        lambda entry: f"            - section{entry}",
    )


def _section(number: int) -> str:
    return f"""\
            section{number}:
              description: >-
                Section {number} says how the gadget behaves when it is asked to do what nobody
                has asked of it before, and what it answers then.
              type: object
              properties:
                name:
                  description: The name under which section {number} is known to the others.
                  type: string
                  minLength: 1"""
