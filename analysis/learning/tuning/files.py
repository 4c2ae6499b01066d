"""Trials of a search for hyperparameters on disk: for this project as JSON, for optuna's own tools as its journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.errors import StoreError, TrainingError
from analysis.learning.tuning.trials import Trial, as_study
from analysis.learning.tuning_settings import Tuning

__all__ = ["load", "save"]

FORMAT = "erumflow tuning 1"


def save(tuning: Tuning, trials: Sequence[Trial], path: Path, journal: Path) -> None:
    """Write the trials; the same ones give the same bytes.

    Args:
        tuning: the search.
        trials: in any order, from number 0 on.
        path: JSON file, for :func:`load`.
        journal: for ``optuna.load_study(study_name=tuning.name, storage=JournalStorage(JournalFileBackend(journal)))``.

    Raises:
        TrainingError: a trial is missing, there twice, or one of another search.
        StoreError: a file cannot be written.
    """
    from optuna.storages import JournalStorage

    from analysis.learning.tuning.journal import Journal

    lines = Journal()
    as_study(tuning, trials, JournalStorage(lines))
    ordered = [asdict(trial) for trial in sorted(trials, key=lambda trial: trial.number)]
    described = {"format": FORMAT, "trials": ordered, "tuning": _describe(tuning)}
    try:
        path.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n")
        journal.write_text(lines.text())
    except OSError as error:
        raise StoreError(
            f"the trials of the search {tuning.name!r} cannot be written: {error}",
            cure="free some space or mend the permissions, then run the same command again",
        ) from error


def load(tuning: Tuning, path: Path) -> list[Trial]:
    """Read what :func:`save` wrote.

    Raises:
        TrainingError: the file is missing, damaged, or of another search.
    """
    try:
        described = json.loads(path.read_text())
        if described["format"] != FORMAT:
            raise TrainingError(f"{path} holds no trials of this version")
        if described["tuning"] != _describe(tuning):
            raise TrainingError(f"{path} is of the search {described['tuning']}, not of {_describe(tuning)}")
        return [Trial(**{**trial, "values": tuple(trial["values"])}) for trial in described["trials"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} cannot be read: {error}", cure="remove it, so that it is made again") from error


def _describe(tuning: Tuning) -> dict[str, Any]:
    """As it is read from JSON."""
    space = [{"kind": type(one).__name__, **asdict(one)} for one in tuning.space]
    return json.loads(json.dumps({**asdict(tuning), "space": space}))
