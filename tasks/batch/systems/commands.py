"""Runs a batch system's own commands, here or through a prefix such as ``ssh host``."""

from __future__ import annotations

import errno
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import BatchError

__all__ = ["Answer", "Commands", "Unusable"]

# how a shell and env say that a program is not there, or cannot be executed
NOT_EXECUTED = (126, 127)
# no later try can be better
FOR_GOOD = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENOEXEC}
# ssh has one exit code for everything: these are its own words for what waiting does not mend
SSH_REFUSED = re.compile(r"Permission denied \(|Host key verification failed|Bad (configuration|owner)|Too many auth")


class Unusable(BatchError):
    """A batch system that cannot be asked at all, now or later: somebody has to change something first."""


@dataclass(frozen=True)
class Answer:
    """Exit code and output of a command.

    Args:
        code: its exit code.
        output: its standard output.
        errors: its standard error.
    """

    code: int
    output: str
    errors: str

    @property
    def complaint(self) -> str:
        """Message about a failure, in one line."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines() if line.strip()]
        return " ".join(lines)[:500] or f"exit code {self.code}"


@dataclass(frozen=True)
class Commands:
    """The commands of one site.

    Args:
        site: its name, for messages.
        prefix: what every command begins with.
        timeout: seconds after which a command counts as unanswered.
        environment: variables for the commands, wherever they run.
        server: who answers them, for messages.
    """

    site: str
    prefix: tuple[str, ...] = ()
    timeout: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)
    server: str = "the batch system"

    def ask(self, command: Sequence[str], *, text: str = "") -> Answer:
        """Run a command, whatever its exit code.

        Args:
            command: program and arguments.
            text: for its standard input.

        Raises:
            Unusable: there is no such command, it cannot be executed, or ssh is refused.
            BatchError: it does not come to an end, or cannot begin now.
        """
        variables = [f"{name}={value}" for name, value in {"LC_ALL": "C", **self.environment}.items()]
        whole = ["env", *variables, *command]
        if self.prefix:
            # ssh hands the words of a command to a shell without quotes
            through_ssh = Path(self.prefix[0]).name == "ssh"
            whole = [*self.prefix, shlex.join(whole)] if through_ssh else [*self.prefix, *whole]
        try:
            done = subprocess.run(
                whole,
                input=text,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.timeout,
                check=False,
                # Ctrl-C is for the command that asks, not for the answer
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise BatchError(
                f"site {self.site!r}: {command[0]} has not answered for {self.timeout:g} s",
                cure=f"see whether {self.server} is well: run {command[0]} by hand; "
                f"where it is slow, set timeout in [site_{self.site}]",
            ) from None
        except OSError as error:
            why = os.strerror(error.errno or 0)
            if error.errno in FOR_GOOD:
                raise self._unusable(whole[0], why) from None
            kind = Unusable if error.errno == errno.E2BIG else BatchError
            raise kind(f"site {self.site!r}: {command[0]} does not start: {why}") from None
        answer = Answer(done.returncode, done.stdout, done.stderr)
        if answer.code in NOT_EXECUTED:
            raise self._unusable(command[0], answer.complaint)
        if answer.code == 255 and self.prefix and Path(self.prefix[0]).name == "ssh":
            kind = Unusable if SSH_REFUSED.search(answer.errors) else BatchError
            raise kind(
                f"site {self.site!r}: {shlex.join(self.prefix)} fails: {answer.errors.strip()[-300:]}",
                cure="see that the same command works by hand without a question",
            )
        return answer

    def run(self, command: Sequence[str], *, text: str = "") -> str:
        """Run a command that has to succeed.

        Returns:
            Its standard output.

        Raises:
            Unusable: it cannot be executed.
            BatchError: it fails; the message has what it said.
        """
        answer = self.ask(command, text=text)
        if answer.code:
            raise self.failure(command[0], answer)
        return answer.output

    def failure(self, program: str, answer: Answer) -> BatchError:
        """The error for a command that failed."""
        return BatchError(
            f"site {self.site!r}: {program} fails: {answer.complaint}",
            cure=f"see whether {self.server} is well (law run CheckSite --site {self.site}) and run the command again",
        )

    def _unusable(self, program: str, why: str) -> Unusable:
        through = self.prefix and program != self.prefix[0]
        where = f" through {shlex.join(self.prefix)}" if through else " on this machine"
        if re.search("no such file|not found", why, re.IGNORECASE):
            problem = f"there is no command {program}{where}"
        else:
            problem = f"{program} cannot be executed{where}: {why}"
        return Unusable(
            f"site {self.site!r}: {problem}",
            cure="go to a machine from which jobs are submitted, or name one in "
            f"[site_{self.site}]: command_prefix = ssh HOST",
        )
