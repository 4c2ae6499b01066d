"""Content of a derived calibration, and the format that it is kept in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import DataError

if TYPE_CHECKING:
    import correctionlib
    from correctionlib import schemav2
    from numpy.typing import NDArray

__all__ = ["Calibration", "SavedCalibration", "load_corrections"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A derived calibration.

    Args:
        corrections: what is applied to events, in the format of correctionlib.
        measurements: what it was derived from: fitted values with uncertainties, units and methods; can be written as
            JSON. ``headline`` in it has what a person wants to know first, as text by name.
        curves: arrays for figures, by name.
    """

    corrections: schemav2.CorrectionSet
    measurements: dict[str, Any]
    curves: dict[str, NDArray[Any]]

    def save_corrections(self, path: Path) -> None:
        """Write the corrections as JSON; the same corrections give the same bytes."""
        content = self.corrections.model_dump(mode="json", exclude_none=True)
        Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def save_measurements(self, path: Path) -> None:
        """Write the measurements as JSON; the same measurements give the same bytes."""
        Path(path).write_text(json.dumps(self.measurements, indent=1) + "\n", encoding="utf-8")


class SavedCalibration:
    """A derived calibration as a record keeps it; what is not asked for is not read.

    ``calibration["name"]`` is a correction.

    Args:
        path: of a file by its name.
    """

    def __init__(self, path: Callable[[str], Path]) -> None:
        self._path = path

    def __getitem__(self, name: str) -> correctionlib.highlevel.Correction:
        """The correction of that name.

        Raises:
            DataError: there is none; the message lists the known ones.
        """
        # a set of corrections cannot be asked whether a name is in it
        if name not in (known := sorted(self.corrections)):
            raise DataError(f"there is no correction {name!r}", cure=f"use one of: {', '.join(known)}")
        return self.corrections[name]

    @cached_property
    def corrections(self) -> correctionlib.CorrectionSet:
        """Corrections that are applied to events."""
        return load_corrections(self._path("corrections.json"))

    @cached_property
    def measurements(self) -> dict[str, Any]:
        """Fitted values that the corrections were derived from, as JSON."""
        measurements: dict[str, Any] = json.loads(self._path("measurements.json").read_text(encoding="utf-8"))
        return measurements

    @cached_property
    def curves(self) -> dict[str, NDArray[Any]]:
        """Arrays for figures."""
        from safetensors.numpy import load_file

        return load_file(self._path("curves.safetensors"))


def load_corrections(path: Path) -> correctionlib.CorrectionSet:
    """Read corrections in the format of correctionlib.

    Raises:
        DataError: the file does not exist or is no set of corrections.
    """
    import correctionlib

    try:
        return correctionlib.CorrectionSet.from_file(str(path))
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{path} is no set of corrections ({str(error).splitlines()[0]})",
            cure="delete it and run the task that makes it again",
        ) from error
