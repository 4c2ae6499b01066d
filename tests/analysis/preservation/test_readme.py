"""What a stranger reads first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.citation import Citation
from analysis.preservation.expectations import DEFAULT, Tolerance
from analysis.preservation.readme import readme
from analysis.preservation.recipes import APPTAINER
from tests.analysis.preservation.small_capsule import INPUTS, READER


def test_it_says_the_one_command_and_what_comes_of_it() -> None:
    text = readme(READER)
    assert text.startswith(f"# {READER.title}\n\n{READER.description}\n")
    assert f"with [erumflow](https://example.org/erumflow) (commit {READER.commit})." in text
    assert "with erumflow." in readme(replace(READER, url="", commit=""))
    assert "\n    python3 tiny.capsule.zip\n" in text
    assert all(f"`{verdict}`" in text for verdict in ("same bits", "agrees", "DIFFERS"))


def test_it_has_all_numbers() -> None:
    text = readme(READER)
    # a hundredth of the statistical uncertainty, a thousandth where there is none
    assert "| signal strength | 1.25 ± 0.50 (stat) −0.10 +0.20 (syst) |  | 0.005 |\n" in text
    assert "| m\\|H | 125 | GeV | 0.12 |\n" in text


def test_simulation_is_called_so_and_tolerances_have_reasons() -> None:
    simulated = replace(READER.expected[0], note="simulation", tolerance=Tolerance("mu*", "exact", 0, "it is counted"))
    text = readme(replace(READER, expected=[simulated, *READER.expected[1:]]))
    assert "| signal strength (simulation) | 1.25" in text
    assert "- `mu*`: no difference; it is counted\n" in text
    assert f"- `*`: 0.01 of the statistical uncertainty; {DEFAULT.why}\n" in text


def test_it_tells_what_was_not_made_by_its_code() -> None:
    text = readme(replace(READER, frozen=("Fit is pinned", "Draw was adopted")))
    assert "## What was not made by this code\n" in text
    assert "\n- Fit is pinned\n- Draw was adopted\n" in text
    assert "not made by this code" not in readme(READER)


def test_it_names_the_tables_that_are_compared() -> None:
    rough = Tolerance("yields*", "relative", 0.1, "they are rough")
    text = readme(replace(READER, tables={"yields": rough, "tests_m4l": DEFAULT}))
    assert (
        "All values of these tables are compared, too (`results/results.json` has them): `yields`, `tests_m4l`." in text
    )
    assert "- `yields*`: 0.1 of the number; they are rough\n" in text
    assert "All values of these tables" not in readme(READER)
    assert "Its uncertainties are compared, too" in readme(READER)


def test_it_names_what_is_inside_and_nothing_else() -> None:
    text = readme(READER)
    assert "- `records/`: " in text
    assert "- `wheels/`: " not in text
    assert "- `wheels/`: " in readme(replace(READER, members=[*READER.members, "wheels/law-0.1.21.tar.gz"]))
    assert "- `environment/`: " in text
    assert "- `environment/`: " not in readme(
        replace(READER, members=[m for m in READER.members if not m.startswith(APPTAINER.partition("/")[0])])
    )


def test_it_names_the_licences_and_sources_of_inputs() -> None:
    text = readme(READER)
    link = "[doi:10.7483/OPENDATA.CMS.GV20.PR5T](https://doi.org/10.7483/OPENDATA.CMS.GV20.PR5T)"
    assert f"{INPUTS[0].citation}, {link} (1 file, licence CC0-1.0)" in text
    assert f"{INPUTS[1].address} (1 file, no licence stated)" in text
    assert f"{INPUTS[2].address} (1 file, no licence stated)" in text
    assert "Beam: in this file (1 file" in text
    assert "Notes: with the authors (1 file" in text
    assert "(2 files, licence CC0-1.0)" in readme(replace(READER, inputs=(INPUTS[0], INPUTS[0])))
    assert "Nothing: the study simulates its events itself." in readme(replace(READER, inputs=()))


def test_a_study_from_outside_says_whose_it_is() -> None:
    project = Citation("erumflow", ("The erumflow authors",), licence="BSD-3-Clause", version="0.1.0")
    own = replace(
        READER, project=project, authors=("A. Physicist",), licence="MIT", doi="10.1/own", url="https://x.org"
    )
    text = readme(own)
    assert "Authors: A. Physicist; [doi:10.1/own](https://doi.org/10.1/own); code: commit 0123456789" in text
    assert "The study's code (`source/more/`) and results: MIT. The framework: BSD-3-Clause (`source/LICENSE`)." in text
    assert "made with erumflow 0.1.0.\n" in text
    text = readme(replace(own, authors=(), licence="", doi="", url="", commit=""))
    assert "Authors: not stated.\n" in text
    assert "results: not stated. The framework" in text


@pytest.mark.parametrize(
    ("brought", "mirror", "packages"),
    [
        ((), True, True),
        (("data/tiny/events.root",), False, True),
        (("store/tiny/x/manifest.json",), False, True),
        (("wheels/jax.whl",), True, False),
        (("data/tiny/events.root", "wheels/jax.whl"), False, False),
    ],
)
def test_without_network_it_asks_for_what_is_not_there(brought: tuple[str, ...], mirror: bool, packages: bool) -> None:
    text = readme(replace(READER, inputs=INPUTS[:2], members=[*READER.members, *brought]))
    assert ("`--mirror FOLDER`" in text) is mirror
    assert ("`--with-wheels`" in text) is packages
    assert ("All that a rerun needs is in the file." in text) is not (mirror or packages)


def test_files_of_the_authors_are_to_be_asked_for() -> None:
    text = readme(READER)
    assert "Only the authors have own/notes.csv (9.0 MB). Ask them" in text
    members = [*READER.members, "data/own/notes.csv"]
    assert "Only the authors" not in readme(replace(READER, members=members))
    # the others are still to be fetched
    assert "Events are fetched from the addresses" in readme(replace(READER, members=members))
    assert "Events are fetched" not in readme(replace(READER, inputs=INPUTS[3:], members=READER.members))
