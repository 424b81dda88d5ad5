"""Kubernetes quantities: `500m`, `1.5Gi`, `2e3`."""

import re
from fractions import Fraction
from functools import lru_cache

_QUANTITY = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d{1,3}))?"
)
_FACTORS = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}


@lru_cache(maxsize=512)
def quantity(text: str) -> Fraction | None:
    """The exact value (cores, bytes or pieces), or None where the text is no quantity.

    Blanks around it do not count. Source: apimachinery, pkg/api/resource/quantity.go, ParseQuantity
    and UnmarshalJSON.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    value = Fraction(match[1].rstrip(".") or "0")
    if match[2]:
        return value * _FACTORS[match[2]]
    return value * Fraction(10) ** int(match[3]) if match[3] else value
