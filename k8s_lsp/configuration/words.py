"""Words in sentences: alternatives, and what may be meant by one that does not exist."""

from collections.abc import Iterable, Sequence


def listed(words: Sequence[str]) -> str:
    """Alternatives as a sentence has them: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def meant_word(word: str, words: Iterable[str]) -> str | None:
    """The known word that an unknown one comes near to, if there is one."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(words), 1, cutoff=0.7)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: `; did you mean …?`, or nothing."""
    near = meant_word(word, words)
    return "" if near is None else f"; did you mean {near}?"
