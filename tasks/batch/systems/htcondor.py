"""HTCondor, through its commands."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from typing import Any

from analysis.errors import BatchError
from tasks.batch.description import NAME_ATTRIBUTE, condor_description
from tasks.batch.sites import Site
from tasks.batch.systems.commands import Answer, Commands
from tasks.batch.systems.rows import Rows
from tasks.batch.systems.system import BatchSystem, Job, State, Status
from tasks.batch.turns import rest

__all__ = ["HTCondor"]

ATTRIBUTES = (
    *("ClusterId", "ProcId", "JobStatus", NAME_ATTRIBUTE, "ExitCode", "ExitBySignal", "ExitSignal"),
    *("HoldReason", "HoldReasonCode", "HoldReasonSubCode", "RemoveReason", "VacateReason", "NumJobStarts"),
    *("RemoteHost", "LastRemoteHost", "JobCurrentStartDate", "RequestMemory"),
)
# JobStatus; a job that is being removed (3) or sends its output (6) still runs as far as anybody can know
STATES: dict[int, State] = {
    1: "pending",
    2: "running",
    3: "running",
    4: "ended",
    5: "held",
    6: "running",
    7: "suspended",
}
REMOVED = 3
MEMORY_EXCEEDED = 34
REMOVAL_TIME = 120.0


class HTCondor(BatchSystem):
    """HTCondor, through its commands.

    Args:
        site: which pool and scheduler, and how to reach them.
    """

    def __init__(self, site: Site) -> None:
        self.name = site.name
        self._site = site
        self._commands = Commands(
            site.name,
            site.command_prefix,
            site.timeout,
            server=f"the scheduler (condor_schedd{f' {site.schedd}' if site.schedd else ''})",
        )
        self._rows = Rows(self._commands, ["condor_version"], r"\$CondorVersion")
        pool = ["-pool", site.pool] if site.pool else []
        self._where = [*pool, *(["-name", site.schedd] if site.schedd else [])]
        # what is in the history does not change any more, and reading it is the slowest of all
        self._ended: dict[str, Status] = {}

    def submit(self, jobs: Sequence[Job]) -> list[str]:
        if not jobs:
            return []
        answer = self._commands.ask(
            ["condor_submit", "-terse", *self._where, "-"], text=condor_description(list(jobs), self._site)
        )
        if answer.code:
            raise self._refusal(answer)
        ids = _ids_of_ranges(answer.output)
        if len(ids) != len(jobs):
            raise BatchError(
                f"site {self.name!r}: condor_submit took {len(ids)} of {len(jobs)} jobs: {answer.complaint}",
                cure="remove them (condor_rm) and run the command again",
            )
        return ids

    def find(self, names: Collection[str]) -> dict[str, str]:
        if not names:
            return {}
        wanted = set(names)
        constraint = ["-constraint", f'stringListMember({NAME_ATTRIBUTE}, "{",".join(sorted(wanted))}")']
        found = {ad[NAME_ATTRIBUTE]: _id(ad) for ad in self._queue(constraint)}
        if missing := wanted - found.keys():
            constraint = ["-constraint", f'stringListMember({NAME_ATTRIBUTE}, "{",".join(sorted(missing))}")']
            found |= {ad[NAME_ATTRIBUTE]: _id(ad) for ad in self._history(constraint, len(missing))}
        return found

    def query(self, ids: Collection[str]) -> dict[str, Status]:
        known = {job: self._ended[job] for job in ids if job in self._ended}
        asked = [job for job in ids if job not in known]
        if asked:
            # the queue first: what leaves it in between is in the history when that is asked
            clusters = sorted({job.partition(".")[0] for job in asked}, key=int)
            queued = {_id(ad): _status(ad, in_queue=True) for ad in self._queue(clusters)}
            known |= {job: queued[job] for job in asked if job in queued}
            if missing := [job for job in asked if job not in queued]:
                history = {_id(ad): _status(ad, in_queue=False) for ad in self._history(missing, len(missing))}
                self._ended |= history
                known |= {job: history.get(job, Status("gone")) for job in missing}
        return known

    def remove(self, ids: Collection[str]) -> None:
        left = list(ids)
        if not left:
            return
        answer = self._commands.ask(["condor_rm", *self._where, *left])
        end = time.monotonic() + REMOVAL_TIME
        pause = 0.1
        while left := self._still_there(left):
            if time.monotonic() > end:
                said = f": {answer.complaint}" if answer.code else ""
                raise BatchError(
                    f"site {self.name!r}: jobs are still in the queue {REMOVAL_TIME:g} s after condor_rm: "
                    f"{', '.join(left[:10])}{said}",
                    cure="their workers may be unreachable; wait, or, if they cannot run any more, "
                    f"condor_rm -forcex {' '.join(left[:10])}",
                )
            rest(pause)
            pause = min(2 * pause, 2.0)

    def _still_there(self, ids: list[str]) -> list[str]:
        wanted = set(ids)
        clusters = sorted({job.partition(".")[0] for job in ids}, key=int)
        # a completed job leaves the queue by itself
        return [_id(ad) for ad in self._queue(clusters) if _id(ad) in wanted and ad.get("JobStatus") != 4]

    def why_pending(self, job: str) -> str:
        analysis = self._commands.run(["condor_q", *self._where, "-better-analyze", job])
        return explanation(analysis)

    def check(self) -> str:
        version = re.findall(r"^\$CondorVersion.*$|\Z", self._commands.run(["condor_version"]), re.MULTILINE)[0]
        # whatever it says: an error if it is not there
        self._commands.ask(["condor_submit", "-help"])
        self._queue(["-limit", "1"])
        return version.strip("$ ")

    def _queue(self, which: list[str]) -> list[dict[str, Any]]:
        answer = self._commands.ask(
            ["condor_q", *self._where, "-allusers", "-json", "-attributes", ",".join(ATTRIBUTES), *which]
        )
        if answer.code or "Failed to fetch" in answer.errors:
            raise self._commands.failure("condor_q", answer)
        return self._ads("condor_q", answer)

    def _history(self, which: list[str], limit: int) -> list[dict[str, Any]]:
        command = ["condor_history", *self._where, "-json", "-attributes", ",".join(ATTRIBUTES), "-limit", str(limit)]
        answer = self._commands.ask([*command, *which])
        if answer.code:
            raise self._commands.failure("condor_history", answer)
        return self._ads("condor_history", answer)

    def _ads(self, program: str, answer: Answer) -> list[dict[str, Any]]:
        return [ad for ad in self._rows.objects(program, answer) if {"ClusterId", "ProcId"} <= ad.keys()]

    def _refusal(self, answer: Answer) -> BatchError:
        complaint = re.sub(r"Submitting job\(s\)[. ]*", "", answer.complaint)
        return BatchError(
            f"site {self.name!r}: condor_submit refuses: {complaint}",
            cure=f"see the options of [site_{self.name}] and the resources of the task; "
            "if the scheduler does not answer, wait and run the command again",
        )


def _ids_of_ranges(text: str) -> list[str]:
    """Ids from lines such as ``12.0 - 12.99``."""
    ids: list[str] = []
    for cluster, first, last in re.findall(r"^(\d+)\.(\d+) - \1\.(\d+)$", text, re.MULTILINE):
        ids += [f"{cluster}.{process}" for process in range(int(first), int(last) + 1)]
    return ids


def _id(ad: dict[str, Any]) -> str:
    return f"{ad['ClusterId']}.{ad['ProcId']}"


def _status(ad: dict[str, Any], *, in_queue: bool) -> Status:
    number = _whole(ad, "JobStatus") or 0
    state = STATES.get(number, "pending") if in_queue else "ended"
    host = str(ad.get("RemoteHost") or ad.get("LastRemoteHost") or "").rpartition("@")[2]
    started = _whole(ad, "JobCurrentStartDate")
    finished = number == 4
    # a job that was killed by a signal has no exit code at all
    signal = _whole(ad, "ExitSignal") if finished and ad.get("ExitBySignal") else None
    code = _whole(ad, "ExitCode") if finished and not ad.get("ExitBySignal") else None
    return Status(
        state=state,
        exit_code=code,
        signal=signal,
        reason=_reason(ad, number, in_queue),
        host=host,
        out_of_memory=(number == 5 or (number == REMOVED and not in_queue)) and _memory(ad),
        started=float(started) if started else None,
    )


def _whole(ad: dict[str, Any], name: str) -> int | None:
    """A number of an ad, ``None`` if there is none: what the pool cannot evaluate comes as a text."""
    value = ad.get(name)
    return value if isinstance(value, int) else None


def _reason(ad: dict[str, Any], number: int, in_queue: bool) -> str:
    if number == 5:
        return f"held: {ad.get('HoldReason', 'no reason given')}"
    if number == REMOVED:
        words = "is being removed" if in_queue else "removed"
        return f"{words}: {ad.get('RemoveReason', 'no reason given')}"
    if number == 4 and ad.get("ExitBySignal"):
        return f"killed by signal {ad.get('ExitSignal')}"
    if number == 4 and ad.get("ExitCode"):
        return f"exit code {ad['ExitCode']}"
    if number == 1 and ad.get("NumJobStarts"):
        return f"to be started again: {ad.get('VacateReason', 'it was evicted')}"
    return ""


def _memory(ad: dict[str, Any]) -> bool:
    """Whether a job was held for its memory; pools differ in how they say so."""
    if ad.get("HoldReasonCode") == MEMORY_EXCEEDED:
        return True
    reason = str(ad.get("HoldReason", "")).lower()
    return "memory" in reason and bool(re.search(r"exceed|limit|over|more than|out of|too much", reason))


def explanation(analysis: str) -> str:
    r"""Summarise the output of ``condor_q -better-analyze`` for a job that waits, in one or two sentences.

    Examples:
        >>> lines = ["RequestMemory = 9000 (mb)", "[5]  0  TARGET.Memory >= RequestMemory", "Of 1 machines,",
        ...          "      1 are rejected by your job's requirements"]
        >>> explanation("\n".join(lines))
        'no machine of 1 serves, and it will not start: TARGET.Memory >= RequestMemory (RequestMemory = 9000 mb)'
        >>> explanation("")
        'condor_q -better-analyze names no reason; it may be starting'
    """
    counts = {words: int(number) for number, words in re.findall(r"^ +(\d+) ([a-z].*)$", analysis, re.MULTILINE)}

    def count(words: str) -> int:
        return sum(number for text, number in counts.items() if words in text)

    machines = re.search(r"Of (\d+) machines", analysis)
    total = machines[1] if machines else "?"
    if machines and (int(total) == 0 or count("rejected by your job") == int(total)):
        wrong = re.findall(r"^\[\d+\] +0 +(.*)$", analysis, re.MULTILINE)
        asked = dict(re.findall(r"^ *(Request\w+) = (.*)$", analysis, re.MULTILINE))
        numbers = [f"{name} = {re.sub('[()]', '', text)}" for name, text in asked.items() if name in " ".join(wrong)]
        details = "; ".join(wrong[:3]) + (f" ({', '.join(numbers)})" if numbers else "")
        return f"no machine of {total} serves, and it will not start: {details or 'no machine is there'}"
    if "not yet been considered" in analysis:
        return "the matchmaker has not looked at it yet"
    if machines and count("rejected by your job") + count("reject your job") == int(total):
        return f"none of {total} machines takes it now: its requirements or theirs are not met"
    if not machines:
        return "condor_q -better-analyze names no reason; it may be starting"
    busy = count("serving other users") + count("already running your jobs")
    free = count("able to run your job")
    return f"of {total} machines {busy} serve other jobs and {free} could run it; it waits for its turn"
