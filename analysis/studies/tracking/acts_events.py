"""One event at a time through algorithms of ACTS, without its sequencer."""

from __future__ import annotations

from functools import cache
from typing import Any

import acts
import acts.examples

from analysis.errors import DataError

__all__ = ["QUIET", "Event", "components", "detector", "magnetic_field"]

QUIET = acts.logging.ERROR
"""Level of messages of algorithms: errors alone."""


class _Put(acts.examples.IAlgorithm):
    """Writes an object to the white board, which owns it from then on."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__("Put", QUIET)
        self._value = value
        self._handle = acts.examples.WriteDataHandle(self, type(value), "output")
        self._handle.initialize(name)

    def execute(self, context: Any) -> Any:
        self._handle(context, self._value)
        return acts.examples.ProcessCode.SUCCESS


class _Get(acts.examples.IAlgorithm):
    """Reads an object of the white board."""

    def __init__(self, name: str, kind: Any) -> None:
        super().__init__("Get", QUIET)
        self.value: Any = None
        self._handle = acts.examples.ReadDataHandle(self, kind, "input")
        self._handle.initialize(name)

    def execute(self, context: Any) -> Any:
        self.value = self._handle(context.eventStore)
        return acts.examples.ProcessCode.SUCCESS


class Event:
    """An event on a white board of ACTS."""

    def __init__(self) -> None:
        self._board = acts.examples.WhiteBoard(QUIET)
        self._context = acts.examples.AlgorithmContext(0, 0, self._board, 0)

    def put(self, name: str, value: Any) -> None:
        """Hand an object over; Python may not use it any more."""
        self.run(_Put(name, value))

    def get(self, name: str, kind: Any) -> Any:
        """Read an object of that type."""
        reader = _Get(name, kind)
        self.run(reader)
        return reader.value

    def run(self, algorithm: Any) -> None:
        """Run an algorithm.

        Raises:
            DataError: it did not succeed.
        """
        if algorithm.internalExecute(self._context) != acts.examples.ProcessCode.SUCCESS:
            raise DataError(f"{algorithm.name()} of ACTS failed", cure="its message is above")


@cache
def detector() -> Any:
    """The pixel detector of the Generic (TrackML) detector, as ACTS' tracking geometry."""
    # the second level of four: barrel and endcaps of pixels, with their material and the beam pipe
    built = acts.examples.GenericDetector(
        buildLevel=1,
        **dict.fromkeys(("logLevel", "surfaceLogLevel", "layerLogLevel", "volumeLogLevel"), QUIET),
    )
    return built.trackingGeometry()


def magnetic_field(along: float) -> Any:
    """A constant field along z, in T."""
    return acts.ConstantBField(acts.Vector3(0.0, 0.0, along * acts.UnitConstants.T))


def components(vector: Any, size: int = 3) -> tuple[float, ...]:
    """Numbers of a vector of ACTS."""
    return tuple(vector[number] for number in range(size))
