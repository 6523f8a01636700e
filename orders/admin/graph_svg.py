"""Where the boxes of a graph stand: in layers from top to bottom, each below all that it comes after.

Layers are the longest way from the top. An edge over several layers is led around the boxes between by a bend in each.
The order within a layer follows the neighbours' mean position, and so does the place, as far as boxes leave room.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 176, 74
GAP_X, GAP_Y = 20, 38
MARGIN = 10
ROUNDS = 6

Node = tuple[str, int]  # a box and its layer; a bend of an edge is a node with a name of its own


@dataclass(frozen=True)
class Edge:
    """A line from one box to another, as the `d` of an SVG path."""

    start: str
    end: str
    path: str


@dataclass(frozen=True)
class Layout:
    """The left upper corner of each box, the edges, and the size of the whole; all in SVG units."""

    corners: dict[str, tuple[int, int]]
    edges: tuple[Edge, ...]
    width: int
    height: int


def layout(after: Mapping[str, Sequence[str]]) -> Layout:
    """The picture of a graph without circles; `after` names for each box those above it, all of them boxes too."""
    depth = _depths(after)
    chains = [_chain(start, end, depth) for end, starts in after.items() for start in starts]
    layers = _layers(after, chains, depth)
    above, below = _neighbours(chains)
    for number in range(ROUNDS):
        _sort(layers, above if number % 2 == 0 else below)
    places = _places(layers, above, below)
    left = min(places.values(), default=0.0)
    x = {node: round(place - left) + MARGIN for node, place in places.items()}
    corners = {name: (x[name], _top(layer)) for name, layer in depth.items()}
    edges = tuple(Edge(one[0], one[-1], _path([(x[n], depth.get(n)) for n in one], depth[one[0]])) for one in chains)
    width = max((at for at in x.values()), default=0) + WIDTH + MARGIN
    return Layout(corners, edges, width, _top(max(depth.values(), default=0)) + HEIGHT + MARGIN)


def _top(layer: int) -> int:
    return MARGIN + layer * (HEIGHT + GAP_Y)


def _depths(after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    depth: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in depth:
            depth[name] = max((of(one) + 1 for one in after[name]), default=0)
        return depth[name]

    for name in after:
        of(name)
    return depth


def _chain(start: str, end: str, depth: Mapping[str, int]) -> list[str]:
    """The edge as boxes and bends, one in each layer."""
    bends = [f"{start}→{end}:{layer}" for layer in range(depth[start] + 1, depth[end])]
    return [start, *bends, end]


def _layers(after: Iterable[str], chains: Iterable[list[str]], depth: Mapping[str, int]) -> list[list[str]]:
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in after:
        layers[depth[name]].append(name)
    for chain in chains:
        for step, bend in enumerate(chain[1:-1], 1):
            layers[depth[chain[0]] + step].append(bend)
    return layers


def _neighbours(chains: Iterable[list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _sort(layers: list[list[str]], neighbours: Mapping[str, list[str]]) -> None:
    """Order each layer by the mean position of its neighbours, so that edges cross seldom."""
    position = {node: float(at) for layer in layers for at, node in enumerate(layer)}
    for layer in layers:
        layer.sort(key=lambda node: _mean([position[one] for one in neighbours.get(node, [])], position[node]))
        position |= {node: float(at) for at, node in enumerate(layer)}


def _places(
    layers: list[list[str]], above: Mapping[str, list[str]], below: Mapping[str, list[str]]
) -> dict[str, float]:
    """How far right each node stands: near its neighbours, in its layer's order, none over another."""
    step = WIDTH + GAP_X
    places = {node: float(at * step) for layer in layers for at, node in enumerate(layer)}
    for number in range(ROUNDS):
        neighbours = below if number % 2 == 0 else above
        for layer in reversed(layers) if number % 2 == 0 else layers:
            wanted = [_mean([places[one] for one in neighbours.get(node, [])], places[node]) for node in layer]
            rising = _rising([want - at * step for at, want in enumerate(wanted)])
            places |= {node: rising[at] + at * step for at, node in enumerate(layer)}
    return places


def _rising(wanted: list[float]) -> list[float]:
    """The nearest row of numbers that never falls (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in wanted:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            before, times = pools.pop()
            mean = (before * times + mean * count) / (times + count)
            count += times
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _path(nodes: list[tuple[int, int | None]], first_layer: int) -> str:
    """From the lower side of the first box, through the bends, to the upper side of the last."""
    points: list[tuple[int, int]] = []
    for step, (left, _) in enumerate(nodes):
        top, middle = _top(first_layer + step), left + WIDTH // 2
        if step > 0:
            points.append((middle, top))
        if step < len(nodes) - 1:
            points.append((middle, top + HEIGHT))
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (y2 - y1) // 2
        parts.append(f"L{x2} {y2}" if x1 == x2 else f"C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}")
    return "".join(parts)


def wrapped(text: str, *, width: float, most: int = 2) -> tuple[str, ...]:
    """The text in at most `most` lines of `width` em; what does not fit ends in an ellipsis.

    SVG breaks no lines by itself. Japanese may break anywhere, other words only between them.
    """
    lines = [""]
    for part in _parts(text):
        if lines[-1] and _em(lines[-1] + part.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += part
    lines = [line.strip() for line in lines]
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return tuple(_cut(line, width) for line in lines)


def _parts(text: str) -> list[str]:
    parts = [""]
    for sign in text:
        if _is_wide(sign) or (parts[-1] and (parts[-1][-1] == " " or _is_wide(parts[-1][-1]))):
            parts.append("")
        parts[-1] += sign
    return parts


def _cut(line: str, width: float) -> str:
    if _em(line) <= width:
        return line
    while line and _em(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


def _em(text: str) -> float:
    return sum(1.0 if _is_wide(sign) else 0.54 for sign in text)


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"
