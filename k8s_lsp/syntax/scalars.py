"""What a scalar means to the API server.

`kubectl` and the API server read YAML with sigs.k8s.io/yaml, which is go-yaml v2 followed by a
conversion to JSON. So the words are those of YAML 1.1 (`yes` is true, `0644` is octal), as far as
go-yaml knows them: `1:30` is a string there, and so is a date by the time it is JSON.

Source: the functions `resolve` in goyaml.v2/resolve.go and `scalar` in decode.go, and
`convertToJSONableObject` in yaml.go, of github.com/kubernetes-sigs/yaml.
"""

import math
import re
from base64 import b64decode
from typing import Final, TypeAlias

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Scalar

_Meaning: TypeAlias = "bool | int | float | str | None"

_TRUE = frozenset("y Y yes Yes YES true True TRUE on On ON".split())
_FALSE = frozenset("n N no No NO false False FALSE off Off OFF".split())
NULL_WORDS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""The plain scalars that stand for null."""

_NOT_FINITE = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

NOT_FINITE: Final = re.compile(r"\.(?:nan|NaN|NAN|inf|Inf|INF)\b")
"""What every text has in which a number is not finite, and some in which all are."""

_INTEGER = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)

_INT64: Final = 1 << 63

_JSON_INTEGERS_END: Final = 1e21
"""From here on Go's JSON encoder writes a float with an exponent, which no integer field takes."""


def boolean(scalar: Scalar) -> bool | None:
    """The truth value that the scalar stands for; None where it is no boolean."""
    meaning = _meaning(scalar)
    return meaning if isinstance(meaning, bool) else None


def is_null(scalar: Scalar) -> bool:
    """Whether the scalar stands for null: an empty value, `~` or `null`, not quoted.

    To ask this does not count as reading the value.
    """
    # As `_meaning` has it, which would read the value.
    tag = scalar.tag
    is_plain = scalar.style == "" if tag is None else tag == "!!null"
    return is_plain and scalar.style != "{{" and scalar.peek() in NULL_WORDS


def integer(scalar: Scalar) -> int | None:
    """The whole number that an integer field receives from the scalar; None where there is none.

    `010` is 8 and `0x1F` is 31. A float without a fraction counts, because JSON does not tell
    `0.0` from `0`: `runAsUser: 0.0` is root.
    """
    meaning = _meaning(scalar)
    if isinstance(meaning, float) and meaning.is_integer() and abs(meaning) < _JSON_INTEGERS_END:
        return int(meaning)
    return meaning if isinstance(meaning, int) and not isinstance(meaning, bool) else None


def number(scalar: Scalar) -> int | float | None:
    """The finite number that the scalar stands for; None where it is none."""
    meaning = _meaning(scalar)
    if isinstance(meaning, bool) or not isinstance(meaning, int | float):
        return None
    return meaning if isinstance(meaning, int) or math.isfinite(meaning) else None


def is_string(scalar: Scalar) -> bool:
    """Whether the API server receives a string."""
    return isinstance(_meaning(scalar), str)


def _meaning(scalar: Scalar) -> _Meaning:
    """What go-yaml makes of the scalar.

    Not a number stands for what cannot be told: a template expression, and a value that its tag
    does not fit, for which the whole file is refused.
    """
    tag = scalar.tag
    if scalar.style == "{{":
        return math.nan
    if tag is None:
        return _resolved(scalar.value) if scalar.style == "" else scalar.value
    if tag not in _TYPES:
        return scalar.value
    meaning = _resolved(scalar.value)
    if tag == "!!float" and type(meaning) is int:
        return float(meaning) if -_INT64 <= meaning < _INT64 else math.nan
    return meaning if type(meaning) is _TYPES[tag] else math.nan


def is_refused(scalar: Scalar) -> bool:
    """Whether the decoder refuses the value: one that its tag does not fit, or that is not finite.

    JSON, into which all YAML is turned, has only finite numbers.
    """
    tag, value = scalar.tag, scalar.value
    if tag == "!!binary":
        # One that says something has been read as the string that it stands for.
        return True
    if tag == "!!timestamp":
        return _TIMESTAMP.fullmatch(value) is None
    if tag is None:
        return scalar.style == "" and value in _NOT_FINITE
    meaning = _meaning(scalar)
    return isinstance(meaning, float) and not math.isfinite(meaning)


def binary_text(value: str) -> str | None:
    """The text that a value of the tag `!!binary` stands for; None where it is no base64."""
    try:
        decoded = b64decode(re.sub(r"[\r\n]", "", value), validate=True)
    except ValueError:
        return None
    return decoded.decode("utf-8", "replace")


_TIMESTAMP: Final = regex(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt ])[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?"
)

_TYPES: Final[dict[str, type]] = {
    "!!bool": bool,
    "!!int": int,
    "!!float": float,
    "!!null": type(None),
}


def _resolved(value: str) -> _Meaning:
    """The meaning of a plain scalar without a tag."""
    if value in NULL_WORDS:
        return None
    first = value[0]
    if first in "yYnNtTfFoO":
        return True if value in _TRUE else False if value in _FALSE else value
    if first == ".":
        # Underscores are taken out of numbers that begin with a digit or a sign only.
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        return _float(value) if _FLOAT.fullmatch(value) else value
    if first not in "+-0123456789":
        return value
    if value in _NOT_FINITE:
        return _NOT_FINITE[value]
    digits = value.replace("_", "")
    if match := _INTEGER.fullmatch(digits):
        whole = _integer(match)
        if -_INT64 <= whole < _INT64 or (whole < 2 * _INT64 and not match[1]):
            return whole
        if not _FLOAT.fullmatch(digits):
            return whole
    return _float(digits, value) if _FLOAT.fullmatch(digits) else value


def _integer(match: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, decimal = match.groups()
    for digits, base in ((hexadecimal, 16), (binary, 2), (octal, 8)):
        if digits:
            return int(sign + digits, base)
    return _decimal(sign + decimal)


def _decimal(digits: str) -> int:
    """Like `int`, which refuses thousands of digits; past 64 bits only the size matters here."""
    return int(digits) if len(digits) < 100 else int(digits[:100])


def _float(digits: str, otherwise: str | None = None) -> float | str:
    """The float; where it is too large for one, go-yaml keeps the text as a string."""
    value = float(digits)
    return value if math.isfinite(value) else otherwise or digits
