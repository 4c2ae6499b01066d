"""Code that stands in no key although results pass through it, with the reasons: the only such list."""

from __future__ import annotations

from functools import cache

__all__ = [
    "DYNAMIC",
    "HARMLESS",
    "IN_NO_KEY",
    "IN_NO_KEY_OF_TASKS",
    "SELECTING",
    "SELECTING_METHODS",
    "is_harmless",
    "is_left_out",
    "is_selecting",
    "may_be_dynamic",
]

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

#: methods of tasks and of settings, of any class, that a key has the values of, not the code
SELECTING_METHODS = {
    "__post_init__": "checks and makes the values of fields, which are in the key",
    "extent": "is part of the keys of what needs a whole series",
    "ingredients": "are in the key, as configuration",
    "key": "is the key",
    "labels": "name records of a series; which events a label means is in the key",
    "modify_param_values": "refuses parameters, and fills in those that are in the key or select",
    "needs": "are in the key, as keys of inputs",
    "next_label": "is what will be read next, ahead of time",
    "payload_of": "names files",
    "pinned": "finds the key that law.cfg pins records to",
    "pins_behind": "tells of pins",
    "record_name": "names records",
    "series_names": "name the series that there are; each has a key of its own",
    "summary": "tells of records that are made",
    "upstream": "are inputs, whose keys are in the key",
}

#: functions and methods that only find what is in the key by itself; where they decide a value, they are there, too
SELECTING = {
    "analysis.candidates": "finds the files of studies on this machine",
    "analysis.datasets:Dataset.all_files": "lists files, whose contents are in the key",
    "analysis.measurement:Shift.names": "names series, each of which has a key of its own",
    "analysis.registry": "finds studies on this machine",
    "analysis.settings": "reads settings of this machine",
    "analysis.source_files": "finds copies of files, whose contents are in the key",
    "analysis.step:Step.module": "finds the module of a function that is in the key",
    "analysis.study:Study": "finds by its name what a study says, and that is in the key",
    "tasks.batch.workflow": "reads parameters that are about where and how things run",
    "tasks.data:duplicates_need": "makes needs, which are in the key",
    "tasks.data:raw_needs": "makes needs, which are in the key",
    "tasks.histograms:histograms_of": "makes needs, which are in the key",
    "tasks.results:ResultTask": "makes needs, which are in the key",
    "analysis.shifting:changes_origin": "chooses series, each of which has a key of its own",
    "analysis.shifting:is_of_origin": "chooses series, each of which has a key of its own",
    "analysis.shifting:touches": "chooses series, each of which has a key of its own",
    "tasks.origin:OriginWorkflow._made_with": "chooses series, each of which has a key of its own",
    "tasks.shifted_workflow:ShiftedWorkflow._is_touched": "chooses series, each of which has a key of its own",
    "tasks.shifted_workflow:ShiftedWorkflow._made_with": "chooses series, each of which has a key of its own",
    "tasks.shifted_workflow:ShiftedWorkflow.series_of": "chooses series, each of which has a key of its own",
    "tasks.shifted_workflow:_resolve": "chooses series, each of which has a key of its own",
    "tasks.stage_task:StageTask._needs_of": "makes needs, which are in the key",
    "tasks.stage_task:StageTask._needs_of_origin": "makes needs, which are in the key",
    "tasks.stage_task:StageTask._selected": "makes needs, which are in the key",
    "tasks.stage_task:StageTask.family": "names the task",
    "tasks.stage_task:StageTask.maker": "names the task",
    "tasks.stage_task:StageTask.payload": "names files",
    "tasks.stage_task:StageTask.per": "tells what one record is of, as its key does",
    "tasks.stage_task:StageTask.producing": "makes needs, which are in the key",
    "tasks.stage_task:StageTask.wiring": "finds what a stage takes, and that is in the key",
    "tasks.training:NetworkTask.chosen_network": "finds the network's settings, which are in the key",
    "tasks.training:start_of": "requires published networks, whose key is in the key",
    "tasks.stages:_OfDatasets._needs_of": "makes needs, which are in the key",
    "tasks.stages:_OfDatasets._needs_of_origin": "makes needs, which are in the key",
}

#: modules whose functions and classes may be called while modules are imported: that has no effect but a result
HARMLESS = {
    "analysis.catalogues": "reads lists of files; what they say is in the key with the data sets",
    "analysis.checking.fields": "refuses what a study says, and changes nothing",
    "analysis.study": "studies are frozen; what they check they refuse, and change nothing",
}

#: functions that load modules by names that are computed, which are followed in another way
DYNAMIC = {
    "analysis.candidates:Candidate": "loads studies, whose code is in the keys of what they make, and of a capsule",
    "analysis.candidates:candidates": "finds studies, whose code is in the keys of what they make, and of a capsule",
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


def is_selecting(label: str) -> bool:
    """Whether a function only finds what is in keys by itself.

    Args:
        label: ``module:name`` or ``module:Class.member``.

    Examples:
        >>> is_selecting("analysis.study:Study.stage"), is_selecting("tasks.data:FetchData.needs"), is_selecting("a:f")
        (True, True, False)
    """
    module, _, name = label.partition(":")
    owner, _, member = name.rpartition(".")
    return (bool(owner) and member in SELECTING_METHODS) or not SELECTING.keys().isdisjoint(
        {module, f"{module}:{owner}", label}
    )


def is_harmless(module: str) -> bool:
    """Whether calls of what a module defines have no effect but their result."""
    return module in HARMLESS


def may_be_dynamic(label: str) -> bool:
    """Whether a definition, ``module:name``, may import what it computes the name of."""
    return label in DYNAMIC


@cache
def _begins(module: str, names: tuple[str, ...]) -> bool:
    return f"{module}.".startswith(tuple(f"{name}." for name in names))
