"""Real servers for tests, brought up by the scripts beside this file, and their addresses."""

from __future__ import annotations

import configparser
import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

SCRIPTS = Path(__file__).resolve().parent
# what a script says by its exit status when this machine cannot have the service at all
UNSUITED = 77


class ServiceError(Exception):
    """A service could not be brought up, or not be treated as a test wants."""


class UnsuitedMachineError(Exception):
    """This machine cannot have the service: no Debian packages, or no root."""


@dataclass(frozen=True)
class Service:
    """A service, and what every one of them can do. Stopping it is for tests marked ``alone``.

    Args:
        script: what to call: ``xrootd.sh``, with flags.
        exported: environment variables that lead to the service.
    """

    script: tuple[str, ...]
    exported: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "".join(self.script).replace(".sh", "")

    def tell(self, *words: str) -> str:
        """Call the script: ``tell("stop", "slurmd")``; what it prints. A failure is a :exc:`ServiceError`."""
        script, *flags = self.script
        command = ["bash", str(SCRIPTS / script), *flags, *words]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2400)
        if done.returncode == UNSUITED:
            raise UnsuitedMachineError(done.stderr.strip())
        if done.returncode:
            raise ServiceError(f"{shlex.join(command)} failed (status {done.returncode}):\n{done.stderr.strip()}")
        return done.stdout

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            self.tell("status")
        except ServiceError:
            return False
        return True

    def up(self) -> Self:
        """Bring it up, if it is not, from nothing if need be; the service with its addresses."""
        lines = [line for line in self.tell("up").splitlines() if line.startswith("export ")]
        pairs = [shlex.split(line)[1].partition("=") for line in lines]
        return type(self)(self.script, {name: value for name, _, value in pairs})


@dataclass(frozen=True)
class Stoppable(Service):
    """One server process."""

    def stop(self) -> None:
        """End it: connections are refused."""
        self.tell("stop")

    def start(self) -> None:
        """Begin it again, with the same files."""
        self.tell("start")

    def pause(self) -> None:
        """Let it hang: connections stay and nothing answers."""
        self.tell("pause")

    def resume(self) -> None:
        """Let it go on after :meth:`pause`."""
        self.tell("resume")


@dataclass(frozen=True)
class XRootD(Stoppable):
    """XRootD: a store that can be written, one that is read-only and one that is full."""

    script: tuple[str, ...] = ("xrootd.sh",)

    @property
    def url(self) -> str:
        """``root://127.0.0.1:PORT//store``."""
        return self.exported["XROOTD_URL"]

    @property
    def readonly_url(self) -> str:
        """``root://127.0.0.1:PORT//readonly``, which holds ``hello.txt``."""
        return self.url.removesuffix("store") + "readonly"

    @property
    def full_url(self) -> str:
        """``root://127.0.0.1:PORT//full``, on a disk without a byte left."""
        return self.url.removesuffix("store") + "full"

    @property
    def http_url(self) -> str:
        """The store once more, over WebDAV: ``http://127.0.0.1:PORT/store``."""
        return self.exported["XROOTD_HTTP"]

    @property
    def folder(self) -> Path:
        """Where the server has its files: ``folder / "store"`` is what :attr:`url` shows."""
        return Path(self.exported["XROOTD_FOLDER"])


@dataclass(frozen=True)
class S3(Stoppable):
    """An S3 server with one bucket and one pair of keys."""

    script: tuple[str, ...] = ("s3.sh",)

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return self.exported["S3_ENDPOINT"]

    @property
    def bucket(self) -> str:
        return self.exported["S3_BUCKET"]

    @property
    def credentials(self) -> Path:
        """What the variable ``AWS_SHARED_CREDENTIALS_FILE`` is for."""
        return Path(self.exported["AWS_SHARED_CREDENTIALS_FILE"])

    @property
    def key(self) -> str:
        return self._entry("aws_access_key_id")

    @property
    def secret(self) -> str:
        return self._entry("aws_secret_access_key")

    def _entry(self, name: str) -> str:
        entries = configparser.ConfigParser(interpolation=None)
        entries.read(self.credentials)
        return entries["default"][name]


@dataclass(frozen=True)
class SFTP(Stoppable):
    """OpenSSH's SFTP server; it lets the user in who runs the tests."""

    script: tuple[str, ...] = ("sftp.sh",)

    @property
    def url(self) -> str:
        """``sftp://USER@127.0.0.1:PORT/FOLDER``."""
        return self.exported["SFTP_URL"]

    @property
    def user(self) -> str:
        return self.url.removeprefix("sftp://").partition("@")[0]

    @property
    def port(self) -> int:
        return int(self.url.rpartition("@")[2].partition("/")[0].partition(":")[2])

    @property
    def folder(self) -> Path:
        """Where the server has its files; the URL's path."""
        return Path("/" + self.url.rpartition("@")[2].partition("/")[2])

    @property
    def key_file(self) -> Path:
        """The private key that opens the door."""
        return Path(self.exported["SFTP_KEY_FILE"])

    @property
    def known_hosts(self) -> Path:
        """The server's own key, as ``ssh`` wants it."""
        return Path(self.exported["SFTP_KNOWN_HOSTS"])


@dataclass(frozen=True)
class Slurm(Service):
    """A Slurm of one node; with accounting, ``sacct`` knows jobs that have ended."""

    script: tuple[str, ...] = ("slurm.sh",)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with the way to this Slurm, for ``sbatch`` and the like."""
        return {**os.environ, **self.exported}

    def run(self, command: Iterable[str], *, check: bool = True) -> str:
        """Run ``sbatch``, ``squeue``, ...; what it printed. A failure is a :exc:`ServiceError`, unless it may fail."""
        return printed(list(command), self.environment, check)

    def stop(self, daemon: str) -> None:
        """End ``slurmctld``, ``slurmd`` or ``slurmdbd``; running jobs go on."""
        self.tell("stop", daemon)

    def start(self, daemon: str) -> None:
        """Begin a daemon again and wait until it answers."""
        self.tell("start", daemon)


@dataclass(frozen=True)
class Debian(Service):
    """A Debian 13 that has Python and nothing else; no command changes it, and nothing of a command stays in it."""

    script: tuple[str, ...] = ("debian.sh",)

    def run(self, folder: Path, command: Iterable[str], *, network: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command inside, whatever its status; the folder, which is given to its user, is its home."""
        options = [] if network else ["--no-network"]
        words = ["bash", str(SCRIPTS / self.script[0]), "run", str(folder), *options, *command]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800)


@dataclass(frozen=True)
class Condor(Service):
    """An HTCondor pool in a root of its own (Debian 13), whose user is ``physicist``."""

    script: tuple[str, ...] = ("htcondor.sh",)

    @property
    def root(self) -> Path:
        """The pool's root folder, seen from this machine."""
        return Path(self.exported["HTCONDOR_ROOT"])

    @property
    def home(self) -> str:
        """The user's home folder, seen from inside."""
        return "/home/" + self.user

    @property
    def user(self) -> str:
        """Who runs commands and jobs inside."""
        return "physicist"

    def outside(self, inside: str) -> Path:
        """What a path inside is on this machine."""
        return self.root / inside.lstrip("/")

    def start_command(self, command: Iterable[str], **options) -> subprocess.Popen[str]:
        """Begin a command inside, as the pool's user in its home folder; options as for ``Popen``."""
        return subprocess.Popen(["bash", str(SCRIPTS / self.script[0]), "run", *command], text=True, **options)

    def run(self, command: Iterable[str], *, check: bool = True) -> str:
        """Run a command inside, as the pool's user in its home folder: ``run(["condor_q"])``; what it printed."""
        return printed(["bash", str(SCRIPTS / self.script[0]), "run", *command], dict(os.environ), check)

    def bind(self, folder: Path) -> None:
        """Show a folder of this machine inside, at the same path; to be undone before the folder goes."""
        self.tell("bind", str(folder))

    def unbind(self, folder: Path) -> None:
        """Undo :meth:`bind`."""
        self.tell("unbind", str(folder))

    def project(self, folder: Path) -> str:
        """Copy this project inside and make its environment by setup.sh; the place inside."""
        return self.tell("project", str(folder)).strip().partition("=")[2]

    def restart_schedd(self) -> None:
        """End what holds the queue at once, and begin it again."""
        self.tell("restart-schedd")

    def stop(self, daemon: str) -> None:
        """End ``schedd``, ``startd`` (its jobs are evicted) or ``negotiator`` at once."""
        self.tell("stop", daemon)

    def start(self, daemon: str) -> None:
        """Begin a daemon again and wait until the pool is whole."""
        self.tell("start", daemon)


def printed(command: list[str], environment: Mapping[str, str], check: bool) -> str:
    """What a command prints, errors included where it may fail; else :exc:`ServiceError` if it does."""
    error = subprocess.PIPE if check else subprocess.STDOUT
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=error, text=True, timeout=900
    )
    if check and done.returncode:
        raise ServiceError(f"{shlex.join(command)} failed (status {done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout
