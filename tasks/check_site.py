"""Whether jobs can run at a site: one tiny job, one table."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
import uuid
from pathlib import Path

import luigi

from analysis.errors import BatchError, ErumflowError, StoreError
from analysis.printable import printable
from analysis.provenance.remote.faults import CredentialsError
from tasks.batch import code_bundle
from tasks.batch.environment import check_credentials_for, project_job
from tasks.batch.site_probe import MARK
from tasks.batch.sites import Site, batch_system, site_named
from tasks.batch.store_probe import Finding, leave_file, new_place, remove_files, seen_from_here
from tasks.batch.systems.system import BatchSystem, Job, Status
from tasks.framework import reporting
from tasks.framework.data_access import data_options, files_in_place
from tasks.framework.numbers import Number
from tasks.framework.settings import base_folder, store, stores
from tasks.framework.study_task import StudyTask

__all__ = ["CheckSite"]

# a job that waits is asked about after this time (s)
WHY_SECONDS = 20.0
# the log of a job may come later than its end (s)
LOG_SECONDS = 20.0


class CheckSite(StudyTask):
    """Submit a tiny job to a site and say in one table what works there, and for what does not, its cure."""

    site = luigi.Parameter(default="local", description="name of the site, a section of law.cfg; default: local")
    patience = Number(
        least=0, default=600.0, significant=False, description="seconds that the job may take; default: 600"
    )

    checked = False

    def complete(self):
        return self.checked

    def output(self):
        return []

    def run(self):
        site = site_named(self.site)
        rows: list[Finding] = []
        try:
            self._look(site, rows)
        except ErumflowError as error:
            rows.append(Finding(_failed_at(error, rows), "failed", error.problem, error.cure))
        show(site, rows)
        failed = [row.what for row in rows if row.result == "failed"]
        if failed:
            raise BatchError(
                f"site {site.name!r}: {len(failed)} of {len(rows)} checks failed: {', '.join(failed)}",
                cure="the table has a cure for each",
            )
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.checked = True

    def _look(self, site: Site, rows: list[Finding]) -> None:
        system = batch_system(site)
        rows.append(Finding("batch system", "ok", system.check()))
        urls = [url for one in stores() if "://" in (url := one.url(""))]
        urls += [file.url for file in files_in_place(self.definition) if "://" in file.url]
        check_credentials_for(urls, site.resources.runtime)
        if urls:
            rows.append(Finding("credentials", "ok", f"none expires in the {site.resources.runtime} s of a job"))
        place = new_place()
        try:
            job = self._job(site, place, [leave_file(one, place) for one in stores()])
            self._ask(system, job, site, rows, place)
        finally:
            for one in stores():
                with contextlib.suppress(ErumflowError):
                    remove_files(one, place)
        if all(row.result != "failed" for row in rows):
            system.forget([job.name])
            for file in (job.log, job.log.with_suffix(".json")):
                file.unlink(missing_ok=True)

    def _ask(self, system: BatchSystem, job: Job, site: Site, rows: list[Finding], place: str) -> None:
        begin = time.time()
        (number,) = system.submit([job])
        rows.append(Finding("submission", "ok", f"job {number} in {time.time() - begin:.1f} s"))
        try:
            status = self._follow(system, number, site)
        except BaseException:
            # Ctrl-C included: nothing stays behind
            system.remove([number])
            raise
        if status.state != "ended":
            system.remove([number])
        found = _answer(job.log)
        if found is None:
            rows.append(_no_answer(job, status))
            return
        waited = (status.started or found["began"]) - begin
        rows.append(Finding("start", "ok", f"on {found['host']} {max(waited, 0):.0f} s after submission"))
        rows.append(
            Finding("environment", "ok", f"ready {max(found['began'] - begin - waited, 0):.1f} s after the start")
        )
        rows += [Finding(**row) for row in found["findings"]]
        # a store without a file of the job's has its own row
        rows += [seen_from_here(one, place, left) for one, left in zip(stores(), found["left"], strict=False) if left]

    def _job(self, site: Site, place: str, left: list[str]) -> Job:
        name = f"check-{uuid.uuid4().hex[:12]}"
        folder = site.logs / "CheckSite"
        folder.mkdir(parents=True, exist_ok=True)
        request = folder / f"{name}.json"
        asked = {
            "data": [dataclasses.asdict(file) for file in files_in_place(self.definition)],
            "options": dataclasses.asdict(data_options()),
            "scratch": site.scratch,
            "disk": site.resources.disk,
            "gpus": site.resources.gpus,
            "place": place,
            "left": left,
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        return project_job(
            site,
            name,
            request=request,
            log=folder / f"{name}.log",
            resources=site.resources,
            code=lambda: code_bundle.in_store(store(), base_folder(), site.logs / "code"),
            module="tasks.batch.site_probe",
        )

    def _follow(self, system: BatchSystem, number: str, site: Site) -> Status:
        begin = time.monotonic()
        pause, asked = site.first_poll, False
        while True:
            status = system.query([number])[number]
            waited = time.monotonic() - begin
            if status.state in ("ended", "held", "suspended") or waited > self.patience:
                return status
            if status.state == "gone" and waited > LOG_SECONDS:
                return status
            if status.state == "pending" and waited > WHY_SECONDS and not asked:
                asked = True
                reporting.tell(f"job {number} waits: {system.why_pending(number)}")
            time.sleep(min(pause, max(self.patience - waited, 0.1)))
            pause = min(1.5 * pause, site.last_poll)


def _failed_at(error: ErumflowError, rows: list[Finding]) -> str:
    """The row of an error that ended the check."""
    if isinstance(error, CredentialsError):
        return "credentials"
    if isinstance(error, StoreError):
        return "store from here"
    return "job" if rows else "batch system"


def _answer(log: Path) -> dict | None:
    """Read the findings that the job printed."""
    end = time.monotonic() + LOG_SECONDS
    while True:
        # shared file systems show a new file late
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        for line in text.splitlines():
            if line.startswith(MARK):
                return json.loads(line.removeprefix(MARK))
        if text or time.monotonic() > end:
            return None
        time.sleep(0.5)


def _no_answer(job: Job, status: Status) -> Finding:
    last = job.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:] if job.log.exists() else []
    said = f"; its last words: {' / '.join(last)}" if last else "; it left no log"
    if status.state == "pending":
        said = ""
    detail = f"{status.state}{f' ({status.reason})' if status.reason else ''}{said}"
    if status.state == "pending":
        cure = "wait longer (--patience), or ask for less: what it waits for is above the table"
    elif last:
        cure = f"the whole log is {job.log}"
    else:
        cure = "see that workers see the folder of logs (logs), or set environment = bundle for the site"
    return Finding("job", "failed", detail, cure)


def show(site: Site, rows: list[Finding]) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"site {site.name} ({site.system})", title_justify="left")
    for heading in ("", "", "", "cure"):
        table.add_column(heading, overflow="fold")
    colors = {"ok": "green", "note": "yellow", "failed": "red"}
    for row in rows:
        table.add_row(row.what, f"[{colors[row.result]}]{row.result}[/]", _plain(row.detail), _plain(row.cure))
    console = Console(highlight=False)
    if not console.is_terminal:
        # into a file, every row whole
        console.width = 200
    console.print(table)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))
