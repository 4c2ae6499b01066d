"""The graph of records as a drawing: boxes, curves and their coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from analysis.report.formatting import count, duration
from analysis.report.kinds import KINDS, Kind, kind_of
from analysis.report.layout import Place, lay_out
from analysis.report.material import RecordNode

__all__ = ["Box", "Curve", "Drawing", "draw_records", "draw_steps"]


@dataclass(frozen=True)
class Box:
    """A box; lengths are in pixels.

    Args:
        name: unique in its drawing.
        title: first line.
        subtitle: second line.
        kind: of step, see :mod:`analysis.report.kinds`.
        x: of its left edge.
        y: of its upper edge.
        width: of the box.
        height: of the box.
        members: how many boxes it stands for, drawn as a pile.
    """

    name: str
    title: str
    subtitle: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    members: int = 1


@dataclass(frozen=True)
class Curve:
    """A curve from one box to another.

    Args:
        source: name of the box that it leaves.
        target: name of the box that it leads to.
        path: SVG path.
    """

    source: str
    target: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """A graph that is drawn.

    Args:
        boxes: in the order in which a keyboard goes through them.
        curves: behind the boxes.
        width: in pixels.
        height: in pixels.
    """

    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    width: float
    height: float

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds that occur, in the order of the legend."""
        return tuple(kind for kind in KINDS if any(box.kind == kind for box in self.boxes))


@dataclass(frozen=True)
class _Item:
    name: str
    title: str
    subtitle: str
    family: str
    members: int = 1
    inputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Style:
    """Sizes in pixels; ``down`` says whether layers follow each other downwards or to the right."""

    width: float
    height: float
    between_layers: float
    within_layer: float
    down: bool
    narrow: float
    margin: float = 12.0


_STEPS = _Style(width=186, height=50, between_layers=44, within_layer=26, down=True, narrow=0.12)
_RECORDS = _Style(width=226, height=42, between_layers=64, within_layer=14, down=False, narrow=0.22)


def draw_steps(records: Sequence[RecordNode]) -> Drawing:
    """One box a task, from above to below."""
    families = dict.fromkeys(node.family for node in _in_order(records))
    family_of = {node.place: node.family for node in records}
    items = []
    for family in families:
        members = [node for node in records if node.family == family]
        number = sum(len(node.labels) for node in members)
        inputs = dict.fromkeys(family_of[used.place] for node in members for used in node.inputs)
        what = members[0].series if number == 1 else count(number, "record")
        subtitle = f"{what} · {duration(sum(node.seconds for node in members))}"
        items.append(_Item(family, family, subtitle, family, min(len(members), 3), list(inputs)))
    return _draw(items, _STEPS)


def draw_records(records: Sequence[RecordNode]) -> Drawing:
    """One box for the records that one key decides, from left to right."""
    items = []
    for node in _in_order(records):
        # a series may say after a dot what is special about it, such as a systematic shift
        title, _, variant = node.series.partition(".")
        number = count(len(node.labels), "record") if len(node.labels) > 1 else ""
        items.append(
            _Item(
                name=node.place,
                title=title,
                subtitle=" · ".join(word for word in (node.family, variant, number) if word),
                family=node.family,
                members=min(len(node.labels), 3),
                inputs=list(dict.fromkeys(used.place for used in node.inputs)),
            )
        )
    return _draw(items, _RECORDS)


def _in_order(records: Iterable[RecordNode]) -> list[RecordNode]:
    """Inputs before what is made from them, else as sorted by place."""
    nodes = {node.place: node for node in sorted(records, key=lambda node: node.place)}
    done: dict[str, RecordNode] = {}

    def visit(node: RecordNode) -> None:
        if node.place not in done:
            for used in node.inputs:
                visit(nodes[used.place])
            done[node.place] = node

    for node in nodes.values():
        visit(node)
    return list(done.values())


def _draw(items: Sequence[_Item], style: _Style) -> Drawing:
    edges = [(source, item.name) for item in items for source in item.inputs]
    layout = lay_out([item.name for item in items], edges, narrow=style.narrow)
    length, breadth = (style.height, style.width) if style.down else (style.width, style.height)
    step, pitch = length + style.between_layers, breadth + style.within_layer

    def point(place: Place, end: float) -> tuple[float, float]:
        """On a layer's begin (0), middle (1/2) or end (1), in the middle of what is there."""
        along, across = style.margin + place.layer * step + end * length, style.margin + place.across * pitch
        return (across, along) if style.down else (along, across)

    boxes = []
    for item in items:
        x, y = point(layout.places[item.name], 0.5)
        boxes.append(
            Box(
                name=item.name,
                title=item.title,
                subtitle=item.subtitle,
                kind=kind_of(item.family),
                x=round(x - style.width / 2, 1),
                y=round(y - style.height / 2, 1),
                width=style.width,
                height=style.height,
                members=item.members,
            )
        )
    boxes.sort(key=lambda box: (box.y, box.x) if style.down else (box.x, box.y))
    curves = tuple(
        Curve(source, target, _path(route, point, style.down)) for (source, target), route in layout.routes.items()
    )
    along, across = layout.layers * step - style.between_layers, layout.width * pitch
    width, height = (across, along) if style.down else (along, across)
    return Drawing(tuple(boxes), curves, round(width + 2 * style.margin, 1), round(height + 2 * style.margin, 1))


def _path(route: Sequence[Place], point: Callable[[Place, float], tuple[float, float]], down: bool) -> str:
    """Leaves a box at its end, passes layers on straight lines, and enters the next box at its begin."""
    forward = route[-1].layer > route[0].layer
    x, y = point(route[0], 1.0 if forward else 0.0)
    words = [f"M{x:.1f} {y:.1f}"]
    for number, place in enumerate(route[1:], start=1):
        nx, ny = point(place, 0.0 if forward else 1.0)
        if down:
            middle = (y + ny) / 2
            words.append(f"C{x:.1f} {middle:.1f} {nx:.1f} {middle:.1f} {nx:.1f} {ny:.1f}")
        else:
            middle = (x + nx) / 2
            words.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {ny:.1f} {nx:.1f} {ny:.1f}")
        x, y = nx, ny
        if number < len(route) - 1:
            x, y = point(place, 1.0 if forward else 0.0)
            words.append(f"L{x:.1f} {y:.1f}")
    return "".join(words)
