"""Charts as SVG that belongs into a page of HTML: its colours are variables of the page's style.

vl-convert draws what Vega-Lite describes, in this process and without a network. The same numbers
give the same bytes.
"""

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from k8s_lsp.reports.overview.sections import Chart, number
from k8s_lsp.reports.text_report import printable

WIDTH: Final = 400
"""How wide a chart is, in pixels: as wide as the narrowest page, where its text is not scaled."""

_STEP: Final = 42
_THICKNESS: Final = 16
_LABEL: Final = 44
"""How many characters of a label are shown, above its bar."""

_DIGIT: Final = 7
"""How wide a character of the number in a part is; one that does not fit is left out."""


def chart_svg(chart: Chart, name: str) -> str:
    """The chart; `name` is what the ids in it begin with."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(_description(chart))
    described = ", ".join(part.name for part in chart.parts)
    # What a screen reader says of each bar is in the table beside: here it is told as a whole.
    start, _, rest = drawn.partition(">")
    size = " ".join(word for word in start.split(" ") if word.startswith(("width=", "height=")))
    box = start.partition("viewBox=")[2].split('"')[1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(chart.title)}</title>'
        f'<desc id="{name}-text">Bars of {escape(described)}; '
        f"the table beside has the numbers.</desc>{rest}"
    )


def _description(chart: Chart) -> dict[str, Any]:
    """What Vega-Lite is to draw: labels above bars, whose parts hold their numbers."""
    order = [str(place) for place in range(len(chart.bars))]
    bars = {"field": "bar", "type": "nominal", "sort": order, "axis": None}
    tones = [part.tone for part in chart.parts]
    colour: dict[str, Any] = {
        "field": "tone",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": tones, "range": [f"var(--{tone})" for tone in tones]},
    }
    on_colour = {**colour, "scale": {**colour["scale"], "range": [f"var(--on-{t})" for t in tones]}}
    extent = {"field": "from", "type": "quantitative", "axis": None, "scale": {"nice": False}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": {"step": _STEP},
        "padding": 0,
        "config": {
            "background": None,
            "view": {"stroke": None},
            "font": "system-ui, sans-serif",
            "text": {"fontSize": 13, "fill": "var(--text)", "baseline": "middle"},
            "aria": False,
        },
        "resolve": {"scale": {"color": "independent"}},
        "layer": [
            {
                "data": {"values": list(_parts(chart))},
                "mark": {"type": "bar", "height": _THICKNESS, "yOffset": 9},
                "encoding": {"y": bars, "x": extent, "x2": {"field": "to"}, "color": colour},
            },
            {
                "data": {"values": [part for part in _parts(chart) if part["fits"]]},
                "mark": {"type": "text", "dy": 9.5, "fontSize": 11.5, "fontWeight": 600},
                "encoding": {
                    "y": bars,
                    "x": {**extent, "field": "middle"},
                    "text": {"field": "shown"},
                    "color": on_colour,
                },
            },
            {
                "data": {"values": list(_labels(chart))},
                "mark": {"type": "text", "align": "left", "x": 0, "dy": -9},
                "encoding": {"y": bars, "text": {"field": "label"}},
            },
            {
                "data": {"values": list(_labels(chart))},
                "mark": {"type": "text", "align": "right", "x": WIDTH, "dy": -9},
                "encoding": {"y": bars, "text": {"field": "total"}},
            },
        ],
    }


def _parts(chart: Chart) -> Iterable[dict[str, Any]]:
    """Where each part of each bar begins and ends; what goes the other way ends at zero."""
    left = [bar.lengths[-1] if chart.diverges else 0 for bar in chart.bars]
    right = [sum(bar.lengths) - less for bar, less in zip(chart.bars, left, strict=True)]
    whole = max(max(left) + max(right), 1)
    for place, bar in enumerate(chart.bars):
        at = -left[place]
        order = [len(bar.lengths) - 1, *range(len(bar.lengths) - 1)]
        for part in order if chart.diverges else range(len(bar.lengths)):
            length = bar.lengths[part]
            if length:
                yield {
                    "bar": str(place),
                    "tone": chart.parts[part].tone,
                    "from": at,
                    "to": at + length,
                    "middle": at + length / 2,
                    "shown": number(length),
                    "fits": length / whole * WIDTH > _DIGIT * (len(number(length)) + 1),
                }
            at += length


def _labels(chart: Chart) -> Iterable[dict[str, Any]]:
    for place, bar in enumerate(chart.bars):
        label = printable(bar.label)
        if len(label) > _LABEL:
            label = f"{label[: _LABEL - 1]}…"
        if chart.diverges:
            *more, less = bar.lengths
            total = f"+{number(sum(more))}  -{number(less)}"
        else:
            total = number(sum(bar.lengths))
        yield {"bar": str(place), "label": label, "total": total}
