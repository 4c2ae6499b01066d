"""Save and load what a step returned, as between the steps of a study."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import StudyError
from analysis.formats.format import format_named

if TYPE_CHECKING:
    from analysis.stages import Stage

__all__ = ["as_kept", "keep"]


def keep(stage: Stage, value: Any, path: Callable[[str], Path]) -> None:
    """Write a value in the format of a stage.

    Args:
        stage: says the format.
        value: that its function returned.
        path: where a file of a name goes.

    Raises:
        StudyError: the format cannot keep it, such as events with fields of a type that Parquet does not know.
    """
    try:
        format_named(stage.format).save(value, path, stage)
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        raise StudyError(
            f"what it returns cannot be kept in the format {stage.format!r}: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
            cure="return plain numbers, texts, lists and arrays of them; --debug shows the traceback",
        ) from error


def as_kept(stage: Stage | None, value: Any) -> Any:
    """Save and load a value: what later stages get of it.

    Args:
        stage: says the format; ``None`` for what no stage keeps.
        value: that its function returned.

    Returns:
        The value, without what its format does not keep; figures as they are.
    """
    if stage is None or stage.holds == "figures":
        return value
    with tempfile.TemporaryDirectory() as folder:
        keep(stage, value, Path(folder).joinpath)
        kept = format_named(stage.format).load(Path(folder).joinpath, stage, None)
        # a calibration reads what is asked for, and the folder goes
        for part in ("corrections", "measurements", "curves") if stage.format == "corrections" else ():
            getattr(kept, part)
        return kept
