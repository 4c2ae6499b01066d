"""Records made anew beside the store, and compared with those that are there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import RecordError, StudyError
from analysis.formats.format import format_named
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Draft, Record
from analysis.provenance.store import sha256_of
from tasks.framework.recording import refuse_edited_code
from tasks.framework.settings import stores

__all__ = ["SAME_BITS", "SAME_VALUES", "compare_made_anew"]

SAME_BITS, SAME_VALUES = "the same bits", "the same values, written otherwise"
# of these, what is loaded is a path or a drawing: files are compared alone
_FILES_ALONE = ("figures", "files")


def compare_made_anew(task: Any, series: str, old: Record) -> str:
    """Make a record anew by the present code, in a folder that is deleted afterwards, and compare it with another one.

    Args:
        task: of a workflow the workflow.
        series: of the record.
        old: with the same label; its content is compared with its manifest first.

    Returns:
        How far they agree, in words. Files that hold times are left out.

    Raises:
        StudyError: they differ, or what the record is made of is not there.
    """
    one = task.branches_of(series, old.label)[0] if hasattr(task, "branches_of") else task
    for role in one.needs(series):
        for record in one.input_records(role):
            if not record.is_complete():
                raise StudyError(
                    f"{task.family} {series} {old.label} cannot be made anew for a comparison: of its input {role}, "
                    f"{record.address} is not there",
                    cure="adopt or make that first, or leave --verify out",
                )
    old.verify()
    folder = Path(tempfile.mkdtemp(prefix="erumflow-verify-"))
    try:
        found = _made(one, series, old, folder)
        return _compared(task, series, old, found)
    finally:
        for store in stores():
            store.release()
        shutil.rmtree(folder, ignore_errors=True)


def _made(task: Any, series: str, old: Record, folder: Path) -> dict[str, Path]:
    """Run what a task does, without its record."""
    parts = task.key_parts(series)
    refuse_edited_code(parts)
    record = Record(LocalStore(folder), task.place(series), old.label, old.payload)
    (folder / "draft").mkdir()
    draft = Draft(record, folder / "draft", parts=parts)
    make: Any = getattr(type(task).run, "__wrapped__", None)
    if make is None:
        raise StudyError(f"{task.family} makes its records in its own way", cure="leave --verify out")
    make(task, draft)
    paths = {name: draft.path(name) for name in record.payload}
    if lacking := [name for name, path in paths.items() if not path.is_file()]:
        raise RecordError(f"{task.family} {series} {old.label} did not write {lacking[0]!r}")
    return paths


def _compared(task: Any, series: str, old: Record, found: Mapping[str, Path]) -> str:
    payload = old.manifest()["payload"]
    different = [
        name for name, path in found.items() if name not in task.varying and sha256_of(path) != payload[name]["sha256"]
    ]
    if not different:
        return SAME_BITS
    stage = getattr(task, "chapter", None)
    if stage is not None and stage.payload == old.payload and stage.format not in _FILES_ALONE:
        from analysis.checking.digests import compare

        form = format_named(stage.format)
        what = compare(form.load(old.path, stage, None), form.load(lambda name: found[name], stage, None))
        if not what:
            return SAME_VALUES
    else:
        what = f"{', '.join(different)} {'has' if len(different) == 1 else 'have'} other bytes"
    raise StudyError(
        f"{' '.join(filter(None, (task.family, series, old.label)))} made anew is not what it was: {what}",
        cure="the change does matter: run the task instead; nothing was adopted",
    )
