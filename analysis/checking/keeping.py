"""Save and load what a step returned, as between the steps of a study."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.formats.format import format_named

if TYPE_CHECKING:
    from analysis.stages import Stage

__all__ = ["as_kept"]


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
    form = format_named(stage.format)
    with tempfile.TemporaryDirectory() as folder:
        form.save(value, Path(folder).joinpath, stage)
        kept = form.load(Path(folder).joinpath, stage, None)
        # a calibration reads what is asked for, and the folder goes
        for part in ("corrections", "measurements", "curves") if stage.format == "corrections" else ():
            getattr(kept, part)
        return kept
