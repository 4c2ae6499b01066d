"""Meaning of Slurm's states and reasons."""

from __future__ import annotations

import time

from tasks.batch.systems.system import State, Status

__all__ = ["ROW", "parse_row", "pending_reason"]

#: pattern of a row of squeue or sacct: id, state, three more fields, and what follows
ROW = r"\d+(?:_[^|\s]+)?\s*\|\s*[A-Z][^|]*\|(?:[^|]*\|){3}.*"

# the first word of squeue's State and of sacct's; all others are ends
_STATES: dict[str, State] = {
    "PENDING": "pending",
    "CONFIGURING": "running",
    "RUNNING": "running",
    # its processes are being ended, or its node has not said that they are
    "COMPLETING": "running",
    "STAGE_OUT": "running",
    "SIGNALING": "running",
    "RESIZING": "running",
    "REQUEUED": "pending",
    "REQUEUE_FED": "pending",
    "RESV_DEL_HOLD": "held",
    "REQUEUE_HOLD": "held",
    "SPECIAL_EXIT": "held",
    "SUSPENDED": "suspended",
    "STOPPED": "suspended",
}

_ENDS = {
    "BOOT_FAIL": "its node did not start",
    "CANCELLED": "cancelled",
    "DEADLINE": "its deadline passed",
    "NODE_FAIL": "its node failed",
    "OUT_OF_MEMORY": "killed for using more memory than it asked for",
    "PREEMPTED": "another job took its place (preempted)",
    "REVOKED": "revoked",
    "TIMEOUT": "killed for running longer than the runtime it asked for",
}

_REASONS = {
    "BeginTime": "the time at which it may begin has not come; after a failure of its node that is two minutes later",
    "Dependency": "it depends on another job",
    "JobArrayTaskLimit": "as many tasks of its array run as may run at once",
    "None": "the scheduler has not looked at it yet",
    "PartitionConfig": "its partition has no node with what it asks for; it will never start",
    "NodeDown": "a node that it needs is down",
    "PartitionDown": "its partition is down",
    "PartitionInactive": "its partition is closed",
    "PartitionNodeLimit": "it asks for more nodes or more of a node than its partition has; it will never start",
    "PartitionTimeLimit": "it asks for more runtime than its partition allows; it will never start",
    "Priority": "jobs with a higher priority are before it",
    "Resources": "what it asks for is in use by other jobs",
    "ReqNodeNotAvail": "nodes that it needs are down or reserved",
    "BadConstraints": "no node has what it asks for; it will never start",
    "QOSMaxJobsPerUserLimit": "you have as many jobs running as the quality of service allows",
    "AssocGrpCpuLimit": "your account's cores are all in use",
    "InvalidAccount": "the account is not one that can be charged; set account for the site",
    "InvalidQOS": "the quality of service does not exist; set qos for the site",
}


def parse_row(line: str) -> tuple[str, Status]:
    """A job's id and status from a row ``id|state|exit code|reason|start|nodes|...`` of squeue or sacct.

    Examples:
        >>> parse_row("7_0|FAILED|3:0|NonZeroExitCode|1700000000|node1")
        ('7_0', Status(state='ended', exit_code=3, signal=None, reason='exit code 3', host='node1',
         out_of_memory=False, started=1700000000.0))
        >>> parse_row("7_1|CANCELLED by 1000|0:0|None|Unknown|None assigned")[1].reason
        'cancelled by 1000'
    """
    job, words, code, reason, start, nodes = (part.strip() for part in line.split("|")[:6])
    name = words.split()[0]
    state = _STATES.get(name, "ended")
    if state == "pending" and "held" in reason.lower():
        state = "held"
    started = float(start) if _is_number(start) else None
    host = "" if nodes in ("", "None assigned", "(null)", "n/a") else nodes
    if state != "ended":
        return job, Status(state, reason="" if state == "running" else reason, host=host, started=started)
    number, signal = _code(code)
    # a failure with exit code 0 is one whose code has not come through
    ran = name == "COMPLETED" or (name == "FAILED" and number > 0)
    if name in _ENDS:
        why = _ENDS[name] + words[len(name) :]
    elif signal:
        why = f"killed by signal {signal}"
    else:
        why = f"exit code {number}" if number else "" if ran else "failed, and Slurm does not say how"
    return job, Status(
        state="ended",
        exit_code=number if ran and not signal else None,
        signal=signal or None,
        reason=why,
        host=host,
        out_of_memory=name == "OUT_OF_MEMORY",
        started=started,
    )


def _is_number(text: str) -> bool:
    """Whether it is a number that Slurm may have written."""
    return text.isascii() and text.isdigit() and len(text) < 20


def _code(text: str) -> tuple[int, int]:
    """Exit code and signal from sacct's ``code:signal`` or squeue's status as of :func:`os.wait`."""
    number, colon, signal = text.partition(":")
    if not colon and _is_number(number):
        return int(number) >> 8, int(number) & 0x7F
    return (int(number) if _is_number(number) else 0), (int(signal) if _is_number(signal) else 0)


def pending_reason(reason: str, start: float | None) -> str:
    """Slurm's reason for a job that waits, in a sentence.

    Args:
        reason: Slurm's word for it.
        start: when Slurm expects it to start, in s since 1970, if it does.

    Examples:
        >>> pending_reason("Priority", None)
        'jobs with a higher priority are before it (Priority)'
    """
    word = reason.strip("()").partition(",")[0].strip()
    said = _REASONS.get(word)
    sentence = f"{said} ({word})" if said else f"Slurm says: {reason}"
    if start is not None and start > time.time():
        sentence += f"; Slurm expects it to start at {time.strftime('%Y-%m-%d %H:%M', time.localtime(start))}"
    return sentence
