"""Recipes of containers, and of the rerun on REANA."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from string import Template

import pytest
import yaml

from analysis.errors import PreservationError
from analysis.preservation.recipes import Recipe, apptainer, dockerfile, reana
from tests.analysis.preservation.small_capsule import ARGUMENTS, RECIPE, RESULTS


def lines(text: str) -> list[str]:
    """What is no comment."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_container_holds_the_source_and_what_setup_makes_of_its_lock() -> None:
    assert lines(dockerfile(RECIPE)) == [
        "FROM docker.io/library/python:3.11.7-slim",
        "COPY source/ /erumflow/",
        "RUN bash -c 'source /erumflow/setup.sh'",
    ]
    assert lines(apptainer(RECIPE)) == [
        "Bootstrap: docker",
        "From: docker.io/library/python:3.11.7-slim",
        "%files",
        "    source /erumflow",
        "%post",
        "    bash -c 'source /erumflow/setup.sh'",
        "%runscript",
        '    exec bash -c \'source /erumflow/setup.sh && exec "$@"\' erumflow "$@"',
    ]


def test_packages_that_are_there_come_from_nowhere_else() -> None:
    recipe = replace(RECIPE, wheels=True)
    docker, definition = lines(dockerfile(recipe)), lines(apptainer(recipe))
    assert docker.index("COPY wheels/ /wheels/") < docker.index("COPY source/ /erumflow/")
    assert "    wheels /wheels" in definition
    told = "PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels UV_NO_INDEX=1 UV_FIND_LINKS=/wheels UV_OFFLINE=1 bash -c"
    assert any(line.startswith(f"RUN {told}") for line in docker)
    assert any(line.startswith(f"    {told}") for line in definition)


def test_an_image_is_named_by_the_key_of_the_results() -> None:
    assert RECIPE.image == f"erumflow-tiny:{RESULTS['key']}"
    assert replace(RECIPE, study="My_Study").image == f"erumflow-my-study:{RESULTS['key']}"


@pytest.mark.parametrize("version", ["3.11", "3.14.0a1", "2.7.18", "3.11.7\nRUN evil"])
def test_a_version_that_no_image_has_is_refused(version: str) -> None:
    with pytest.raises(PreservationError, match="no container image is named after Python"):
        Recipe("tiny", version, ARGUMENTS, "tiny/CollectResults/default-012345678901")


@pytest.mark.parametrize("data", [False, True])
def test_reana_runs_the_commands_in_its_folder(tmp_path: Path, data: bool) -> None:
    recipe = replace(RECIPE, arguments=(*ARGUMENTS, "--campaign", "a b $c"), data=data, store=True)
    content = yaml.safe_load(reana(recipe))
    assert content["inputs"]["directories"] == (["data"] if data else []) + ["store"]
    (step,) = content["workflow"]["specification"]["steps"]
    assert step["environment"] == recipe.image
    # a project whose "law" says what it was told, and makes the record
    project, work = tmp_path / "project", tmp_path / "work"
    results = work / "store" / recipe.place
    for folder in (project, results):
        folder.mkdir(parents=True)
    told = tmp_path / "told"
    (project / "setup.sh").write_text(
        f'law() {{ printf \'%s\\n\' "$ERUMFLOW_STORE" "${{ERUMFLOW_MIRROR-none}}" "$@" >{shlex.quote(str(told))}\n'
        f"echo '{{}}' >\"$ERUMFLOW_STORE/{recipe.place}/results.json\"; }}\n"
    )
    for command in step["commands"]:
        # as REANA does
        expanded = Template(command).substitute(content["inputs"]["parameters"])
        here = expanded.replace("/erumflow/", f"{project}/")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ERUMFLOW")}
        subprocess.run(["bash", "-c", here], cwd=work, check=True, env=clean)
    mirror = str(work / "data") if data else "none"
    assert told.read_text().splitlines() == [str(work / "store"), mirror, *recipe.arguments]
    assert [(work / name).read_text() for name in content["outputs"]["files"]] == ["{}\n"]


def test_recipes_say_how_they_are_used() -> None:
    for text in (dockerfile(RECIPE), apptainer(RECIPE)):
        assert "law run CollectResults --study tiny" in text
        assert "docker.io/library/python@sha256:" in text
