"""Real servers, one kind a parameter, for the tests that all of them have to pass."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.provenance.remote.files import Files
from tests.analysis.provenance.remote.folders import SERVICES, Server, server_of


def pytest_itemcollected(item: pytest.Function) -> None:
    """Say which service a test of a server uses, so that none that stops it runs meanwhile."""
    if hasattr(item, "callspec") and (name := SERVICES.get(str(item.callspec.params.get("server")))):
        item.fixturenames = [*item.fixturenames, name]


@pytest.fixture(
    params=[pytest.param(kind, marks=pytest.mark.services if name else ()) for kind, name in SERVICES.items()]
)
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    name = uuid.uuid4().hex
    match request.param:
        case "memory":
            return Server("memory", f"memory://tests/{name}")
        case "file":
            return Server("file", f"file://{tmp_path}/store", folder=tmp_path / "store")
    service = request.getfixturevalue(SERVICES[request.param])
    return server_of(request.param, service, name, monkeypatch)


@pytest.fixture
def files(server: Server) -> Files:
    return server.files()


@pytest.fixture
def local(tmp_path: Path) -> Callable[[bytes], Path]:
    """A local file of some content."""

    def write(content: bytes) -> Path:
        path = tmp_path / f"{uuid.uuid4().hex}.bin"
        path.write_bytes(content)
        return path

    return write
