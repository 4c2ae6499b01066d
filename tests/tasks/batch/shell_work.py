"""Work whose records are files that shell commands write: everything is real but the physics."""

from __future__ import annotations

from pathlib import Path

from tasks.batch.bundles import Branch
from tasks.batch.known_jobs import KnownJobs
from tasks.batch.polling import Polling
from tasks.batch.resources import Resources
from tasks.batch.sending import Sending
from tasks.batch.sites import Site
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.local import Local
from tasks.batch.systems.system import BatchSystem, Job
from tasks.batch.table import Display
from tasks.batch.work import Patience, Work

#: short, so that tests are
HASTE = Patience(first_poll=0.05, last_poll=0.2, ended=0.2, gone=0.3, suspended=0.2, unreachable=1.0)


class ShellWork(Work):
    """Branches whose records are files of a folder.

    Args:
        folder: of the records and of everything else.
        command: shell commands of one branch; ``$record`` is its file, ``$attempt`` the number of the attempt.
        number: of branches.
    """

    def __init__(self, folder: Path, command: str, number: int = 1) -> None:
        self.folder = folder
        self.command = command
        self.branches = {n: Branch(n, "study/Task/default-0123456789ab", f"record_{n}") for n in range(number)}
        self.submission = Submission(folder / "jobs" / "Task", "store", self.branches)
        self.asked: list[int] = []

    def record(self, number: int) -> Path:
        return self.folder / self.branches[number].label

    def missing(self) -> set[int]:
        return {number for number in self.branches if not self.record(number).exists()}

    def job(self, attempt: Attempt) -> Job:
        numbers = self.submission.branches(attempt)
        lines = [f"attempt={attempt.number} result=0"]
        lines += [f"record={self.record(number)}; ({self.command}) || result=1" for number in numbers]
        script = attempt.path("json")
        script.write_text("\n".join([*lines, "exit $result"]) + "\n")
        self.asked.append(attempt.memory)
        resources = Resources(memory=attempt.memory)
        return Job(attempt.name, ("/bin/sh", str(script)), Path(attempt.log), resources=resources, folder=self.folder)


class Lines(Display):
    """What was told."""

    def __init__(self) -> None:
        super().__init__("Task")
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        self.lines.append(line)


def local_system(folder: Path, site: str = "local") -> Local:
    """The processes of this machine as a site; each has its own queue."""
    return Local(Site(site, logs=folder / ("jobs" if site == "local" else site), slots=4))


def polling(
    work: ShellWork,
    system: BatchSystem,
    *others: BatchSystem,
    per_job: int = 1,
    retries: int = 2,
    patience: Patience = HASTE,
    memory: int = 200,
) -> Polling:
    """Follows the jobs at all of these sites, and sends new ones to the first.

    Args:
        work: to be done.
        system: of the first site.
        others: of sites that earlier commands sent jobs to.
        per_job: branches of a job.
        retries: of a branch.
        patience: of the command.
        memory: that a job asks for.
    """
    display = Lines()
    sending = Sending(
        work,
        work.submission,
        system,
        logs=work.submission.folder,
        resources=Resources(memory=memory),
        per_job=per_job,
        patience=patience,
        display=display,
    )
    known = KnownJobs(work.submission, display, {one.name: one for one in (system, *others)}.__getitem__)
    return Polling(
        work, work.submission, known=known, sending=sending, retries=retries, patience=patience, display=display
    )
