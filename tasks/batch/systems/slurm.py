"""Slurm, through its commands, with and without accounting."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.description import slurm_options, slurm_script
from tasks.batch.sites import Site
from tasks.batch.systems.commands import Answer, Commands, Unusable
from tasks.batch.systems.rows import Rows
from tasks.batch.systems.slurm_states import ROW, parse_row, pending_reason
from tasks.batch.systems.system import BatchSystem, Job, Status
from tasks.batch.turns import rest

__all__ = ["Slurm"]

REMOVAL_TIME = 120.0
# what a script may have is up to the cluster's max_script_size, 4 MB if nobody says otherwise
SCRIPT_SIZE = 1_000_000
# names and logs of jobs are deleted after this time (s); accounting is asked no further back
KEPT = 30 * 86400.0
QUEUE_FIELDS = ("JobArrayID", "State", "exit_code", "Reason", "StartTime", "NodeList", "Name")
HISTORY_FIELDS = ("JobID", "State", "ExitCode", "Reason", "Start", "NodeList", "JobName")


class Slurm(BatchSystem):
    """Slurm, through its commands.

    Jobs that are submitted together are one array; their names and logs are kept in a file beside the logs, as the
    tasks of an array share one name in Slurm.

    Args:
        site: which partition, and how to reach the commands.
    """

    def __init__(self, site: Site) -> None:
        self.name = site.name
        self._site = site
        # times in s since 1970, whatever the time zone of the machine that answers
        epoch = {"SLURM_TIME_FORMAT": "%s"}
        self._commands = Commands(site.name, site.command_prefix, site.timeout, epoch, "the controller (slurmctld)")
        self._rows = Rows(self._commands, ["squeue", "--version"], r"slurm\S* \d")
        self._names = site.logs / "slurm"
        self._ended: dict[str, Status] = {}
        self._largest_array = 0

    def submit(self, jobs: Sequence[Job]) -> list[str]:
        ids: dict[str, str] = {}
        try:
            for array in self._arrays(jobs):
                ids |= self._submit_array(array)
        except BatchError:
            # all or none
            if ids:
                try:
                    self.remove(list(ids.values()))
                except Unusable as error:
                    # which would say that nothing was submitted
                    raise BatchError(error.problem, cure=error.cure) from None
            raise
        return [ids[job.name] for job in jobs]

    def _arrays(self, jobs: Sequence[Job]) -> Iterator[list[Job]]:
        """Jobs with the same options, as many together as an array may have."""
        alike: dict[object, list[Job]] = {}
        for job in jobs:
            alike.setdefault((job.resources, job.log.parent), []).append(job)
        for some in alike.values():
            most = self._array_size()
            size = 0
            array: list[Job] = []
            for job in some:
                one = len(slurm_script([job], self._site))
                if array and (len(array) == most or size + one > SCRIPT_SIZE):
                    yield array
                    array, size = [], 0
                array.append(job)
                size += one
            yield array

    def _array_size(self) -> int:
        if not self._largest_array:
            text = self._commands.run(["scontrol", "show", "config"])
            found = re.search(r"^MaxArraySize\s*=\s*(\d+)", text, re.MULTILINE)
            # the largest number that a task may have is one less
            self._largest_array = max(int(found[1]) - 1 if found else 1000, 1)
        return self._largest_array

    def _submit_array(self, jobs: list[Job]) -> dict[str, str]:
        first = jobs[0]
        self._names.mkdir(parents=True, exist_ok=True)
        lines = [f"{job.name} {job.log}\n" for job in jobs]
        (self._names / first.name).write_text("".join(lines), encoding="utf-8")
        options = slurm_options(first, self._site, first.log.parent / ".slurm-%A_%a.log")
        answer = self._commands.ask(
            ["sbatch", "--parsable", f"--array=0-{len(jobs) - 1}", *options], text=slurm_script(jobs, self._site)
        )
        # number;cluster, after whatever else is said
        answers = [] if answer.code else self._rows.matching("sbatch", answer, r"(\d+)(;\S*)?")
        if not answers:
            raise BatchError(
                f"site {self.name!r}: sbatch refuses: {answer.complaint}",
                cure=f"see the options of [site_{self.name}] and the resources of the task; "
                "if the controller does not answer, wait and run the command again",
            )
        return {job.name: f"{answers[-1][1]}_{index}" for index, job in enumerate(jobs)}

    def find(self, names: Collection[str]) -> dict[str, str]:
        wanted = set(names)
        arrays = {path.name: members for path, members in self._noted() if wanted.intersection(members)}
        if not arrays:
            return {}
        which = f"--name={','.join(arrays)}"
        numbers = self._numbers(["squeue", "--noheader", "--states=all", which, "--format=%F|%j"])
        if (missing := arrays.keys() - numbers.keys()) and self._has_accounting():
            which = f"--name={','.join(missing)}"
            numbers |= self._numbers(
                ["sacct", "-X", "-n", "-P", "--starttime=now-30days", which, "-o", "JobID,JobName"]
            )
        return {
            job: f"{numbers[name]}_{index}"
            for name, members in arrays.items()
            if name in numbers
            for index, job in enumerate(members)
            if job in wanted
        }

    def _numbers(self, command: list[str]) -> dict[str, str]:
        """Numbers of arrays by their names, of which a command prints lines ``number|name``."""
        answer = self._commands.ask(command)
        if answer.code:
            raise self._commands.failure(command[0], answer)
        return {row[2]: row[1] for row in self._rows.matching(command[0], answer, r"(\d+)(?:_\S*)?\|(\S+)")}

    def query(self, ids: Collection[str]) -> dict[str, Status]:
        known = {job: self._ended[job] for job in ids if job in self._ended}
        asked = {job for job in ids if job not in known}
        if not asked:
            return known
        rows = self._queue(asked)
        # tasks that were cancelled before they began have one row for all of them, or none
        rest = {job: rows[job.partition("_")[0]] for job in asked - rows.keys() if job.partition("_")[0] in rows}
        queued = {job: rows[job] for job in asked if job in rows}
        queued |= {job: status for job, status in rest.items() if status.state == "ended"}
        missing = asked - queued.keys()
        history = self._history(missing) if missing and self._has_accounting() else {}
        for job in missing:
            status = history.get(job, Status("gone"))
            if status.state not in ("ended", "gone"):
                # the history is behind the queue, or lost the end of the job
                status = Status("gone", reason=f"accounting has it as {status.state}")
            queued[job] = status
        self._ended |= {job: status for job, status in queued.items() if status.state == "ended"}
        return known | queued

    def remove(self, ids: Collection[str]) -> None:
        left = set(ids)
        if not left:
            return
        answer = self._commands.ask(["scancel", "--quiet", *sorted(left)])
        end = time.monotonic() + REMOVAL_TIME
        pause = 0.1
        # a job that is completing still has processes
        while left := {job for job, status in self._queue(left).items() if job in left and status.state != "ended"}:
            if time.monotonic() > end:
                said = f": {answer.complaint}" if answer.code else ""
                raise BatchError(
                    f"site {self.name!r}: jobs are still there {REMOVAL_TIME:g} s after scancel: "
                    f"{', '.join(sorted(left)[:10])}{said}",
                    cure="their node may not answer; wait, or ask the cluster's operators",
                )
            rest(pause)
            pause = min(2 * pause, 2.0)
        removed = Status("ended", reason="cancelled before it began")
        self._ended |= {job: removed for job, status in self.query(ids).items() if status.state == "gone"}

    def forget(self, names: Collection[str]) -> None:
        for path, members in self._noted():
            if set(names).issuperset(members):
                path.unlink(missing_ok=True)

    def _noted(self) -> Iterator[tuple[Path, list[str]]]:
        """Files about arrays, each with the names of its jobs in their order; old ones are deleted."""
        for path in sorted(self._names.iterdir()) if self._names.is_dir() else []:
            try:
                old = path.stat().st_mtime < time.time() - KEPT
                lines = path.read_text(encoding="utf-8").splitlines()
            except FileNotFoundError:
                # another command is at it
                continue
            if old:
                path.unlink(missing_ok=True)
            else:
                yield path, [line.partition(" ")[0] for line in lines]

    def why_pending(self, job: str) -> str:
        status = self._queue({job}).get(job)
        if status is None or status.state not in ("pending", "held"):
            return "it does not wait any more"
        return pending_reason(status.reason, status.started)

    def check(self) -> str:
        version = re.findall(r"^slurm.*$|\Z", self._commands.run(["sbatch", "--version"]), re.MULTILINE)[0]
        self._commands.run(["scontrol", "ping"])
        self._queue({"1_0"})
        if self._has_accounting():
            self._commands.run(["sacct", "-X", "-n", "-P", "-o", "JobID", "--jobs=1"])
            return f"{version}, with accounting"
        return f"{version}, without accounting"

    def _has_accounting(self) -> bool:
        if not hasattr(self, "_accounting"):
            text = self._commands.run(["scontrol", "show", "config"])
            found = re.search(r"^AccountingStorageType\s*=\s*(\S+)", text, re.MULTILINE)
            self._accounting = found is not None and found[1] not in ("accounting_storage/none", "(null)")
        return self._accounting

    def _queue(self, ids: set[str]) -> dict[str, Status]:
        """Query the controller about the arrays of these jobs; ended ones stay for some minutes (MinJobAge)."""
        arrays = sorted({job.partition("_")[0] for job in ids}, key=int)
        fields = ",".join(f"{name}:256|" for name in QUEUE_FIELDS)
        answer = self._commands.ask(
            ["squeue", "--noheader", "--array", "--states=all", f"--jobs={','.join(arrays)}", f"--Format={fields}"]
        )
        if answer.code and "Invalid job id" in answer.errors:
            return {}
        if answer.code:
            raise self._commands.failure("squeue", answer)
        return self._statuses("squeue", answer)

    def _history(self, ids: set[str]) -> dict[str, Status]:
        arrays = sorted({job.partition("_")[0] for job in ids}, key=int)
        command = ["sacct", "-X", "-n", "-P", f"--jobs={','.join(arrays)}", f"--format={','.join(HISTORY_FIELDS)}"]
        answer = self._commands.ask(command)
        if answer.code or "error:" in answer.errors:
            raise BatchError(
                f"site {self.name!r}: sacct fails: {answer.complaint}",
                cure="the accounting (slurmdbd) does not answer; wait and run the command again",
            )
        return self._statuses("sacct", answer)

    def _statuses(self, program: str, answer: Answer) -> dict[str, Status]:
        found = {}
        for match in self._rows.matching(program, answer, ROW):
            row = match[0]
            job, status = parse_row(row)
            if status.signal == 9 and not status.out_of_memory and self._says_memory(row.split("|")[6].strip(), job):
                status = replace(status, out_of_memory=True, reason="killed for using more memory than it asked for")
            found[job] = status
        return found

    def _says_memory(self, array: str, job: str) -> bool:
        """Whether Slurm's last words in a killed job's log are of memory; its state says so on some clusters only."""
        try:
            lines = (self._names / array).read_text(encoding="utf-8").splitlines()
            log = Path(lines[int(job.partition("_")[2])].partition(" ")[2])
            with log.open("rb") as stream:
                stream.seek(max(log.stat().st_size - 4000, 0))
                text = stream.read().decode(errors="replace")
        except (OSError, ValueError, IndexError):
            return False
        return bool(re.search(r"slurmstepd.*(exceeded.*memory limit|oom.kill)", text, re.IGNORECASE))
