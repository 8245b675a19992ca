"""Line charts as SVG, both axes logarithmic, in colours that can be read on white and on black."""

from __future__ import annotations

import dataclasses
import math

INK, GRID = "#7a7a7a", "#8888"
COLOURS = ("#d9730d", "#2f7fdb", "#2a9d5c", "#b5559e")
WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 78, 16, 64, 52


@dataclasses.dataclass(frozen=True)
class Series:
    """A line: its name, and where it goes."""

    name: str
    points: list[tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Chart:
    """What is drawn: the title, what stands along the axes, the lines, and a limit across."""

    title: str
    along: str
    up: str
    series: list[Series]
    limit: tuple[float, str] | None = None

    def svg(self) -> str:
        """The picture."""
        points = [point for one in self.series for point in one.points if point[1] > 0]
        heights = [y for _, y in points] + ([self.limit[0]] if self.limit else [])
        across = Axis(min(x for x, _ in points), max(x for x, _ in points), LEFT, WIDTH - RIGHT)
        upward = Axis(decade(min(heights), math.floor), decade(max(heights), math.ceil), HEIGHT - BOTTOM, TOP)
        parts = [*self.frame(across, upward), *self.limited(upward)]
        for number, one in enumerate(self.series):
            parts += drawn(one, number, across, upward)
        inside = "\n".join(parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" '
            f'fill="{INK}">\n<title>{self.title}</title>\n{inside}\n</svg>\n'
        )

    def frame(self, across: Axis, upward: Axis) -> list[str]:
        """Title, axes with their ticks and names."""
        parts = [words(LEFT, 20, self.title, "start", "bold 15px sans-serif")]
        for value in across.ticks():
            x = across.at(value)
            parts += [stroke(x, TOP, x, HEIGHT - BOTTOM), words(x, HEIGHT - BOTTOM + 18, short(value), "middle")]
        for value in upward.ticks():
            y = upward.at(value)
            parts += [stroke(LEFT, y, WIDTH - RIGHT, y), words(LEFT - 8, y + 4, short(value), "end")]
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, self.along, "middle"))
        parts.append(f'<text transform="translate(18 {middle:.0f}) rotate(-90)" text-anchor="middle">{self.up}</text>')
        return parts

    def limited(self, upward: Axis) -> list[str]:
        if not self.limit:
            return []
        value, name = self.limit
        y = upward.at(value)
        line = f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 4"/>'
        return [line, words(LEFT + 6, y - 6, name, "start")]


@dataclasses.dataclass(frozen=True)
class Axis:
    """From a least value to a greatest, and where in the picture these are."""

    least: float
    most: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - math.log10(self.least)) / (math.log10(self.most) - math.log10(self.least))
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """The powers of ten."""
        first, last = math.ceil(math.log10(self.least) - 1e-9), math.floor(math.log10(self.most) + 1e-9)
        return [10.0**power for power in range(first, last + 1)]


def drawn(one: Series, number: int, across: Axis, upward: Axis) -> list[str]:
    """A line with a mark at each point, and its name in the legend above."""
    colour = COLOURS[number % len(COLOURS)]
    places = [(across.at(x), upward.at(y)) for x, y in one.points if y > 0]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    x = LEFT + number * (WIDTH - LEFT - RIGHT) / 3
    return [
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>',
        *[f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places],
        f'<path d="M{x:.0f} 40h22" stroke="{colour}" stroke-width="3"/>',
        words(x + 28, 45, one.name, "start"),
    ]


def decade(value: float, whole) -> float:
    return 10.0 ** whole(math.log10(value))


def short(value: float) -> str:
    """1,000 as 1k."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def words(x: float, y: float, text: str, anchor: str, font: str = "") -> str:
    style = f' style="font:{font}"' if font else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{text}</text>'


def stroke(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{GRID}" stroke-width="0.6"/>'
