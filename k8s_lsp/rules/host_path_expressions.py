"""How admission control reads paths of nodes: variables in CEL that the rules about them share.

They say what `kubernetes.host_paths` says. A path with `..` in it, which the API server refuses, is
taken as it is.
"""

from collections.abc import Mapping
from typing import Final

from k8s_lsp.kubernetes.host_paths import IN_RUN, PIPES, PUBLIC, SENSITIVE
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Constant
from k8s_lsp.settings import Settings

HOST_PATHS: Final[tuple[tuple[str, str], ...]] = (
    (
        "hostPaths",
        f"""\
variables.pod.spec.?volumes.orValue([])
  .filter(volume, volume.?hostPath.?path.orValue("") != "")
  .map(volume, {{
    "volume": dyn(volume.name),
    "type": dyn(volume.hostPath.?type.orValue("")),
    "path": dyn(volume.hostPath.path),
    "pipe": dyn(volume.hostPath.path.replace("\\\\", "/").lowerAscii()),
    "clean": dyn("/" + volume.hostPath.path.split("/")
      .filter(part, part != "" && part != ".").join("/"))
  }})
  .map(each, {{
    "volume": each.volume,
    "type": each.type,
    "path": each.path,
    "plain": dyn(each.pipe.startsWith("{PIPES}") ? each.pipe
      : !each.path.startsWith("/") ? each.path
      : each.clean == "/var/run" || each.clean.startsWith("/var/run/")
      ? each.clean.substring(4) : each.clean)
  }})""",
    ),
)
"""`hostPaths`, each with its `volume`, `type`, `path` and `plain`: `host_path_volumes`."""

EXPOSED: Final[tuple[tuple[str, str], ...]] = (
    *HOST_PATHS,
    (
        "sensitivePlaces",
        f"""\
variables.hostPaths.map(each, {{
  "volume": each.volume,
  "type": each.type,
  "path": each.path,
  "plain": each.plain,
  "places": dyn(!each.plain.startsWith("/") || each.plain.startsWith("{PIPES}") ||
    variables.public.exists(place, each.plain == place || each.plain.startsWith(place + "/"))
      ? []
      : variables.sensitive.filter(place, each.plain == place ||
          place.startsWith(each.plain == "/" ? "/" : each.plain + "/") ||
          place != "/" && each.plain.startsWith(place + "/")))
}})""",
    ),
    (
        "exposed",
        """\
variables.sensitivePlaces.map(each, {
  "volume": each.volume,
  "type": each.type,
  "path": each.path,
  "plain": each.plain,
  "places": dyn(each.places.size() == 0 || each.places[0] != "/run" ||
    !each.plain.startsWith("/run/") || each.plain.matches("^/run/[^/]*[.]sock(et)?$")
      ? each.places
      : variables.inRun.filter(place, each.plain == place || each.plain.startsWith(place + "/")))
})""",
    ),
)
"""`exposed`, the same with the sensitive `places`, of which the first counts: `exposure_of`."""


def exposure_constants(settings: Settings, version: Version) -> Mapping[str, Constant]:
    """The constants that `exposed` names, and `held`, what the places hold."""
    return {
        "public": PUBLIC,
        "sensitive": tuple(exposure.place for exposure in SENSITIVE),
        "inRun": tuple(exposure.place for exposure in IN_RUN),
        "held": {exposure.place: exposure.what for exposure in (*SENSITIVE, *IN_RUN)},
    }
