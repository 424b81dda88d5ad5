"""What lines hold, and which are the nearest that hold something."""

from k8s_lsp.text import end_above, line_end, line_start, next_line


def indent_at(text: str, line: int) -> int:
    """How many spaces the line begins with."""
    end = line
    while text[end : end + 1] == " ":
        end += 1
    return end - line


def after_indicators(text: str, line: int) -> int:
    """Where the first thing of a line begins that is no dash."""
    position = line + indent_at(text, line)
    while text.startswith("- ", position):
        position += 2
        while text[position : position + 1] == " ":
            position += 1
    return position


def value_start(text: str, start: int, end: int) -> int | None:
    """Where the value of the `key: value` in text[start:end] begins; None where there is none."""
    colon = text.find(": ", start, end)
    if colon < 0:
        return None
    value = colon + 1
    while value < end and text[value] in " \t":
        value += 1
    return value if value < end and text[value] != "#" else None


def line_before(text: str, line: int) -> int:
    """The nearest line above that is neither blank nor a comment; if none is, `line`."""
    above = line
    while above > 0:
        above = line_start(text, end_above(text, above))
        if text[above : line_end(text, above)].lstrip()[:1] not in ("", "#"):
            return above
    return line


def line_after(text: str, offset: int) -> int | None:
    """The nearest line below that is neither blank nor a comment."""
    return line_from(text, next_line(text, offset))


def line_from(text: str, line: int) -> int | None:
    """The nearest line from this one on that is neither blank nor a comment."""
    while line < len(text):
        if text[line : line_end(text, line)].lstrip()[:1] not in ("", "#"):
            return line
        line = next_line(text, line)
    return None


def end_of_deeper(text: str, line: int) -> int:
    """Where the lines end that follow a line and are indented deeper."""
    indent = indent_at(text, line)
    last = line
    below = line_after(text, line)
    while below is not None and indent_at(text, below) > indent:
        last = below
        below = line_after(text, below)
    return line_end(text, last)
