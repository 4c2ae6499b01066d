"""Contents of each page, computed when it is asked for; the parts that change are asked for again and again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError, StoreError
from analysis.provenance.inventory import locations
from analysis.provenance.journal import JournalReader
from analysis.provenance.record_index import ORDERS, RecordIndex
from tasks.framework.journaling import folder_of
from tasks.framework.settings import base_folder, store, stores
from tasks.record_states import STATES
from tasks.serving.catalogue import Catalogue, index_file
from tasks.serving.jobs import jobs_in
from tasks.serving.pages import render
from tasks.serving.runs import Run, RunReader
from tasks.serving.starting import TASKS, Starter
from tasks.serving.trainings import Training, finished_training, tell_remaining, trainings

__all__ = ["LIVE", "Views"]

#: pages with a part that changes by itself
LIVE = ("now", "trainings", "jobs")
_PAGE = 100
_FINISHED = 6
_KEEP_SECONDS = 0.8
# states are decided anew when records have changed, and not all the time
_DECIDE_SECONDS, _LIST_SECONDS = 60.0, 15.0


class Views:
    """The pages of the stores that law.cfg names.

    Args:
        starter: starts commands; ``None`` where the page only shows.
    """

    def __init__(self, starter: Starter | None = None) -> None:
        self.starter = starter
        where = locations(stores())
        self.catalogue = Catalogue(where, RecordIndex(index_file(where)))
        self.folder = folder_of(store())
        self.jobs_folder = base_folder() / "jobs"
        self._runs = RunReader(JournalReader(self.folder), store())
        self._reading = threading.Lock()
        self._alone = {name: threading.Lock() for name in LIVE}
        self._kept: dict[str, tuple[float, str]] = {}
        self._decided, self._deciding = 0.0, False
        self._listed = float("-inf")
        #: seconds that bringing the index up to date took last, and how many places had changed
        self.refreshed = (0.0, 0)
        #: why the stores could not be looked at last, so that what is listed is what was known; empty if they could
        self.problem = ""

    def page(self, name: str, /, **values: Any) -> str:
        """Return a whole page."""
        common = {
            "name": name,
            "store": store().url(""),
            "allowed": self.starter is not None,
            "unreachable": self.problem,
        }
        return render(name, **common, **values)

    def live(self, name: str) -> str:
        """Return the part of a page that changes; computed once a second, however many look at it."""
        with self._alone[name]:
            made, text = self._kept.get(name, (0.0, ""))
            if time.monotonic() - made > _KEEP_SECONDS:
                text = render(f"{name}_live", **getattr(self, f"_{name}")())
                self._kept[name] = (time.monotonic(), text)
            return text

    def _read(self) -> list[Run]:
        with self._reading:
            return self._runs.read()

    def _now(self) -> dict[str, Any]:
        runs = self._read()
        running = [run for run in runs if run.is_running]
        found = trainings(self.folder, running)
        tell_remaining(running, found)
        active = [one for jobs in jobs_in(self.jobs_folder) for one in jobs.attempts if one.phase != "over"]
        return {
            "runs": running,
            "earlier": [run for run in runs if not run.is_running],
            "trainings": found,
            "now": time.time(),
            "jobs": len(active),
            "started": self.starter.started if self.starter else (),
            "allowed": self.starter is not None,
        }

    def commands(self) -> dict[str, Any]:
        """Return what can be started."""
        return {"choices": self.starter.choices() if self.starter else {}, "tasks": TASKS}

    def _trainings(self) -> dict[str, Any]:
        runs = self._read()
        if time.monotonic() - self._listed > _LIST_SECONDS:
            self.refresh()
        return {
            "trainings": trainings(self.folder, runs),
            "finished": self._finished(),
            "now": time.time(),
            "unreachable": self.problem,
        }

    def _finished(self) -> list[Training]:
        """Return trainings whose records are there, the last ones."""
        if self.problem:
            return []
        rows, _ = self.catalogue.index.search(task="TrainModel", most=_FINISHED)
        found = []
        for row in rows:
            try:
                history = self.catalogue.file(row.place, "", "history.jsonl").read_bytes()
            except (ErumflowError, OSError):
                continue
            if training := finished_training(history, row.place):
                found.append(training)
        return found

    def _jobs(self) -> dict[str, Any]:
        return {"jobs": jobs_in(self.jobs_folder), "now": time.time()}

    def records(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the records that a search finds."""
        self.refresh()
        first = int(query["first"]) if query.get("first", "").isdecimal() else 0
        order = query.get("order", "") if query.get("order", "") in ORDERS else "newest"
        asked = {name: query.get(name, "") for name in ("words", "study", "task", "state")}
        begin = time.perf_counter()
        rows, total = self.catalogue.index.search(**asked, order=order, first=first, most=_PAGE)
        return {
            "rows": rows,
            "total": total,
            "first": first,
            "most": _PAGE,
            "asked": {**asked, "order": order},
            "names": self.catalogue.index.names(),
            "states": STATES,
            "orders": list(ORDERS),
            "seconds": time.perf_counter() - begin,
            "refreshed": self.refreshed,
            "now": time.time(),
        }

    def compared(self, a: str, b: str, study: str) -> dict[str, Any]:
        """Return what can be compared with a result: the other keys of its task, the newest first."""
        known, _ = self.catalogue.index.search(a, study=study, most=1) if a else ([], 0)
        rows, _ = self.catalogue.index.search(study=study, task=known[0].task, most=_PAGE) if known else ([], 0)
        others = [row for row in rows if not row.key.startswith(a)]
        return {"a": a, "b": b, "study": study, "others": others, "names": self.catalogue.index.names()}

    def reports(self) -> dict[str, Any]:
        """Return all pages of results, by study, the newest first."""
        self.refresh()
        rows, total = self.catalogue.index.search(task="Report", most=500)
        studies: dict[str, list[Any]] = {}
        for row in rows:
            studies.setdefault(row.study, []).append(row)
        return {"studies": studies, "total": total, "now": time.time()}

    def disk(self) -> dict[str, Any]:
        """Return what records take, and what is left on the disks of local stores."""
        self.refresh()
        sizes = self.catalogue.index.sizes()
        local = [one.address for one in self.catalogue.where if not one.is_remote and Path(one.address).is_dir()]
        disks = [(address, shutil.disk_usage(address)) for address in local]
        return {"sizes": sizes, "total": sum(row[4] for row in sizes), "disks": disks}

    def refresh(self) -> None:
        """Bring the index up to date; what the present code makes is then decided by a process of its own.

        A store that cannot be reached stays as it was known, and the page says so.
        """
        begin, self._listed = time.perf_counter(), time.monotonic()
        try:
            changed = self.catalogue.refresh()
        except StoreError as error:
            self.problem = error.problem
            return
        self.problem = ""
        if changed:
            self.refreshed = (time.perf_counter() - begin, changed)
        undecided = changed or not self._decided
        if undecided and not self._deciding and time.monotonic() - self._decided > _DECIDE_SECONDS:
            self._deciding = True
            threading.Thread(target=self._decide, daemon=True).start()

    def _decide(self) -> None:
        try:
            command = [sys.executable, "-m", "tasks.serving.deciding", str(self.catalogue.index.file)]
            null = subprocess.DEVNULL
            subprocess.run(
                command, cwd=base_folder(), check=False, start_new_session=True, stdin=null, stdout=null, stderr=null
            )
        finally:
            self._decided, self._deciding = time.monotonic(), False
