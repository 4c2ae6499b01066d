"""Deposits of published folders, noted beside them: what goes on, becomes a new version, or is there already."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.errors import DataError
from analysis.exchange.folder import PublishedFolder
from analysis.exchange.zenodo import Deposit, Zenodo

__all__ = ["deposit_folder", "note_of"]


def deposit_folder(
    zenodo: Zenodo,
    folder: PublishedFolder,
    metadata: Mapping[str, Any],
    number: int | None = None,
    *,
    publish: bool = False,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Deposit:
    """Deposit a folder once.

    A draft of the folder is gone on with. Without one, it becomes a new version of the deposit of the folder that it
    replaces; while that is a draft, it takes its place.

    Args:
        zenodo: the server.
        folder: checked.
        metadata: in Zenodo's words.
        number: of the deposit, where nothing beside the folders notes it.
        publish: whether to publish it for good.
        report: called with the bytes that were sent, and those that are to be sent.

    Raises:
        StoreError: the server cannot be reached, refuses, or has something else afterwards.
        DataError: a note is damaged or cannot be written.
    """
    place, earlier = _note(folder.folder, folder.folder.name), None
    noted = note_of(folder.folder, zenodo.address)
    if number is None and noted is not None:
        number = noted
        found = zenodo.find(number)
        if found.published:
            _write(place, zenodo.address, found)
            return found
    elif number is None and (former := folder.description.replaces):
        earlier = folder.folder.with_name(f"{former.name}-{former.version}")
        number = note_of(earlier, zenodo.address)
    found = zenodo.deposit(folder, metadata, number, report=report)
    _write(place, zenodo.address, found)
    if earlier is not None and found.number == number:
        # the draft is no longer one of the earlier version
        _write(_note(earlier, earlier.name), zenodo.address, None)
    if publish:
        found = zenodo.publish(found.number)
        _write(place, zenodo.address, found)
    return found


def note_of(folder: Path, server: str) -> int | None:
    """Return the number of a folder's deposit on a server, as the file beside the folder notes it.

    Raises:
        DataError: the file is damaged.
    """
    told = _read(_note(folder, folder.name)).get(server)
    return None if told is None else int(told["number"])


def _note(folder: Path, name: str) -> Path:
    return folder.with_name(f"{name}.zenodo.json")


def _read(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        if all(isinstance(one["number"], int) for one in found.values()):
            return dict(found)
        why = "a number is none"
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        why = str(error)
    raise DataError(f"{place} notes no deposits: {why}", cure="delete it, and name the deposit: --deposit NUMBER")


def _write(place: Path, server: str, deposit: Deposit | None) -> None:
    notes = {name: one for name, one in _read(place).items() if name != server}
    if deposit is not None:
        notes[server] = asdict(deposit)
    draft = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        if notes:
            draft.write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            draft.replace(place)
        else:
            place.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{place} cannot be written: {error.strerror}; it would note "
            f"{f'the deposit {deposit.number}' if deposit else 'no deposit'} on {server}",
            cure="make room or get the right, and name the deposit: --deposit NUMBER",
        ) from error
