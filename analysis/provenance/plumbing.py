"""Code that stands in no key although results pass through it, with the reasons: the only such list."""

from __future__ import annotations

from functools import cache

__all__ = ["DYNAMIC", "HARMLESS", "IN_NO_KEY", "IN_NO_KEY_OF_TASKS", "is_harmless", "is_left_out", "may_be_dynamic"]

#: packages and modules that no key has
IN_NO_KEY = {
    "analysis.provenance": "decides keys and keeps records; no number is made by it",
}

#: of what tasks do, besides; where a study's own step uses them they count
IN_NO_KEY_OF_TASKS = {
    "analysis.chapters": "what a stage says is in the key, field by field, with the code of its properties",
    "analysis.checking": "refuses values, and changes none",
    "analysis.formats.format": "finds a format by its name; the format's own module is in the key",
    "analysis.stages": "what a stage says is in the key, field by field, with the code of its properties",
    "analysis.wiring": "finds what a stage takes, and that is in the key: as input, or as configuration",
    "tasks.families": "finds the task that makes a stage; that task's own code is in its key",
    "tasks.framework": "asks for, finds and writes records; which events are read is decided in tasks.chunk_workflow "
    "and tasks.shifted_workflow",
}

#: modules whose functions and classes may be called while modules are imported: that has no effect but a result
HARMLESS = {
    "analysis.catalogues": "reads lists of files; what they say is in the key with the data sets",
    "analysis.checking.fields": "refuses what a study says, and changes nothing",
    "analysis.study": "studies are frozen; what they check they refuse, and change nothing",
}

#: functions that load modules by names that are computed, which are followed in another way
DYNAMIC = {
    "analysis.step:Step": "a step's function is in the key of what it makes",
    "analysis.formats.format:format_named": "a format's module is in the key of what it keeps",
    "analysis.readers.file_description:_describe": "describes files of a catalogue, before there is any key",
}


def is_left_out(module: str, *, of_tasks: bool) -> bool:
    """Whether no key has a module's code.

    Args:
        module: full name.
        of_tasks: whether a task reaches it, not a study's step.

    Examples:
        >>> is_left_out("tasks.framework.settings", of_tasks=True), is_left_out("analysis.chapters", of_tasks=False)
        (True, False)
    """
    return _begins(module, (*IN_NO_KEY, *IN_NO_KEY_OF_TASKS) if of_tasks else tuple(IN_NO_KEY))


def is_harmless(module: str) -> bool:
    """Whether calls of what a module defines have no effect but their result."""
    return module in HARMLESS


def may_be_dynamic(label: str) -> bool:
    """Whether a definition, ``module:name``, may import what it computes the name of."""
    return label in DYNAMIC


@cache
def _begins(module: str, names: tuple[str, ...]) -> bool:
    return f"{module}.".startswith(tuple(f"{name}." for name in names))
