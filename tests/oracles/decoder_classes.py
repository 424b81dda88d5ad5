"""The classes of texts that the product may read otherwise than kubectl, each with its reason.

`python -m tests.oracles.decoder_classes [COUNT]` prints the table, with how many of the cases and
of so many mutations of them (2,000 if it is not said) fall into each class.
"""

import re
import sys
from collections import Counter

from tests.oracles.decoder import Ask, Decoder, built
from tests.oracles.differences import differences
from tests.oracles.mutations import case_texts, mutations, written_by_programs

CLASSES = {
    "template": "The text has `{{`: helm or another tool fills it in before kubectl reads it. What "
    "an expression stands for is unknown, and nothing is called a syntax error.",
    "dropped": "go-yaml reads one document of what YAMLReader cuts at `---`, and kubectl drops "
    "what stands behind its end (`...`, a closed bracket, a line less indented) without a word. "
    "The product reads the same, and tells the author what is dropped.",
    "no-object": "The decoder hands on a document that is no mapping, and the resource builder "
    "then refuses it (`cannot unmarshal`). It is none of our objects: the product may call it a "
    "mistake, and see less of it where more mistakes follow.",
    "colon": 'A plain word of a flow collection holds `":`, or its colon stands on the next line: '
    "go-yaml takes it for text. Libyaml does not, and the product asks for quotes, which is what "
    "the author forgot.",
    "json-edge": "What begins with `{` is first read as JSON, with Go's own reader: it refuses a "
    "comment or an anchor on the line of a last bracket, takes a line of tabs below it, and skips "
    "blanks above it that only Unicode knows.",
    "flow-key": "A collection without a value is a key of a flow mapping (`{a, [b]}`): the decoder "
    "refuses a key that is no scalar. The product sees no key where no colon is.",
    "tagged-merge": "go-yaml merges a `<<` that has the tag `!`; the product takes it for a key.",
    "odd-tag": "Under `!!float` go-yaml takes `.4_3`, and an infinite number as a key. Under "
    "`!!binary` Go writes U+FFFD for each byte that is no UTF-8, the product for each sequence.",
    "same-name": "A mapping has keys that differ in YAML and are one name in JSON, as `1` and "
    '`"1"`. sigs.k8s.io/yaml goes through a map of Go, whose order is random: kubectl itself takes '
    "the one or the other from run to run.",
    "limit": "The product reads 200 levels and a million nodes, and says so where there are more; "
    "go-yaml reads 10,000 levels.",
}
"""Why the two may differ in a text of the class; in any other text they may not."""


ODDITIES = {
    "json-edge": r"\A\s*{.*}\s*[#&*]|\A\s*{.*}\s*\n[ \t]*\t|\A[ \n]*[^\S \n\r]+{",
    "tagged-merge": r"! +<<",
    "odd-tag": r"!!float ['\"]?[-+]?\.(inf|nan|\d*_)|!!binary",
}
"""Classes of texts that are known by what they hold."""


def classes_of(text: str, ask: Ask) -> set[str]:
    """The classes in which a text is read otherwise, and the differences that none explains."""
    names = differences(text, ask)
    if names <= CLASSES.keys():
        return names
    # Behind a comment, what begins with a bracket is YAML, and the refusal tells why.
    if "taken" in names and "{" in text and "map key" in (ask(f"#\n{text}").refusal or ""):
        return {"flow-key"}
    flags = re.DOTALL | re.IGNORECASE
    odd = [name for name, pattern in ODDITIES.items() if re.search(pattern, text, flags)]
    return {odd[0]} if odd else names


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    counts: Counter[str] = Counter()
    with Decoder(built()) as decoder:
        cases = case_texts()
        bases = [*cases, *written_by_programs(cases, decoder.ask)]
        for text in (*bases, *mutations(bases, count)):
            counts.update(classes_of(text, decoder.ask) or ["(the same)"])
    for name, number in counts.most_common():
        print(f"{number:6} {name:12} {CLASSES.get(name, '')}")


if __name__ == "__main__":
    main()
