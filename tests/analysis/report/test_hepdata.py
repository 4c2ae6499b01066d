"""Tables for HEPData."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.errors import DataError
from analysis.report.hepdata import number_tables, write_submission
from analysis.results import Axis, Column, Number, Table
from tests.analysis.report.example import NUMBERS, TABLES, figure

KEYWORDS: dict[str, list[str | float]] = {
    "reactions": ["P P --> Z0 < TAU TAU > X"],
    "observables": ["MU"],
    "cmenergies": [8000.0],
    "phrases": [],
}


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A submission of everything that a study may have."""
    path = tmp_path / "submission.zip"
    pictures = {TABLES[0].name: figure("fractions", "Fractions")}
    write_submission(path, TABLES, NUMBERS, comment="Strengths", keywords=KEYWORDS, figures=pictures)
    return path


def documents(path: Path, name: str) -> list[Any]:
    with zipfile.ZipFile(path) as archive:
        return list(yaml.safe_load_all(archive.read(name)))


def test_all_files_are_named_and_there(submission: Path) -> None:
    head, *tables = documents(submission, "submission.yaml")
    assert head == {"comment": "Strengths"}
    assert [table["name"] for table in tables[-2:]] == [table.name for table in TABLES]
    with zipfile.ZipFile(submission) as archive:
        resources = [r["location"] for table in tables for r in table.get("additional_resources", [])]
        assert archive.namelist()[0] == "submission.yaml"
        assert sorted(archive.namelist()[1:]) == sorted([*(table["data_file"] for table in tables), *resources])
        assert archive.testzip() is None
    assert all(
        [key["name"] for key in table["keywords"]] == ["reactions", "observables", "cmenergies"] for table in tables
    )


def test_bins_values_and_errors_of_a_table(submission: Path) -> None:
    (table,) = documents(submission, "fractions.yaml")
    assert table["independent_variables"][0] == {
        "header": {"name": r"$\lg(E/\mathrm{eV})$"},
        "values": [{"low": 17.8, "high": 17.9}, {"low": 17.9, "high": 18.0}, {"low": 18.0, "high": 18.1}],
    }
    proton, _, _, iron = table["dependent_variables"]
    assert proton["qualifiers"] == [{"name": "interaction model", "value": "EPOS-LHC"}]
    assert proton["values"][0] == {
        "value": 0.6,
        "errors": [
            {"label": "stat", "asymerror": {"minus": -0.05, "plus": 0.04}},
            {"label": "syst", "asymerror": {"minus": -0.1, "plus": 0.12}},
        ],
    }
    assert proton["values"][1]["errors"][0] == {"label": "stat", "symerror": 0.06}
    assert iron["values"][2] == {"value": "-"}
    (table,) = documents(submission, "m_vis_after_the_fit.yaml")
    none, some = table["dependent_variables"][1]["values"][:2]
    # HEPData takes no zero for all uncertainties
    assert none == {"value": 100.4}
    assert some == {"value": 101.4, "errors": [{"label": "total", "asymerror": {"minus": -3.2, "plus": 3.3}}]}


def test_numbers_become_a_table_for_each_unit_and_kind_of_uncertainty() -> None:
    tables = number_tables(NUMBERS)
    assert len({table.name for table in tables}) == len(tables)
    assert sorted(value for table in tables for value in table.axes[0].values) == sorted(n.title for n in NUMBERS)
    assert {table.columns[0].unit for table in tables} == {number.unit for number in NUMBERS}
    for table in tables:
        for title, value in zip(table.axes[0].values, table.columns[0].values, strict=True):
            assert next(n.value for n in NUMBERS if n.title == title) == value


def test_numbers_in_percent_and_without_a_unit_have_files_of_their_own(tmp_path: Path) -> None:
    numbers = [Number(name, name, 1.0, None, None, unit, "fit") for name, unit in (("mu", ""), ("share", "%"))]
    assert [table.name for table in number_tables(numbers)] == ["results", "results, percent"]
    write_submission(tmp_path / "submission.zip", (), numbers, comment="Shares")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        assert set(archive.namelist()) == {"submission.yaml", "results.yaml", "results_percent.yaml"}


def test_same_tables_same_bytes(submission: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    pictures = {TABLES[0].name: figure("fractions", "Fractions")}
    write_submission(again, TABLES, NUMBERS, comment="Strengths", keywords=KEYWORDS, figures=pictures)
    assert again.read_bytes() == submission.read_bytes()


def test_rounding_hides_nothing_but_noise(tmp_path: Path) -> None:
    column = Column("a", "", (0.1 + 0.2, 1.23456789e-12), {"stat": ((0.1, 0.1 * (1 + 1e-12)), (0.0, 1e-13))}, {})
    write_submission(tmp_path / "a.zip", [Table("t", "t", (Axis("x", "", (1, 2)),), (column,))], [], comment="")
    first, second = documents(tmp_path / "a.zip", "t.yaml")[0]["dependent_variables"][0]["values"]
    assert first == {"value": 0.3, "errors": [{"label": "stat", "symerror": 0.1}]}
    assert second["value"] == pytest.approx(1.23456789e-12, rel=1e-9)
    assert second["errors"] == [{"label": "stat", "asymerror": {"minus": 0.0, "plus": 1e-13}}]


def one_table(name: str, value: float = 1.0) -> Table:
    return Table(name, name, (Axis("x", "", (1.0,)),), (Column("y", "", (value,), {}, {}),))


@pytest.mark.parametrize(
    ("tables", "pictures", "message"),
    [
        ([one_table("a"), one_table("a")], {}, "two tables are called 'a'"),
        ([one_table("a b"), one_table("a-b")], {}, "two tables would be written to a_b.yaml"),
        ([one_table("a", float("nan"))], {}, "not finite in 'y', row 1"),
        ([one_table("a")], {"b": figure("b", "b")}, "no such table"),
    ],
)
def test_what_cannot_be_submitted(tmp_path: Path, tables: list[Table], pictures: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        write_submission(tmp_path / "a.zip", tables, [], comment="", figures=pictures)
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.network
def test_hepdata_accepts_it(submission: Path, tmp_path: Path) -> None:
    """HEPData's own validator, in an environment of its own: it brings packages that slow every command down."""
    uv = Path(sys.executable).with_name("uv")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    folder = tmp_path / "environment"
    command = [str(uv) if uv.exists() else "uv", "--no-cache"]
    subprocess.run([*command, "venv", "-q", "--python", sys.executable, str(folder)], env=environment, check=True)
    python = str(folder / "bin" / "python")
    subprocess.run(
        [*command, "pip", "install", "-q", "--python", python, "hepdata-validator"], env=environment, check=True
    )
    check = (
        "import sys; from hepdata_validator.full_submission_validator import FullSubmissionValidator as V; v = V(); "
        "ok = v.validate(archive=sys.argv[1]); v.print_errors('submission.yaml'); print(v.get_messages()); "
        "print(v.valid_files); sys.exit(not ok)"
    )
    done = subprocess.run([python, "-c", check, str(submission)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fractions.yaml" in done.stdout

    # it is able to refuse
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(submission) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"independent_variables", b"independent"))
    assert subprocess.run([python, "-c", check, str(broken)], env=environment, capture_output=True).returncode != 0
