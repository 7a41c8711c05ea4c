"""Charts as SVG, by Python alone. The same input gives the same bytes, and the colours
follow the reader's light or dark scheme."""

import dataclasses
import math
from xml.sax.saxutils import escape

# Ink, muted ink, grid, surface, then the series in order; light and dark.
_LIGHT = ("#1f2328", "#59636e", "#d9dde2", "#ffffff", "#0969da", "#bc4c00", "#1a7f37")
_DARK = ("#e6edf3", "#9198a1", "#343b44", "#0d1117", "#4493f8", "#f0883e", "#3fb950")

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 46, 74


@dataclasses.dataclass
class Axis:
    title: str  # with its unit
    log: bool = False

    def ticks(self, values: list[float]) -> list[float]:
        """Round numbers, the first no more than the least value, the last no less than
        the most. A linear axis begins at 0."""
        if self.log:
            return _log_ticks(min(values), max(values))
        step = _nice(max(values) / 5)
        return [step * i for i in range(math.ceil(max(values) / step - 1e-9) + 1)]

    def place(self, value: float, ticks: list[float]) -> float:
        """0 at the first tick, 1 at the last."""
        first, last = ticks[0], ticks[-1]
        if self.log:
            return math.log(value / first) / math.log(last / first)
        return (value - first) / (last - first)


def _nice(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= value * (1 - 1e-9))


def _log_ticks(least: float, most: float) -> list[float]:
    steps = (1, 2, 5) if most / least < 1_000 else (1,)
    marks = [float(f"{step}e{power}") for power in
             range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
             for step in steps]
    first = max(mark for mark in marks if mark <= least)
    last = min(mark for mark in marks if mark >= most and mark > first)
    return [mark for mark in marks if first <= mark <= last]


@dataclasses.dataclass
class Series:
    name: str
    points: list[tuple[float, float]]
    reference: bool = False  # what the others are compared with: thin, dashed, unmarked


def number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start",
          turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{turn}>'
            f'{escape(text)}</text>')


@dataclasses.dataclass
class LineChart:
    title: str
    x: Axis
    y: Axis
    series: list[Series]

    def draw(self, left: float, width: float, height: float) -> list[str]:
        """In the rectangle from `left`; only values over 0 are on a logarithmic axis."""
        x_ticks = self.x.ticks([x for each in self.series for x, _ in each.points])
        y_ticks = self.y.ticks([y for each in self.series for _, y in each.points])
        x0, x1 = left + _LEFT, left + width - _RIGHT
        y0, y1 = height - _BOTTOM, _TOP + 18

        def at(x: float, y: float) -> tuple[float, float]:
            return (x0 + (x1 - x0) * self.x.place(x, x_ticks),
                    y0 + (y1 - y0) * self.y.place(y, y_ticks))

        out = [_text(left + 16, 26, self.title, "title")]
        for tick in y_ticks:
            _, y = at(x_ticks[0], tick)
            out.append(f'<line x1="{x0:.1f}" y1="{y:.1f}" x2="{x1:.1f}" y2="{y:.1f}" '
                       'class="grid"/>')
            out.append(_text(x0 - 8, y + 4, number(tick), "tick", "end"))
        for tick in x_ticks:
            x, _ = at(tick, y_ticks[0])
            out.append(f'<line x1="{x:.1f}" y1="{y0:.1f}" x2="{x:.1f}" y2="{y0 + 4:.1f}" '
                       'class="axis"/>')
            out.append(_text(x, y0 + 18, number(tick), "tick", "middle"))
        out.append(f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y0:.1f}" '
                   'class="axis"/>')
        out.append(_text((x0 + x1) / 2, y0 + 38, self.x.title, "label", "middle"))
        out.append(_text(left + 18, (y0 + y1) / 2, self.y.title, "label", "middle", True))
        for index, each in enumerate(self.series):
            out += _line(each, index, [at(x, y) for x, y in each.points])
        if len(self.series) > 1:
            out += _legend(self.series, x0, _TOP)
        return out


def _line(series: Series, index: int, places: list[tuple[float, float]]) -> list[str]:
    kind = "reference" if series.reference else f"line s{index}"
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    out = [f'<polyline points="{path}" class="{kind}"/>']
    if not series.reference:
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="dot s{index}">'
                f'<title>{escape(series.name)}: {number(value_x)}, {number(value_y)}</title>'
                '</circle>'
                for (x, y), (value_x, value_y) in zip(places, series.points)]
    return out


def _legend(series: list[Series], left: float, y: float) -> list[str]:
    out = []
    for index, each in enumerate(series):
        kind = "reference" if each.reference else f"line s{index}"
        out.append(f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{left + 20:.1f}" y2="{y:.1f}" '
                   f'class="{kind}"/>')
        out.append(_text(left + 26, y + 4, each.name, "label"))
        left += 46 + 7 * len(each.name)
    return out


@dataclasses.dataclass
class BarChart:
    """Bars from the left, each of parts that stand one after the other."""
    title: str
    unit: str
    parts: list[str]
    bars: list[tuple[str, list[float]]]

    ROW = 22

    def height(self) -> float:
        return _TOP + 20 + self.ROW * len(self.bars) + 30

    def draw(self, left: float, width: float, _height: float) -> list[str]:
        x0, x1 = left + 190, left + width - 90
        most = max(sum(values) for _, values in self.bars)
        out = [_text(left + 16, 26, self.title, "title"),
               *_legend([Series(name, []) for name in self.parts], x0, _TOP)]
        for row, (name, values) in enumerate(self.bars):
            y = _TOP + 20 + self.ROW * row
            out.append(_text(x0 - 10, y + 13, name, "label", "end"))
            x = x0
            for index, value in enumerate(values):
                wide = (x1 - x0) * value / most
                if wide >= 0.05:
                    out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
                               f'height="{self.ROW - 7}" class="bar s{index}"/>')
                    x += wide + 1
            out.append(_text(x + 6, y + 13, f"{sum(values):.1f} {self.unit}", "tick"))
        return out


# Sizes; colours are apart, so that a reader without media queries has the light ones.
_STYLE = ("text{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:12px}"
          ".title{font-size:15px;font-weight:600}.tick,.note{font-size:11px}"
          ".line{fill:none;stroke-width:2;stroke-linejoin:round}.dot{stroke-width:2}"
          ".reference{fill:none;stroke-dasharray:5 4}")


def _colours(colours: tuple[str, ...]) -> str:
    ink, muted, grid, surface, *series = colours
    of_series = "".join(f".line.s{i}{{stroke:{colour}}}.dot.s{i},.bar.s{i}{{fill:{colour}}}"
                        for i, colour in enumerate(series))
    return (f"text{{fill:{ink}}}.tick,.note{{fill:{muted}}}.surface{{fill:{surface}}}"
            f".grid{{stroke:{grid}}}.axis,.reference{{stroke:{muted}}}"
            f".dot{{stroke:{surface}}}{of_series}")


def page(charts: list, width: float, height: float, note: str) -> str:
    """Charts side by side, and a line under them that says what they are of."""
    each = width / len(charts)
    body = [line for index, chart in enumerate(charts)
            for line in chart.draw(index * each, each, height)]
    body.append(_text(16, height - 12, note, "note"))
    dark = f"@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}"
    style = _STYLE + _colours(_LIGHT) + dark
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape('; '.join(chart.title for chart in charts))}</title>",
        f"<style>{style}</style>",
        f'<rect class="surface" width="{width:.0f}" height="{height:.0f}" rx="6"/>',
        *body, "</svg>", ""])
