"""Layout of a network's inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.errors import DataError

from analysis.learning.data.features import Block

__all__ = ["Columns", "Layout", "check_compatible", "columns_of", "row_bytes"]

# type and shape of one event's entry in each array
Columns = Mapping[str, tuple[np.dtype, tuple[int, ...]]]


@dataclass(frozen=True)
class Layout:
    """Layout of a network's inputs and outputs: shapes and names of features, names of classes and targets.

    Args:
        features: blocks by name, in the order of their names.
        classes: names of the classes.
        targets: names of the targets.
    """

    features: Mapping[str, Block]
    classes: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each block's values, without the event axis."""
        return {name: block.shape for name, block in self.features.items()}

    def __str__(self) -> str:
        return "; ".join(f"{name}: {block}" for name, block in self.features.items())

    def to_json(self) -> dict[str, Any]:
        """Numbers, lists and texts."""
        return {
            "classes": list(self.classes),
            "features": {name: asdict(block) for name, block in self.features.items()},
            "targets": list(self.targets),
        }

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Layout:
        """Restore the layout that :meth:`to_json` described."""
        features = {
            name: Block(tuple(block["shape"]), tuple(block["present"]), block["kind"], tuple(block["names"]))
            for name, block in sorted(described["features"].items())
        }
        return cls(features, tuple(described["classes"]), tuple(described["targets"]))


def check_compatible(first: tuple[Layout, tuple[str, ...]], second: tuple[Layout, tuple[str, ...]]) -> None:
    """Check that events can be put together, by their layouts and the names of their spectators.

    Raises:
        DataError: they differ.
    """
    if first != second:
        raise DataError(
            "training inputs with different features, classes, targets or spectators cannot be put together: "
            + " and ".join(
                f"{layout}, {layout.classes}, {layout.targets}, {spectators}" for layout, spectators in (first, second)
            )
        )


def columns_of(layout: Layout) -> Columns:
    """Return type and shape of each array of one event that training needs, by the arrays' names in a file.

    Examples:
        >>> from analysis.learning.data.features import Block
        >>> columns_of(Layout({"event": Block((2,), (), "float16", ())}, ("one",), ()))["features.event.values"]
        (dtype('float16'), (2,))
    """
    columns: dict[str, tuple[np.dtype, tuple[int, ...]]] = {
        "label": (np.dtype(np.int32), ()),
        "target": (np.dtype(np.float32), (len(layout.targets),)),
        "weight": (np.dtype(np.float64), ()),
        "identity": (np.dtype(np.uint64), ()),
    }
    for name, block in layout.features.items():
        columns[f"features.{name}.values"] = np.dtype(block.kind), block.shape
        columns[f"features.{name}.present"] = np.dtype(np.bool_), block.present
    return columns


def row_bytes(columns: Columns) -> int:
    """Bytes of one event."""
    return sum(kind.itemsize * int(np.prod(shape, dtype=int)) for kind, shape in columns.values())
