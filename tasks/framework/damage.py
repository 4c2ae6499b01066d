"""Damaged records that processes of a command have come upon and set aside."""

from __future__ import annotations

from analysis.provenance.records import SET_ASIDE_AS
from tasks.framework.notes import Notes

__all__ = ["damage_noted", "note_damage"]

_notes = Notes()


def note_damage(message: str) -> None:
    """Remember that a record was set aside, if that is what an error says: it has the new names of its files."""
    if SET_ASIDE_AS in message:
        _notes.add({"message": message})


def damage_noted() -> set[str]:
    """New names of all files that were set aside so far, as errors have them."""
    return {note["message"].partition(SET_ASIDE_AS)[2].partition("\n")[0] for note in _notes.read()}
