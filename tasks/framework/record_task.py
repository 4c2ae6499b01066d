"""Tasks whose result is a record, and what decides their keys."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import luigi

from analysis.provenance.keys import KeyParts, describe
from analysis.provenance.members import method_fingerprint
from analysis.provenance.plumbing import SELECTING_METHODS
from analysis.provenance.records import Record
from tasks.batch.workflow import BatchTask
from tasks.framework import reporting
from tasks.framework.due import is_due
from tasks.framework.inputs import listings_now, outdated
from tasks.framework.pinned_task import PinnedTask
from tasks.framework.recording import recorded
from tasks.framework.settings import store
from tasks.framework.study_task import StudyTask
from tasks.framework.targets import RecordTarget

# tasks have it from here, and their keys say so
__all__ = ["Need", "RecordTask", "one_a_task", "recorded"]


@dataclass(frozen=True)
class Need:
    """A requirement of a record.

    Args:
        task: the task that makes it; of a workflow, the workflow itself.
        series: which of its series; empty for a task with one record.
        aligned: whether the record labelled like one's own is enough; otherwise it is all of the series.
        first: whether the first record of the series is enough.
    """

    task: RecordTask
    series: str = ""
    aligned: bool = False
    first: bool = False

    def records(self, label: str) -> list[Record]:
        """The records that a record of that label needs."""
        labels = [label] if self.aligned else self.task.labels(self.chosen_series)[: 1 if self.first else None]
        return [self.task.record(self.chosen_series, one) for one in labels]

    @property
    def key(self) -> str:
        """The key of the records; of a whole series, also how far it goes, where its own key leaves that open."""
        key = self.task.key(self.chosen_series)
        extent = "" if self.aligned or self.first else self.task.extent(self.chosen_series)
        return f"{key} {extent}" if extent else key

    @property
    def chosen_series(self) -> str:
        """Name of the series; the task's only one where none is named."""
        return self.series or self.task.series_names()[0]


class RecordTask(BatchTask, PinnedTask, StudyTask):
    """A task with one record.

    A *series* is the records that one key decides; a task that is no workflow has one series of one record with an
    empty label. Subclasses say what their record is (``payload``, :meth:`record_name`), what decides it
    (:meth:`ingredients`, :meth:`needs`) and how it is made (``run``, with :func:`recorded`).
    """

    exclude_index = True

    #: whether what it tells at its end is read from what it needs
    tells_of_needs = False

    #: whether it reads the manifests of all that it is made of, however far before it
    needs_lineage = False

    #: names of the payload files
    payload: tuple[str, ...] = ()

    #: the use of files that this record was read from where they are, once it was
    read_in_place: Any = None

    #: those of them that hold times, so that no two records have the same
    varying: tuple[str, ...] = ()

    #: parameters that act through what they select (their ingredients and needs) and enter no key themselves
    selecting_parameters: frozenset[str] = frozenset({"study", "campaign", "statistics", "set"})

    @property
    def maker(self) -> str:
        """Family of the task that makes the records, by which law.cfg chooses stores and resources."""
        return str(self.get_task_family())

    @property
    def family(self) -> str:
        """The folder of the task's records in a study's."""
        return self.maker

    def record_name(self) -> str:
        """Return the name that a person would look for in the store."""
        return "default"

    def ingredients(self, series: str) -> dict[str, Any]:
        """Steps and configuration objects that the task uses, by name."""
        return {}

    def needs(self, series: str) -> dict[str, Need]:
        """The records that the task uses, by role."""
        return {}

    def series_names(self) -> tuple[str, ...]:
        """Names of the series."""
        return (self.record_name(),)

    def labels(self, series: str) -> tuple[str, ...]:
        """Labels of the records of a series."""
        return ("",)

    def extent(self, series: str) -> str:
        """Return the extent of a series, if its key does not decide it: what uses all of it depends on that."""
        return ""

    @property
    def own_series(self) -> str:
        """The series that this task's record belongs to."""
        return self.series_names()[0]

    @property
    def own_label(self) -> str:
        """The label of this task's record."""
        return ""

    def key_parts(self, series: str) -> KeyParts:
        """Return the parts of the key that decides the records of a series; computed once."""
        known: dict[str, KeyParts] = self.__dict__.setdefault("_key_parts", {})
        if series not in known:
            known[series] = KeyParts(
                family=self.family,
                parameters=self._decisive_parameters(),
                code=self._code(),
                configuration={name: describe(value) for name, value in self.ingredients(series).items()},
                inputs={role: need.key for role, need in self.needs(series).items()},
            )
        return known[series]

    def _code(self) -> dict[str, str]:
        cls: Any = type(self)
        elsewhere = frozenset({*SELECTING_METHODS, *(name for name, _ in self.get_params())})
        # what needs the records loads them by the task that made them
        methods = ("run", "load") if hasattr(cls, "load") else ("run",)
        return {label: one for name in methods for label, one in method_fingerprint(cls, name, elsewhere).items()}

    def key(self, series: str) -> str:
        """The key under which the records of a series are: the one that law.cfg pins it to, or that of its parts."""
        known: dict[str, str] = self.__dict__.setdefault("_keys", {})
        if series not in known:
            pin = self.pinned(series)
            known[series] = pin.key if pin else self.key_parts(series).key()
        return known[series]

    def _decisive_parameters(self) -> dict[str, str]:
        return {
            name: str(parameter.serialize(getattr(self, name)))
            for name, parameter in self.get_params()
            if parameter.significant and name not in self.selecting_parameters
        }

    def stored_parameters(self) -> dict[str, str]:
        """All parameters as texts, also those that decide nothing, for the manifest."""
        return {
            name: str(parameter.serialize(getattr(self, name)))
            for name, parameter in self.get_params()
            if name not in self.interactive_params and not isinstance(parameter, luigi.TaskParameter)
        }

    def place(self, series: str) -> str:
        """The place of a series in the store."""
        known: dict[str, str] = self.__dict__.setdefault("_places", {})
        if series not in known:
            known[series] = f"{self.study}/{self.family}/{series}-{self.key(series)}"
        return known[series]

    def record(self, series: str, label: str) -> Record:
        """One record of a series."""
        return Record(store(self.maker), self.place(series), label, self.payload_of(series))

    def payload_of(self, series: str) -> tuple[str, ...]:
        """Names of the payload files of a series."""
        return self.payload

    @property
    def own_record(self) -> Record:
        """The record that this task makes."""
        return self.record(self.own_series, self.own_label)

    def requires(self) -> dict[str, Any]:
        return one_a_task({role: need.task for role, need in self.upstream(self.own_series).items()})

    def output(self) -> RecordTarget:
        series = self.own_series
        return RecordTarget(
            self.own_record, pinned=bool(self.pinned(series)), outdated=functools.partial(self.outdated, series)
        )

    def complete(self) -> bool:
        return not is_due(self) and bool(super().complete())

    def outdated(self, series: str, labels: Iterable[str]) -> dict[str, str]:
        """Of complete records those whose inputs were made anew with other content, by label, with the reason."""
        return outdated(self, series, labels, listings_now())

    def input_records(self, role: str) -> list[Record]:
        """The records of a role of :meth:`needs`."""
        return self.needs(self.own_series)[role].records(self.own_label)

    def input_paths(self, role: str, payload: str) -> list[Path]:
        """Local paths of a payload file of every record of a role, sizes checked.

        Raises:
            RecordError: one is damaged; it is set aside.
        """
        return [record.path(payload) for record in self.input_records(role)]

    def input_path(self, role: str, payload: str) -> Path:
        """Like :meth:`input_paths`, for a role of one record."""
        (path,) = self.input_paths(role, payload)
        return path

    def check_result(self) -> None:
        """See that what the command tells of is what its manifest says, where it did not make it itself.

        Raises:
            RecordError: it is not; it is set aside.
        """
        if not reporting.was_begun(self.own_record):
            self.own_record.verify()

    def summary(self) -> Iterable[tuple[str, str]]:
        """Yield the entries that a user wants to see at the end of a run, as pairs of a name and a text."""
        yield "record", self.own_record.address


def one_a_task(required: dict[str, Any]) -> dict[str, Any]:
    """Requirements by role without repetitions: a task is required once, however many roles it serves."""
    roles = {task: role for role, task in reversed(required.items())}
    return {role: task for role, task in required.items() if roles[task] == role}
