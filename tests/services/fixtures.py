"""Pytest's side of the services: fixtures for all tests, their turns, and the end.

A service is brought up by the first test that uses it, once for all of pytest's workers, and goes down with the last
session of pytest that used it, unless somebody has brought it up by hand before. A test that stops a server is marked
``alone``: no other test uses the servers of its fixtures meanwhile, and afterwards they are brought up again.

All such tests are marked ``services`` too, and skipped unless that mark is asked for. Where a test gets a service by
``request.getfixturevalue``, the mark has to name it: ``services("slurm")``; its turn is decided before.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.sandbox import sandbox
from tests.services.selection import LATER, asked_for
from tests.services.servers import S3, SFTP, UNSUITED, Condor, Debian, Service, Slurm, UnsuitedMachineError, XRootD

STATE = Path(os.environ.get("ERUMFLOW_SERVICES", "/var/tmp/erumflow-services")) / "tests"
SERVICES: dict[str, Service] = {
    "condor": Condor(),
    "debian": Debian(),
    "s3": S3(),
    "sftp": SFTP(),
    "slurm": Slurm(("slurm.sh", "--accounting")),
    "slurm_without_accounting": Slurm(),
    "xrootd": XRootD(),
}
# locks of this process, held to its end: a session of pytest uses these services
in_use: dict[str, int] = {}
found: dict[str, Service] = {}
copied: dict[Path, str] = {}
# what the test that runs has its turn for
having: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "alone: stops or restarts a server; waits for, and keeps off, other tests of its services"
    )


def locked(name: str, how: int) -> int:
    """An open lock file, as :mod:`fcntl` locks it; closing it lets go."""
    STATE.mkdir(parents=True, exist_ok=True)
    file = os.open(STATE / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        os.close(file)
        raise
    return file


@contextlib.contextmanager
def turn(name: str, alone: bool) -> Iterator[None]:
    """A test's use of a service, beside others or alone."""
    # whoever waits to be alone holds the door, so that it does not wait for ever
    door = locked(f"{name}.door", fcntl.LOCK_EX)
    try:
        room = locked(f"{name}.room", fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    finally:
        os.close(door)
    try:
        yield
    finally:
        os.close(room)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if not item.get_closest_marker("services"):
        names = set(SERVICES).intersection(getattr(item, "fixturenames", ()))
        assert not names, f"a test that uses {', '.join(sorted(names))} has to be marked: services"
    elif not asked_for(item.config):
        pytest.skip(LATER)


def used(item: pytest.Item) -> list[str]:
    """Names of the services that a test uses, through whatever fixtures; none if it is to be skipped."""
    if item.get_closest_marker("skip") or not asked_for(item.config):
        return []
    named = [name for mark in item.iter_markers("services") for name in mark.args]
    return sorted(set(SERVICES).intersection([*named, *getattr(item, "fixturenames", ())]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with contextlib.ExitStack() as turns:
        # always in the same order, so that no two tests wait for each other
        for name in used(item):
            turns.enter_context(turn(name, item.get_closest_marker("alone") is not None))
        having[:] = used(item)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    if item.get_closest_marker("alone"):
        for name in used(item):
            if name in in_use:
                SERVICES[name].up()
    return result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last session that uses a service ends it; workers of a session leave that to the one that began them."""
    for file in in_use.values():
        os.close(file)
    in_use.clear()
    if hasattr(session.config, "workerinput"):
        return
    for name, service in SERVICES.items():
        if (STATE / f"{name}.begun").exists():
            with contextlib.suppress(BlockingIOError):
                file = locked(f"{name}.use", fcntl.LOCK_EX | fcntl.LOCK_NB)
                service.tell("down")
                (STATE / f"{name}.begun").unlink()
                os.close(file)


def bring_up(name: str) -> Any:
    """The service, ready; a machine that cannot have it is a reason to skip, anything else an error."""
    assert name in having, f"a test that asks for {name} by request has to be marked: services({name!r})"
    service = SERVICES[name]
    if name not in in_use:
        in_use[name] = locked(f"{name}.use", fcntl.LOCK_SH)
    try:
        if name not in found:
            if not service.is_up():
                (STATE / f"{name}.begun").touch()
            found[name] = service.up()
        return found[name]
    except UnsuitedMachineError as error:
        pytest.skip(str(error))


@pytest.fixture
def xrootd() -> XRootD:
    """XRootD on loopback, see :class:`XRootD`."""
    return bring_up("xrootd")


@pytest.fixture
def s3() -> S3:
    """An S3 server on loopback, see :class:`S3`."""
    return bring_up("s3")


@pytest.fixture
def sftp() -> SFTP:
    """An SFTP server on loopback, see :class:`SFTP`."""
    return bring_up("sftp")


@pytest.fixture
def slurm() -> Slurm:
    """A Slurm of one node that keeps accounts, see :class:`Slurm`."""
    return bring_up("slurm")


@pytest.fixture
def slurm_without_accounting() -> Slurm:
    """A Slurm of one node that keeps no accounts."""
    return bring_up("slurm_without_accounting")


@pytest.fixture
def condor() -> Condor:
    """An HTCondor pool of one machine, see :class:`Condor`."""
    return bring_up("condor")


@pytest.fixture
def debian() -> Debian:
    """A bare Debian 13 with Python, see :class:`Debian`."""
    return bring_up("debian")


@pytest.fixture(scope="session")
def verilator() -> None:
    """Verilator, installed if it is missing."""
    script = ["bash", str(Path(__file__).with_name("verilator.sh")), "install"]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode == UNSUITED:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr


@pytest.fixture
def bubblewrap() -> None:
    """Bubblewrap, installed if it is missing; a machine on which it makes no sandbox is a reason to skip."""
    script = ["bash", str(Path(__file__).with_name("bubblewrap.sh")), "install"]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode == UNSUITED:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    try:
        sandbox(network=False, container=True)
    except PreservationError as error:
        pytest.skip(str(error))


@pytest.fixture
def pool_project(condor: Condor, repository: Path) -> str:
    """Where, inside the HTCondor pool, this project is with an environment made by its setup.sh."""
    if repository not in copied:
        copied[repository] = condor.project(repository)
    return copied[repository]
