"""SARIF logs as a reader sees them who knows the standard, and nothing of this program."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

Object: TypeAlias = dict[str, Any]


class Source:
    """A file by its lines, which end where the run says so."""

    def __init__(self, run: Object, data: bytes) -> None:
        assert run["columnKind"] == "unicodeCodePoints"
        assert run["defaultEncoding"] == "UTF-8"
        self.text = data.decode("utf-8-sig")
        ends = "|".join(map(re.escape, run["newlineSequences"]))
        self._starts = [0, *(match.end() for match in re.finditer(ends, self.text))]

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1

    def span(self, region: Object) -> tuple[int, int]:
        """Where a region begins and ends; without a column it is whole lines, without breaks."""
        last = region["endLine"] if "endLine" in region else region["startLine"]
        start = self.offset(region["startLine"], region.get("startColumn", 1))
        if "endColumn" in region:
            return start, self.offset(last, region["endColumn"])
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        # A line that is empty is one all the same: no more than one break goes.
        return start, start + len(re.sub(r"(\r\n|\n|\r)\Z", "", self.text[start:end]))

    def slice(self, region: Object) -> str:
        start, end = self.span(region)
        return self.text[start:end]

    def with_replacements(self, replacements: list[Object]) -> str:
        """The text with all replacements, whose regions are those of the text as it is."""
        text = self.text
        # What stands at one place goes in the order of the list.
        placed = [(self.span(each["deletedRegion"]), each) for each in replacements]
        for (start, end), each in sorted(placed, key=lambda pair: pair[0][0])[::-1]:
            text = text[:start] + each["insertedContent"]["text"] + text[end:]
        return text


class Log:
    """A log of one run, and the folder that its paths are relative to."""

    def __init__(self, log: Object, root: Path) -> None:
        (self.run,) = log["runs"]
        self._root = root
        self._sources: dict[str, Source] = {}

    @property
    def results(self) -> list[Object]:
        results: list[Object] = self.run["results"]
        return results

    def source(self, artifact: Object) -> Source:
        assert artifact["uriBaseId"] in self.run["originalUriBaseIds"]
        place = unquote(artifact["uri"])
        if place not in self._sources:
            self._sources[place] = Source(self.run, (self._root / place).read_bytes())
        return self._sources[place]

    def place(self, result: Object) -> Object:
        """The one physical location of a result."""
        (location,) = result["locations"]
        place: Object = location["physicalLocation"]
        return place

    def token(self, result: Object) -> str:
        """What stands in the file where a result is."""
        place = self.place(result)
        return self.source(place["artifactLocation"]).slice(place["region"])

    def path(self, result: Object) -> str:
        """The path of a result's file."""
        return unquote(self.place(result)["artifactLocation"]["uri"])

    def fixed(self, result: Object) -> str | None:
        """The text of the file after a result's fix, if it has one."""
        if "fixes" not in result:
            return None
        (fix,) = result["fixes"]
        (change,) = fix["artifactChanges"]
        artifact = change["artifactLocation"]
        assert artifact == self.place(result)["artifactLocation"]
        return self.source(artifact).with_replacements(change["replacements"])

    def regions(self) -> Iterator[tuple[Object, Object]]:
        """Every region with a snippet, and the artifact that it is a region of."""
        for result in self.results:
            place = self.place(result)
            for name in ("region", "contextRegion"):
                if "snippet" in place.get(name, {}):
                    yield place["artifactLocation"], place[name]
