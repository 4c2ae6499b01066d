"""A study that is open: its records as events, histograms, networks, results, figures. It makes and writes nothing."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.checking.names import check_known
from analysis.errors import ErumflowError, StoreError, StudyError
from analysis.study import Study
from tasks.finding import ORIGIN, Reading, find, holds_events, parts_of, usual_datasets
from tasks.framework.settings import default_study, study_named
from tasks.reading import count, files, load, refuse_edited, refuse_missing
from tasks.results import CollectResults

__all__ = ["OpenedStudy", "State"]

_ENDS = ("CollectResults", "Report")


@dataclass(frozen=True)
class State:
    """State of a stage: how much of it is there.

    Args:
        name: of the stage; ``raw``, ``truth``, or a task that is no stage.
        task: that makes it.
        per: what one record is made of.
        made: number of records that are there.
        wanted: number of records that there should be.
        problem: why that is not known; empty if it is.
    """

    name: str
    task: str
    per: str
    made: int = 0
    wanted: int = 0
    problem: str = ""

    @property
    def words(self) -> str:
        """Say how much there is."""
        if self.problem:
            return self.problem
        if not self.wanted and not self.made:
            return "read in place" if self.name == "raw" else "nothing to make"
        if self.made == self.wanted:
            return "made" if self.wanted == 1 else f"made ({self.wanted} records)"
        return f"{self.made} of {self.wanted} records" if self.made else "not made"


class OpenedStudy:
    """A study whose records can be read; see :func:`tasks.opening.open_study`.

    ``study["fit"]`` is the value of a stage as other stages get it, or a dictionary of it by data set. What is not
    made yet is an error that says which command makes it.

    Args:
        name: of the study; empty for the default one.
        campaign: empty for the study's first.
        statistics: empty for the study's first choice.
        changes: by option of the command line, as there: ``set``, ``training``, ...

    Raises:
        StudyError: a name is unknown; the message lists the known ones.
    """

    def __init__(self, name: str, campaign: str, statistics: str, changes: Mapping[str, str]) -> None:
        name = name or default_study()
        study = study_named(name)
        for asked, known, what in (
            (campaign, study.campaigns, "campaign"),
            (statistics, study.statistics, "choice of statistics"),
        ):
            check_known([asked] if asked else [], (one.name for one in known), "open_study", what)
        check_known(filter(None, [changes.get("data")]), ("asimov", "observed"), "open_study", "kind of data")
        given = {option: text for option, text in changes.items() if text}
        # it takes all options, and hands them on to what it requires
        self._root: Any = CollectResults(study=name, campaign=campaign, statistics=statistics, **given)

    @property
    def definition(self) -> Study:
        """The study itself: data sets, stages, settings."""
        study: Study = self._root.definition
        return study

    def value(
        self,
        name: str,
        dataset: str = "",
        *,
        shift: str = "",
        fields: tuple[str, ...] | list[str] | None = None,
        **parameters: Any,
    ) -> Any:
        """Read what a stage holds, of all chunks.

        Args:
            name: of a stage or of its task, ``raw`` (raw events), ``truth`` (of simulated ones), or another task.
            dataset: of what is made by data set; without one, a dictionary of all of them.
            shift: such as ``tau_energy_up``; empty for nominal events.
            fields: of events that are read; all of them without.
            **parameters: of a task that is no stage, such as ``round=1`` of RunTrials.

        Returns:
            What the stage's format reads: awkward array, histograms, networks, results, workspaces, corrections,
            figures; of a task that makes files, their local paths by name.

        Raises:
            RecordError: it is not made yet, not all of it, or a record is damaged.
            StudyError: a name is unknown, or code was edited since the study was opened.
        """
        needs = find(self._root, name, dataset, shift, parameters)
        if fields is not None:
            self._check_events(name, needs)
        wanted = tuple(fields) if fields is not None else None
        found = {one: load(need, wanted) for one, need in self._there(needs).items()}
        return found.get(dataset, found)

    def __getitem__(self, name: str) -> Any:
        """The value of a stage, see :meth:`value`."""
        return self.value(name)

    def events(
        self, name: str, dataset: str, *, shift: str = "", fields: tuple[str, ...] | list[str] | None = None
    ) -> Any:
        """Read events of a data set as an awkward array: of a stage or its task, ``raw`` or ``truth``.

        Args: see :meth:`value`.

        Raises:
            RecordError: see :meth:`value`.
            StudyError: the stage holds no events.
        """
        self._check_events(name, find(self._root, name, dataset, shift, {}))
        return self.value(name, dataset, shift=shift, fields=fields)

    def histogram(
        self, name: str, variable: str, process: str = "", region: str = "", shift: str = "nominal", dataset: str = ""
    ) -> Any:
        """Read one histogram as ``hist.Hist``; an axis of which nothing is chosen stays.

        Its flow bins, where it has some, belong to the first and the last bin in fits and figures.

        Args:
            name: of the stage, or FillHistograms for a single data set.
            variable: name.
            process: name; empty for all.
            region: name; empty for all.
            shift: of events or weights, such as ``luminosity_up``; empty for all.
            dataset: for FillHistograms.

        Raises:
            RecordError: see :meth:`value`.
            StudyError: nothing of that name is filled; the message lists what is.
        """
        value = self.value(name, dataset)
        filled = getattr(value, "hists", None)
        if not isinstance(filled, Mapping):
            raise StudyError(f"{name!r} holds no histograms of one kind", cure="name a stage Histograms, or dataset=")
        check_known([variable], filled, f"histogram {name!r}", "variable")
        found = filled[variable]
        chosen = {"process": process, "region": region, "shift": shift}
        for axis, category in chosen.items():
            check_known([category] if category else [], map(str, found.axes[axis]), f"histogram {variable!r}", axis)
        return found[{axis: category for axis, category in chosen.items() if category}]

    def files(self, name: str, dataset: str = "", *, shift: str = "", **parameters: Any) -> dict[str, Any]:
        """Find the local paths of all files of records, by name; files on servers are fetched.

        Without a data set, a dictionary of that for each. Arguments: see :meth:`value`.
        """
        needs = self._there(find(self._root, name, dataset, shift, parameters))
        found = {
            one: {file: path for part in parts_of(need) for file, path in files(part).items()}
            for one, need in needs.items()
        }
        return found.get(dataset, found)

    def records(self) -> list[State]:
        """Tell of raw events, truth, stages and results how much of each is there; costs a listing each."""
        study = self.definition
        origin = [name for name in ORIGIN if usual_datasets(self._root, name)]
        return [self._state(one) for one in (*origin, *(stage.name for stage in study.stages), *_ENDS)]

    def __repr__(self) -> str:
        from analysis.report.mathematics import as_text

        rows = [(one.name, one.task, one.words) for one in self.records()]
        widths = [max(len(row[place]) for row in rows) for place in range(2)]
        title = as_text(self.definition.title)
        first = f"{self._called()}: {title}" if title else self._called()
        return "\n".join([first, *(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)])

    def _repr_html_(self) -> str:
        from analysis.report.display import html_table
        from analysis.report.mathematics import as_html

        rows = ([html.escape(text) for text in (one.name, one.task, one.per, one.words)] for one in self.records())
        title = as_html(self.definition.title)
        return f"<p><b>{html.escape(self._called())}</b> {title}</p>{html_table(('', 'task', 'per', 'records'), rows)}"

    def _ipython_key_completions_(self) -> list[str]:
        return [one.name for one in self.definition.stages]

    def _called(self) -> str:
        root, study = self._root, self.definition
        parts = [f"study {root.study}", *([f"campaign {root.campaign}"] if root.campaign else [])]
        parts += [f"statistics {root.statistics}"] if root.statistics != study.statistics[0].name else []
        return ", ".join([*parts, *(f"{name}={text}" for name, text in root.set.items())])

    def _state(self, name: str) -> State:
        family, per = name, "study"
        try:
            needs = find(self._root, name, "", "", {})
            family, per = self._made_by(name, needs)
            counts = [count(need) for need in needs.values()]
        except StoreError:
            # all others would wait for the same server
            raise
        except ErumflowError as error:
            return State(name, family, per, problem=error.problem)
        return State(name, family, per, sum(made for made, _ in counts), sum(wanted for _, wanted in counts))

    def _made_by(self, name: str, needs: Mapping[str, Reading]) -> tuple[str, str]:
        """Families of the tasks that make something, and what one record of it is made of."""
        if name in ORIGIN:
            made_by = [one.task.get_task_family() for need in needs.values() for one in parts_of(need)[:1]]
            return ", ".join(dict.fromkeys(made_by)), "chunk" if "FetchData" not in made_by else "file"
        task = next(iter(needs.values())).task
        stage = getattr(task, "chapter", None)
        return str(task.get_task_family()), stage.per if stage else "campaign"

    def _there(self, needs: dict[str, Reading]) -> dict[str, Reading]:
        """The same, of records that are there."""
        refuse_edited(needs.values())
        refuse_missing(needs)
        return needs

    def _check_events(self, name: str, needs: Mapping[str, Reading]) -> None:
        if not all(holds_events(need) for need in needs.values()):
            known = [*ORIGIN, *(stage.name for stage in self.definition.stages if stage.format == "events")]
            raise StudyError(
                f"{name!r} holds no events",
                cure=f"study.value({name!r}) reads it; events are in: {', '.join(known)}",
            )
