"""A plot by hand: lines on two logarithmic axes, as SVG."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 64, 210, 34, 48
COLOURS = ("#0a5c8f", "#2a7f4f", "#7a4fa3", "#b4460f", "#6b6b6b")

Points = Sequence[tuple[float, float]]


def plot(title: str, across: str, series: Mapping[str, Points]) -> str:
    """One line a series; points are (x, y), both above zero."""
    everything = [point for points in series.values() for point in points]
    x, xs = _axis([p[0] for p in everything], LEFT, WIDTH - RIGHT)
    y, ys = _axis([p[1] for p in everything], HEIGHT - BOTTOM, TOP)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 20, title, weight="bold"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across, anchor="middle"),
    ]
    for value in xs:
        parts.append(_line(x(value), TOP, x(value), HEIGHT - BOTTOM))
        parts.append(_text(x(value), HEIGHT - BOTTOM + 16, f"{value:g}", anchor="middle"))
    for value in ys:
        parts.append(_line(LEFT, y(value), WIDTH - RIGHT, y(value)))
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:g}", anchor="end"))
    ends: list[float] = []
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>'
            for a, b in points
        ]
        height = y(points[-1][1])
        while any(abs(height - other) < 15 for other in ends):
            height += 15
        ends.append(height)
        parts.append(_text(WIDTH - RIGHT + 10, height + 4, name, colour=colour))
    return "\n".join([*parts, "</svg>", ""])


def _axis(values, start, end):
    """Where a value goes, and the powers of ten to draw."""
    low = math.floor(math.log10(min(values)))
    high = max(low + 1, math.ceil(math.log10(max(values))))

    def place(value: float) -> float:
        return start + (math.log10(value) - low) / (high - low) * (end - start)

    return place, [10.0**power for power in range(low, high + 1)]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#ddd"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#222",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{colour}">{escape(text)}</text>'
    )
