"""A rerun in a sandbox: without a network, and in a container that shows it nothing of its user's.

Bubblewrap (``bwrap``) makes it of name spaces of Linux, with no image: programs of the system are shown as they are,
and may not be written to. Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import PreservationError

__all__ = ["HOME", "Sandbox", "sandbox"]

#: where the home folder and temporary files are in a container
HOME, _TEMPORARY = "/tmp/home", "/tmp"
_SCRATCH = ".container"
# of the system, programs and libraries; of its settings what names machines and users, and whom to believe
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SETTINGS = (
    *("passwd", "group", "nsswitch.conf", "hosts", "host.conf", "resolv.conf", "gai.conf", "services", "protocols"),
    *("localtime", "timezone", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "pip.conf"),
    *("ssl", "pki", "ca-certificates", "crypto-policies", "grid-security/certificates"),
)
# variables that name files and folders, without which programs or a registry are not there
_NAMING = (
    *("LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "X509_CERT_DIR"),
    *("PIP_CERT", "PIP_FIND_LINKS", "UV_FIND_LINKS"),
)
# which interpreter is behind a name, and where the rest of it is
_ASK = "import os, sys; print(os.path.realpath(getattr(sys, '_base_executable', sys.executable)), sys.base_prefix)"
_INSTALL = "install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap)"


@dataclass(frozen=True)
class Sandbox:
    """The sandbox that everything of a capsule runs in, or none.

    Args:
        program: that makes it; empty if there is none.
        network: whether there is a network; loopback, of the rerun's own, is there in any case.
        container: whether nothing of the user's is seen but what is named.
    """

    program: str = ""
    network: bool = True
    container: bool = False

    def python(self, interpreter: str) -> str:
        """The interpreter as it is seen from inside: what environments and shims stand for."""
        return self._behind(interpreter)[0] if self.container else interpreter

    def variables(self, outside: Mapping[str, str]) -> dict[str, str]:
        """The environment inside."""
        if not self.container:
            return dict(outside)
        return {name: value for name, value in outside.items() if name != "TMPDIR"} | {"HOME": HOME}

    def command(
        self,
        words: Sequence[str],
        folder: Path,
        *,
        interpreter: str,
        variables: Mapping[str, str],
        shown: Sequence[Path] = (),
        written: Sequence[str] = (),
        fixed: Sequence[str] = (),
    ) -> list[str]:
        """The words of a command inside.

        Args:
            words: of the command.
            folder: of the rerun.
            interpreter: that it needs.
            variables: its environment.
            shown: folders that it may read besides.
            written: names of the rerun's folders that it may write to.
            fixed: names of files or folders in these that it may not.
        """
        if not self.program:
            return list(words)
        # no rights of root's, no processes of others, and no end of the command that leaves it running
        line = [self.program, "--unshare-all", *(["--share-net"] if self.network else [])]
        line += ["--die-with-parent", "--cap-drop", "ALL"]
        if not self.container:
            return [*line, "--dev-bind", "/", "/", "--proc", "/proc", "--", *words]
        line += ["--proc", "/proc", "--dev", "/dev", *_system(), *_devices()]
        scratch = folder / _SCRATCH
        if scratch.is_symlink():
            scratch.unlink()
        (scratch / Path(HOME).name).mkdir(parents=True, exist_ok=True)
        line += ["--bind", str(scratch), _TEMPORARY, "--dir", "/var", "--symlink", _TEMPORARY, "/var/tmp"]
        seen = [self._behind(interpreter)[1], *map(str, shown), *_named(variables)]
        line += [word for one in seen for word in ("--ro-bind", one, one) if not Path(one).is_relative_to("/usr")]
        # the capsule's own files stay what they are: the verdict is read from them
        line += ["--ro-bind", str(folder), str(folder)]
        line += [word for name in written for word in ("--bind", str(folder / name), str(folder / name))]
        # a link would be followed out here, to whatever it names
        there = [folder / name for name in fixed if not (folder / name).is_symlink() and (folder / name).exists()]
        line += [word for one in there for word in ("--ro-bind", str(one), str(one))]
        return [*line, "--remount-ro", "/", "--", *words]

    def clear(self, folder: Path) -> None:
        """Remove the home folder and the temporary files of a container."""
        shutil.rmtree(folder / _SCRATCH, ignore_errors=True)

    def _behind(self, interpreter: str) -> tuple[str, str]:
        asked = subprocess.run([interpreter, "-I", "-c", _ASK], capture_output=True, text=True, check=True)
        program, _, prefix = asked.stdout.strip().partition(" ")
        return program, prefix


def sandbox(*, network: bool, container: bool) -> Sandbox:
    """The sandbox that is asked for.

    Args:
        network: whether there is to be one.
        container: whether nothing of the user's is to be seen.

    Raises:
        PreservationError: this machine can make none.
    """
    if network and not container:
        return Sandbox()
    option = "--container" if container else "--no-network"
    program = shutil.which("bwrap")
    if program is None:
        raise PreservationError(
            f"nothing here can do what {option} asks for: there is no bwrap", cure=f"{_INSTALL}; nothing was run"
        )
    # the same name spaces
    probe = [program, "--unshare-all", *(["--share-net"] if network else []), "--cap-drop", "ALL"]
    probe += ["--dev-bind", "/", "/", "--proc", "/proc", "--", "true"]
    tried = subprocess.run(probe, capture_output=True, text=True)
    if tried.returncode:
        said = (tried.stderr.strip().splitlines() or [f"it ends with {tried.returncode}"])[-1]
        raise PreservationError(
            f"this machine cannot do what {option} asks for: {said}",
            cure="it takes name spaces of users, which the machine's administrator can allow; or another machine; or "
            "the container of environment/ in the capsule; nothing was run",
        )
    return Sandbox(program, network, container)


def _system() -> list[str]:
    words = []
    for name in _SYSTEM:
        place = Path("/", name)
        if place.is_symlink():
            words += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            words += ["--ro-bind", str(place), str(place)]
    places = [f"/etc/{name}" for name in _SETTINGS]
    # how many processors there are
    return words + [word for place in [*places, "/sys/devices/system"] for word in ("--ro-bind-try", place, place)]


def _named(variables: Mapping[str, str]) -> list[str]:
    """Files and folders that the environment names, as far as they show nothing else of the user's."""
    places = [part for name in _NAMING for part in variables.get(name, "").split(os.pathsep)]
    home = Path.home()
    return [one for one in places if os.path.isabs(one) and os.path.exists(one) and not home.is_relative_to(one)]


def _devices() -> list[str]:
    """GPUs of NVIDIA, which take their place in the machine's tree of devices."""
    found = sorted(Path("/dev").glob("nvidia*"))
    words = [word for one in found for word in ("--dev-bind", str(one), str(one))]
    return [*words, "--ro-bind-try", "/sys", "/sys"] if found else []
