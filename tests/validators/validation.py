"""What outside validators say about capsules and published networks, each in an environment of its own (install.sh)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.exchange.folder import CARD, CROISSANT
from analysis.preservation.crate import CONTEXT
from analysis.preservation.inputs import Input

__all__ = [
    "Complaint",
    "check_citation",
    "check_data",
    "check_model_card",
    "check_provenance",
    "check_reana",
    "complaints_about_crate",
    "known_complaints",
]

HERE = Path(__file__).resolve().parent
# from rocrate 0.13.0 (CC0-1.0)
CONTEXT_FILE = HERE / "ro-crate-1.1-context.jsonld"
PROFILE = "provenance-run-crate"
# checks that a profile has at least, REQUIRED and RECOMMENDED
_CHECKS = {PROFILE: (85, 98), "ro-crate-1.1": (38, 24)}


def check_citation(folder: Path) -> None:
    """CITATION.cff against the schema of its format.

    Raises:
        AssertionError: with what cffconvert says.
    """
    _told("cffconvert", "cffconvert", "--validate", "-i", str(folder / "CITATION.cff"))


def check_reana(folder: Path) -> None:
    """reana.yaml against REANA's schemas of the file and of serial workflows; not even a warning.

    Raises:
        AssertionError: with what reana-commons says.
    """
    _told("reana-commons", "python", str(HERE / "with_reana_commons.py"), str(folder / "reana.yaml"))


def check_provenance(folder: Path) -> None:
    """provenance.json can be read and written by the package prov without loss.

    Raises:
        AssertionError: with what was lost.
    """
    _told("prov", "python", str(HERE / "with_prov.py"), str(folder / "provenance.json"))


def check_model_card(folder: Path) -> dict[str, Any]:
    """The card of published networks, as huggingface_hub reads and writes it without loss.

    Raises:
        AssertionError: with what was lost.
    """
    found: dict[str, Any] = json.loads(_told("huggingface-hub", "python", _with("huggingface_hub"), str(folder / CARD)))
    return found


def check_data(folder: Path) -> dict[str, Any]:
    """The data sets of published networks, as mlcroissant reads them without a complaint: files, and rows of records.

    Raises:
        AssertionError: with what mlcroissant says.
    """
    found: dict[str, Any] = json.loads(_told("mlcroissant", "python", _with("mlcroissant"), str(folder / CROISSANT)))
    return found


@dataclass(frozen=True)
class Complaint:
    """Something that the crate's validator does not like.

    Args:
        severity: ``REQUIRED`` or ``RECOMMENDED``.
        entity: what it is about.
        message: in words.
    """

    severity: str
    entity: str
    message: str


def complaints_about_crate(folder: Path, work: Path, profile: str = PROFILE) -> list[Complaint]:
    """All that rocrate-validator finds, every check of a profile and what it builds on, without network.

    Args:
        folder: the crate.
        work: an empty folder for the validator's files.
        profile: of a capsule, the Provenance Run Crate; ``ro-crate-1.1`` for one that describes no run.

    Raises:
        AssertionError: the validator did not do all its checks.
    """
    cache, report = work / "cache", work / "report.json"
    script = HERE / "with_context.py"
    _told("roc-validator", "python", str(script), str(cache), CONTEXT, str(CONTEXT_FILE))
    options = (
        "--offline",
        "--cache-path",
        str(cache),
        "-p",
        profile,
        "-l",
        "recommended",
        "-f",
        "json",
        "-o",
        str(report),
    )
    _run("roc-validator", "rocrate-validator", "-y", "validate", "--no-paging", *options, str(folder))
    found = json.loads(report.read_text())
    settings, statistics = found["validation_settings"], found["statistics"]
    assert not settings["skip_checks"], settings
    assert found["skipped_checks"] == 0, found["skipped_check_details"]
    assert not settings["disable_inherited_profiles_issue_reporting"], settings
    by_severity = statistics["total_checks_by_severity"]
    required, recommended = _CHECKS[profile]
    assert by_severity["REQUIRED"] >= required, statistics
    assert by_severity["RECOMMENDED"] >= recommended, statistics
    assert statistics["total_passed_checks"] + statistics["total_failed_checks"] == statistics["total_checks"], (
        statistics
    )
    return [Complaint(i["severity"], str(i["violatingEntity"]), i["message"]) for i in found["issues"]]


def known_complaints(inputs: Sequence[Input]) -> list[Complaint]:
    """What the validator says of every good crate, where there is no network.

    Args:
        inputs: what comes from outside.
    """
    # its shape wants every workflow to have an address, whereas the one of a capsule is a file of it
    classes = ("http://schema.org/SoftwareSourceCode", "https://bioschemas.org/ComputationalWorkflow")
    found = [Complaint("RECOMMENDED", one, "The SoftwareApplication id SHOULD be an absolute URI") for one in classes]
    # it looks by HEAD, of which it keeps no answers
    found += [
        Complaint("RECOMMENDED", "None", f"Web-based Data Entity {one.address} {_unavailable(one.address)}")
        for one in inputs
        if one.is_served
    ]
    return found


def _unavailable(address: str) -> str:
    scheme = address.partition(":")[0]
    if scheme in ("http", "https"):
        return "is not available"
    return (
        f"uses scheme '{scheme}' which is not natively supported by the validator; availability could not be verified"
    )


def _with(package: str) -> str:
    return str(HERE / f"with_{package}.py")


def _told(environment: str, program: str, *arguments: str) -> str:
    done = _run(environment, program, *arguments)
    assert done.returncode == 0, f"{environment}: {done.stdout}{done.stderr}"
    return done.stdout


def _run(environment: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A validator's program, with nothing of the project's Python."""
    made = subprocess.run(["bash", str(HERE / "install.sh"), environment], capture_output=True, text=True)
    assert made.returncode == 0, f"the environment of {environment} could not be made: {made.stderr}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [str(Path(made.stdout.strip()) / "bin" / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=kept)
