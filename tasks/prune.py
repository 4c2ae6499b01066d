"""Pruning of the stores: what nothing needs goes to a trash, comes back from there, or is deleted for good."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import law
import luigi

from analysis.checking.names import check_known
from analysis.errors import StoreError, StudyError
from analysis.provenance.inventory import Location
from analysis.provenance.leftovers import remove_locks
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import store_errors
from analysis.provenance.trash import Heap, Removal, Trash, new_name
from analysis.provenance.usage import alone
from tasks.framework.numbers import WholeNumber
from tasks.framework.parameters import AgeParameter, ChangesParameter
from tasks.framework.progress import count_progress
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell
from tasks.list_records import aligned, in_bytes
from tasks.prune_plan import Asked, Plan, all_locations, refuse_if_at_work

__all__ = ["Prune"]


class Prune(ProjectTask):
    """Find what no current, pinned, preserved or young result needs, and what killed processes left.

    Nothing is touched without --remove, which moves it to the trash of its store; --undo brings it back, --empty
    deletes it for good.
    """

    study = law.CSVParameter(
        default=(), description="names of studies, also of such as cannot be loaded; default: all that can be loaded"
    )
    task = law.CSVParameter(default=(), description="names of tasks or stages; default: all")
    older_than = AgeParameter(
        default="1d",
        description="what is younger stays, and what it was made of: such as 30d, 12h, 2w, 0d; default: 1d",
    )
    keep_versions = WholeNumber(
        least=0, default=0, description="how many of the newest keys of each series stay in any case; default: 0"
    )
    set = ChangesParameter(
        default={},
        description="changes of settings, STAGE.field=value,..., whose records are needed too, also where --variants "
        "is said; default: none",
    )
    variants = luigi.BoolParameter(
        default=False,
        description="records that the present code makes with changed settings go, too; default: they stay",
    )
    capsules = law.CSVParameter(
        default=(), description="files of capsules that are no longer in a store: what they list stays; default: none"
    )
    remove = luigi.BoolParameter(default=False, description="move what is found to the trash; default: only list it")
    undo = luigi.BoolParameter(default=False, description="bring back what was moved to the trash last, or --heap")
    empty = luigi.BoolParameter(default=False, description="delete all that is in the trash for good, or only --heap")
    heap = luigi.Parameter(default="", description="name of a heap of the trash, as the list has it; default: the last")

    done = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Refuse what cannot be meant together.

        Raises:
            StudyError: more than one of --remove, --undo and --empty; or --heap without the latter two.
        """
        params = super().modify_param_values(params)
        AgeParameter.number(params["older_than"])
        if sum(params[name] for name in ("remove", "undo", "empty")) > 1:
            raise StudyError("only one of --remove, --undo and --empty can be done", cure="leave the others out")
        if params["heap"] and not (params["undo"] or params["empty"]):
            raise StudyError("--heap is for --undo and --empty", cure="say one of them")
        return params

    def output(self):
        return []

    def complete(self):
        return self.done

    def run(self):
        if self.undo:
            self._undo()
        elif self.empty:
            self._empty()
        elif self.remove:
            self._remove()
        else:
            plan = Plan.made(all_locations(), self._asked())
            _tell_plan(plan)
            try:
                refuse_if_at_work(plan)
            except StoreError as error:
                tell(f"--remove would refuse: {error.problem}")
            tell("nothing was touched; --remove moves it to the trash, from where --undo brings it back")
        self.done = True

    def summary(self) -> Iterator[tuple[str, str]]:
        for location, heap in _heaps(all_locations()):
            if heap.state == "ending":
                yield "trash", f"{heap.name} in {location.address}: half deleted; --empty goes on with it"
            else:
                text = f"{_number(heap.removals)}, {in_bytes(heap.size)}"
                half = ", half moved; --remove goes on with it" if heap.state == "begun" else ""
                yield "trash", f"{heap.name} in {location.address}: {text}{half}"

    def _asked(self) -> Asked:
        seconds = AgeParameter.number(self.older_than) or 0.0
        return Asked(
            studies=tuple(self.study),
            tasks=tuple(self.task),
            # clocks of servers may be ahead
            before=time.time() - seconds if seconds else float("inf"),
            versions=self.keep_versions,
            changes=(self.set,) if self.set else (),
            variants=self.variants,
            capsules=tuple(Path(file).expanduser() for file in self.capsules),
        )

    def _remove(self) -> None:
        where = all_locations()
        with contextlib.ExitStack() as stack:
            for location in where:
                _have_alone(location, stack)
            # what is found now is not being written by anybody here
            plan = Plan.made(where, self._asked())
            refuse_if_at_work(plan)
            _tell_plan(plan)
            begun = [heap.name for _, heap in _heaps(where) if heap.state == "begun"]
            name, stayed = begun[0] if begun else new_name(), []
            for location in where:
                remove_locks(location, plan.leftovers[location].locks)
                removals = plan.removals(location)
                if removals or begun:
                    with count_progress("moved", len(removals)) as report:
                        stayed += Trash(location).take(removals, name, report)
                if isinstance(location.store, RemoteStore):
                    location.store.cache.trim()
        if stayed:
            tell(f"{_number(stayed)} stayed: they are being written")

    def _undo(self) -> None:
        chosen = [(location, heap) for location, heap in self._chosen() if heap.state != "ending"]
        if not chosen:
            raise StoreError("the trash is empty: there is nothing to bring back", cure="law run Prune lists heaps")
        last = chosen[0][1].name
        for location, heap in chosen:
            if heap.name == last:
                number = len(heap.removals)
                with count_progress("brought back", number) as report:
                    stayed = Trash(location).bring_back(heap, report)
                tell(f"{number - len(stayed)} of {number} came back to {location.address}")
                if stayed:
                    tell(f"{_number(stayed)} stayed in the trash: made anew meanwhile, or being written")

    def _empty(self) -> None:
        for location, heap in self._chosen():
            Trash(location).empty(heap)
            tell(f"{heap.name} is deleted: {_number(heap.removals)}, {in_bytes(heap.size)}")

    def _chosen(self) -> list[tuple[Location, Heap]]:
        found = _heaps(all_locations())
        if self.heap:
            check_known([self.heap], sorted({heap.name for _, heap in found}), "--heap", "heap")
        return [(location, heap) for location, heap in found if self.heap in ("", heap.name)]


def _have_alone(location: Location, stack: contextlib.ExitStack) -> None:
    """Keep processes of this machine, or of the store's folder, from beginning to write meanwhile."""
    local = location.store.scratch if isinstance(location.store, RemoteStore) else location.store
    if local.root.is_dir():
        with store_errors(location.address):
            stack.enter_context(alone(local.root))


def _heaps(where: list[Location]) -> list[tuple[Location, Heap]]:
    """All heaps, the newest first."""
    found = [(location, heap) for location in where for heap in Trash(location).heaps()]
    return sorted(found, key=lambda pair: pair[1].name, reverse=True)


def _tell_plan(plan: Plan) -> None:
    """Tell what goes, by location, study and task, and why the rest stays."""
    for location, places in plan.places.items():
        leftovers = plan.leftovers[location].removals
        if not places and not leftovers:
            continue
        tell(f"of {location.address}")
        lines = [("study", "task", "keys", "records", "size")]
        for study, task in sorted({(place.study, place.task) for place in places}):
            own = [place for place in places if (place.study, place.task) == (study, task)]
            records = sum(len(place.labels) for place in own)
            lines.append((study, task, f"{len(own):,}", f"{records:,}", in_bytes(sum(one.size for one in own))))
        for line in aligned(lines, right={2, 3, 4}) if places else ():
            tell(f"  {line}")
        for kind in sorted({one.kind for one in leftovers}):
            sizes = [one.size for one in leftovers if one.kind == kind]
            tell(f"  {kind}s of nobody: {len(sizes):,}, {in_bytes(sum(sizes))}")
        total = sum(place.size for place in places) + sum(one.size for one in leftovers)
        number = sum(len(place.labels) for place in places)
        tell(f"  in all: {len(places):,} keys, {number:,} records, {in_bytes(total)}")
    if not any(plan.removals(location) for location in plan.places):
        tell("there is nothing that could go")
    if plan.staying:
        counts = Counter(plan.staying.values()).most_common()
        tell(f"staying: {', '.join(f'{number:,} {why}' for why, number in counts)}")
    for study, problem in plan.problems.items():
        tell(f"the study {study} is not known ({problem}): its records stay, unless --study {study} names it")


def _number(removals: list[Removal]) -> str:
    records = sum(one.is_record for one in removals)
    others = len(removals) - records
    return f"{records:,} records" + (f" and {others:,} leftovers" if others else "")
