"""A derived calibration: corrections, measurements and curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """Correctionlib's JSON, measurements as JSON, curves as safetensors."""
    return ("corrections.json", "measurements.json", "curves.safetensors")


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the calibration.

    Raises:
        DataError: the step returned something else.
    """
    from safetensors.numpy import save_file

    from analysis.calibration import Calibration
    from analysis.errors import DataError

    if not isinstance(value, Calibration):
        raise DataError(
            f"the stage {stage.name!r} returned {type(value).__name__}, not a Calibration",
            cure="return analysis.calibration.Calibration(corrections, measurements, curves)",
        )
    value.save_corrections(path("corrections.json"))
    value.save_measurements(path("measurements.json"))
    save_file(dict(value.curves), path("curves.safetensors"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """The calibration as it was saved (:class:`analysis.calibration.SavedCalibration`)."""
    from analysis.calibration import SavedCalibration

    return SavedCalibration(path)


def combine(values: Sequence[Any]) -> Any:
    """Calibrations have no chunks."""
    (value,) = values
    return value
