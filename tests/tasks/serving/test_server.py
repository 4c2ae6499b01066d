"""What ``law run Serve`` says where it cannot serve."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.tasks.project import Project


@pytest.mark.long
@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_its_extra_it_says_how_to_get_it(pulses: Project, tmp_path: Path, missing: str):
    # found before the installed one
    package = tmp_path / missing
    package.mkdir()
    (package / "__init__.py").write_text(
        f'raise ModuleNotFoundError("No module named {missing!r}", name={missing!r})\n'
    )
    path = f"{tmp_path}{os.pathsep}{pulses.folder}"
    project = Project(pulses.folder, pulses.store, None, {"PYTHONPATH": path})
    output = project.law("run", "Serve", "--port", "0", fails=True)
    assert f"the page needs {missing}, which is not installed" in output
    assert "cure: ERUMFLOW_EXTRAS=serve source setup.sh" in output
    assert "Traceback" not in output
    assert "http://" not in output


def test_a_port_that_is_taken_or_none():
    pytest.importorskip("uvicorn", reason="the extra serve is not installed")
    from analysis.errors import StudyError
    from tasks.serving.server import HOST, serve

    with socket.create_server((HOST, 0)) as taken:
        for port in (taken.getsockname()[1], 70_000):
            with pytest.raises(StudyError, match=rf"cannot have port {port} (.|\n)*--port 0 for any that is free"):
                serve(port, (), allow_commands=False, tell=lambda text: None)
