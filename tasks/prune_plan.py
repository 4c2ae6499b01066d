"""The plan of what goes from the stores: records that nothing needs, and what killed processes left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from analysis.checking.names import check_known
from analysis.errors import ErumflowError, StoreError
from analysis.provenance.inventory import Location, StoredPlace, find_places, locations, read_manifests
from analysis.provenance.leftovers import Leftovers, find_leftovers
from analysis.provenance.manifests import MANIFEST
from analysis.provenance.pruning import PRESERVING, Choice, Needed, choose, removals_of
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.trash import Removal
from tasks.batch.submission import active_attempts
from tasks.current import current_places, is_current, pinned_keys
from tasks.framework.progress import count_progress
from tasks.framework.settings import base_folder, stores
from tasks.record_states import study_problem

__all__ = ["Asked", "Plan", "all_locations", "refuse_if_at_work"]


@dataclass(frozen=True)
class Asked:
    """Restrictions of a removal on the command line.

    Args:
        studies: names; empty for all.
        tasks: names of tasks or stages; empty for all.
        before: what was made later stays (seconds since the epoch).
        versions: how many of the newest keys of each series stay.
        changes: of settings, whose records stay too.
        variants: whether records of other changed settings go.
        capsules: files that list records which stay.
    """

    studies: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    before: float = 0.0
    versions: int = 0
    changes: tuple[Any, ...] = ()
    variants: bool = False
    capsules: tuple[Path, ...] = ()

    def covers(self, place: str) -> bool:
        """Whether it is about a place."""
        study, task = place.split("/")[:2]
        named = not self.tasks or task in self.tasks or task.partition(".")[2] in self.tasks
        return named and (not self.studies or study in self.studies)


@dataclass
class Plan:
    """Records that would go, by location, and reasons for the rest to stay.

    Args:
        places: whose records go.
        leftovers: of killed processes.
        staying: why places stay, by place.
        studies: names of those that have records.
        problems: of studies that are not known, why, by name.
    """

    places: dict[Location, list[StoredPlace]] = field(default_factory=dict)
    leftovers: dict[Location, Leftovers] = field(default_factory=dict)
    staying: dict[str, str] = field(default_factory=dict)
    studies: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, where: Sequence[Location], asked: Asked) -> Plan:
        """Look into all locations.

        Raises:
            StoreError: one cannot be reached.
            StudyError: there are no records of a study that is named; the message has the nearest name.
            PreservationError: a capsule is none.
        """
        if asked.studies:
            known = {name for location in where for name in location.store.folders("")}
            check_known(asked.studies, sorted(known), "--study", "study with records")
        plan = cls()
        found: dict[Location, list[StoredPlace]] = {}
        for location in where:
            progress = partial(count_progress, f"places in {location.address}")
            found[location] = find_places(location, studies=asked.studies, progress=progress)
        records = [place for places in found.values() for place in places if place.files]
        with count_progress("manifests", len(records)) as report:
            manifests = read_manifests(records, report=report)
        needed = plan._needed(records, manifests, asked)
        covered = {one.place for one in records if asked.covers(one.place)}
        choice: Choice = choose(
            records, manifests, needed, before=asked.before, versions=asked.versions, restricted=covered
        )
        plan.staying = choice.staying
        wanted = {*needed.current, *(p.place for p in records if choice.staying.get(p.place) == "pinned")}
        for location, places in found.items():
            plan.places[location] = [place for place in choice.going if place.location is location]
            about = [place for place in places if asked.covers(place.place) and place.study not in needed.unknown]
            plan.leftovers[location] = find_leftovers(location, about, wanted, before=asked.before)
            if not asked.studies and not asked.tasks:
                plan.leftovers[location].removals += _compiled(location, asked.before)
        return plan

    def removals(self, location: Location) -> list[Removal]:
        """Return all that goes from a location."""
        records = [removal for place in self.places[location] for removal in removals_of(place)]
        return [*records, *self.leftovers[location].removals]

    def at_work(self) -> list[str]:
        """Return the places that processes write to."""
        return sorted({place for leftovers in self.leftovers.values() for place in leftovers.at_work})

    def _needed(self, records: Sequence[StoredPlace], manifests: dict[StoredPlace, Any], asked: Asked) -> Needed:
        current: set[str] = set()
        self.studies = {place.study for place in records}
        for study in sorted(self.studies):
            try:
                current |= current_places(study, asked.changes)
            except ErumflowError as error:
                if study in asked.studies and not study_problem(study):
                    # it is there: then it is the command that is wrong
                    raise
                self.problems[study] = error.problem
        own = (place for place in records if place.place not in current and place.study not in self.problems)
        current |= {place.place for place in own if _is_made(place, manifests.get(place), asked)}
        preserved = frozenset(place for file in asked.capsules for place in _listed(file))
        unknown = frozenset(self.problems.keys() - set(asked.studies))
        pinned = {one.key for one in records if any(one.key.startswith(key) for key in pinned_keys())}
        return Needed(frozenset(current), frozenset(pinned), preserved, unknown)


def all_locations() -> list[Location]:
    """Return the locations of all stores, and the local folders of those on servers, if they are there."""
    found = list(locations(stores()))
    scratch = [one.store.scratch for one in found if isinstance(one.store, RemoteStore)]
    return [*found, *locations([one for one in scratch if one.root.is_dir()])]


def refuse_if_at_work(plan: Plan) -> None:
    """Stop if a process writes to a store, or a job may.

    Raises:
        StoreError: one does.
    """
    if places := plan.at_work():
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        raise StoreError(
            f"records are being written now, which may need what would go: {', '.join(places[:3])}{more}",
            cure="run this again when that has ended; a writer that was killed on a server counts as dead after 10 min",
        )
    jobs = [
        one
        for one in active_attempts(base_folder() / "jobs")
        if any(record.split("/")[0] in plan.studies for record in one.records)
    ]
    if jobs:
        raise StoreError(
            f"{len(jobs)} jobs are in queues, which may need what would go: {jobs[0].name} at the site {jobs[0].site}",
            cure="run this again when they have ended, or end them: law run TASK --cancel-jobs",
        )


def _is_made(place: StoredPlace, manifest: Any, asked: Asked) -> bool:
    """Whether the present code makes the records of a place, with settings that are to be kept."""
    # capsules and verdicts stay in any case
    if manifest is None or place.task in PRESERVING:
        return False
    return is_current(place.place, manifest, "") or (not asked.variants and is_current(place.place, manifest))


def _listed(capsule: Path) -> Iterator[str]:
    """Yield the places of the records that a capsule was made of."""
    from analysis.preservation import archive

    for name in archive.names(capsule):
        if name.startswith("records/") and name.endswith(MANIFEST):
            yield name.removeprefix("records/").rpartition("/")[0]


def _compiled(location: Location, before: float) -> Iterator[Removal]:
    """Yield compiled programs that earlier versions kept in the store; nothing uses them any more."""
    if location.is_remote:
        return
    for processor, folder in location.files.listing(".compiled/.workspace").items():
        if folder.is_folder:
            for name, entry in location.files.listing(f".compiled/.workspace/{processor}").items():
                if entry.modified < before:
                    path = f".workspace/{processor}/{name}"
                    yield Removal(".compiled", processor, (path,), entry.size, "compiled program")
