"""What goes wrong ends with one clear message and a non-zero exit; nothing half-written stays, nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.project import QUICK, Project, complete_records_are_whole, made


def message(output: str) -> str:
    """What was said of the failure; a traceback would be a bug."""
    assert "Traceback" not in output, output
    _, _, said = output.rpartition("error: ") if "error: " in output else output.rpartition("ERROR: ")
    assert said, output
    return said


def manifests(project: Project, family: str) -> list[Path]:
    return sorted((project.store / "htautau" / family).glob("*/*manifest.json"))


@pytest.mark.long
def test_truncated_payload(rerun: Project):
    (trained,) = manifests(rerun, "TrainModel")
    trained.unlink()
    payload = next((rerun.store / "htautau/PrepareTraining").glob("TTbar-*/*.safetensors"))
    os.truncate(payload, 100)
    output = rerun.law("run", "TrainModel", *QUICK)
    said = message(output)
    assert payload.name in said
    assert "has 100 bytes" in said
    assert "set aside" in said
    assert "again: 1 damaged record set aside, to be made anew now" in output
    assert sorted(made(output)) == ["PrepareTraining", "TrainModel"]
    complete_records_are_whole(rerun)


@pytest.mark.long
def test_deleted_manifest(rerun: Project):
    (trained,) = manifests(rerun, "TrainModel")
    before = json.loads(trained.read_text())["payload"]["parameters.safetensors"]
    trained.unlink()
    assert made(rerun.law("run", "TrainModel", *QUICK)) == ["TrainModel"]
    assert json.loads(trained.read_text())["payload"]["parameters.safetensors"] == before


@pytest.mark.long
def test_damaged_manifest(rerun: Project):
    (trained,) = manifests(rerun, "TrainModel")
    trained.unlink()
    manifest = next((rerun.store / "htautau/PrepareTraining").glob("TTbar-*/*manifest.json"))
    os.truncate(manifest, 50)
    output = rerun.law("run", "TrainModel", *QUICK)
    assert "is damaged" in message(output)
    assert sorted(made(output)) == ["PrepareTraining", "TrainModel"]


@pytest.fixture
def own_mirror(rerun: Project, tmp_path: Path) -> Path:
    """A mirror that a test may damage; what was fetched of TTbar is gone."""
    assert rerun.mirror is not None
    copy = tmp_path / "mirror"
    shutil.copytree(rerun.mirror, copy, copy_function=shutil.copyfile)
    rerun.mirror = copy
    for family in ("FetchData", "CalibrateEvents"):
        for place in (rerun.store / "htautau" / family).glob("TTbar-*"):
            shutil.rmtree(place)
    return copy


@pytest.mark.long
def test_corrupted_input_file(rerun: Project, own_mirror: Path):
    file = own_mirror / "cms_htautau_2012/TTbarSkim.root"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    said = message(rerun.law("run", "CalibrateEvents", "--datasets", "TTbar", fails=True))
    assert "TTbarSkim.root" in said
    assert "SHA-256" in said
    assert not list(rerun.store.glob("htautau/FetchData/TTbar-*/*.root"))


def test_input_file_cut_in_half(rerun: Project, own_mirror: Path):
    file = own_mirror / "cms_htautau_2012/TTbarSkim.root"
    os.truncate(file, file.stat().st_size // 2)
    said = message(rerun.law("run", "CalibrateEvents", "--datasets", "TTbar", fails=True))
    assert "TTbarSkim.root" in said


def _accept(project: Project, dataset: str, path: Path) -> None:
    """Let the catalogue take a changed file for the right one."""
    import hashlib

    old = json.loads(
        project.python(
            "import json; from analysis.registry import find_study;"
            f"f = find_study('htautau').dataset({dataset!r}).files[0]; print(json.dumps([f.sha256, f.size]))"
        )
    )
    catalogue = "analysis/studies/htautau/datasets.py"
    project.replace(catalogue, old[0], hashlib.sha256(path.read_bytes()).hexdigest())
    text = (project.folder / catalogue).read_text()
    for written in (str(old[1]), f"{old[1]:_}"):
        text = text.replace(written, str(path.stat().st_size))
    (project.folder / catalogue).write_text(text)


@pytest.mark.long
def test_root_file_cut_in_half_though_its_checksum_is_right(rerun: Project, own_mirror: Path):
    file = own_mirror / "cms_htautau_2012/TTbarSkim.root"
    os.truncate(file, file.stat().st_size // 2)
    _accept(rerun, "TTbar", file)
    said = message(rerun.law("run", "CalibrateEvents", "--datasets", "TTbar", fails=True))
    assert "TTbarSkim.root" in said
    assert not list(rerun.store.glob("htautau/CalibrateEvents/TTbar-*/*"))


def test_missing_branch(rerun: Project):
    rerun.replace("analysis/studies/htautau/datasets.py", '"mt_1"', '"mt_one"')
    said = message(rerun.law("run", "CalibrateEvents", "--datasets", "TTbar", fails=True))
    assert "mt_one" in said
    assert "TTbarSkim.root" in said


@pytest.mark.long
def test_empty_selection(rerun: Project):
    rerun.replace("analysis/studies/htautau/measuring.py", 'Cut("iso_1", "<", 0.1)', 'Cut("iso_1", "<", -9.0)')
    said = message(rerun.law("run", "TrainModel", *QUICK, fails=True))
    assert "no " in said
    assert any(name in said for name in ("GluGluToHToTauTau", "higgs", "DYJetsToLL"))


def test_feature_that_is_not_a_number(rerun: Project):
    path = rerun.folder / "analysis/studies/htautau/reconstruction.py"
    path.write_text(
        path.read_text()
        + "\n\n_reconstruct = reconstruct\n\n\n"
        + "def reconstruct(calibrated, dataset, weight_per_fb, settings):\n"
        + "    import awkward as ak\n    import numpy as np\n\n"
        + "    events = _reconstruct(calibrated, dataset, weight_per_fb, settings)\n"
        + "    values = ak.to_numpy(events.pt_vis).copy()\n    values[3] = np.nan\n"
        + '    return ak.with_field(events, values, "pt_vis")\n'
    )
    said = message(rerun.law("run", "TrainModel", *QUICK, fails=True))
    assert "pt_vis" in said
    assert not list(rerun.store.glob("htautau/PrepareTraining/*/.*part"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["TrainModel", "--study", "hgamma"], ["'hgamma'", "htautau"]),
        (["TrainModel", "--campaign", "2013"], ["'2013'", "2012BC, 2012B, 2012C"]),
        (["CalibrateEvents", "--datasets", "ZZ"], ["'ZZ'", "DYJetsToLL"]),
        (["TrainModel", "--training", "epoch=3"], ["'epoch'", "epochs"]),
        (["TrainModel", "--training", "epochs=many"], ["epochs", "many"]),
        (["TrainModel", "--training", "epochs"], ["name=value"]),
        (["TrainModel", "--network-settings", "hidden=-3"], ["hidden"]),
    ],
)
def test_unknown_values(trained: Project, arguments: list[str], words: list[str]):
    said = message(trained.law("run", *arguments, fails=True))
    assert all(word in said for word in words), said


def test_neither_network_nor_mirror(project: Project):
    project.mirror = None
    # a port of this machine on which nothing listens: every address outside is out of reach
    project.variables = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    said = message(project.law("run", "FetchData", "--datasets", "TTbar", fails=True))
    assert "TTbarSkim.root" in said
    assert "https://raw.githubusercontent.com/arsahasransu/root-short-exercise/" in said
    assert "ERUMFLOW_MIRROR" in said
    sha256 = project.python(
        "from analysis.registry import find_study; print(find_study('htautau').dataset('TTbar').files[0].sha256)"
    )
    assert sha256.strip() in said


def test_mirror_that_is_no_folder(project: Project, tmp_path: Path):
    project.mirror = tmp_path / "nowhere"
    said = message(project.law("run", "FetchData", "--datasets", "TTbar", fails=True))
    assert "nowhere" in said
    assert "ERUMFLOW_MIRROR" in said


def test_store_that_is_not_there(project: Project, tmp_path: Path):
    project.store = tmp_path / "unmounted" / "store"
    said = message(project.law("run", "FetchData", "--datasets", "TTbar", fails=True))
    assert str(project.store) in said
    assert "ERUMFLOW_STORE" in said


def _mount(folder: Path, options: str) -> None:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no permission to mount a small file system: {done.stderr.strip()}")


@pytest.fixture
def small_store(project: Project, tmp_path: Path) -> Iterator[Project]:
    """The store on a file system of 1 MiB."""
    project.store = tmp_path / "small"
    _mount(project.store, "size=1m")
    yield project
    subprocess.run(["umount", project.store], check=True)


@pytest.fixture
def unwritable_store(project: Project, tmp_path: Path) -> Iterator[Project]:
    """The store on a file system that is mounted for reading only."""
    project.store = tmp_path / "read-only"
    _mount(project.store, "size=1m,ro")
    yield project
    subprocess.run(["umount", project.store], check=True)


def test_full_store(small_store: Project):
    said = message(small_store.law("run", "FetchData", fails=True))
    assert "No space left on device" in said
    assert str(small_store.store) in said
    complete_records_are_whole(small_store)
    assert not list(small_store.store.rglob("*.part"))


def test_unwritable_store(unwritable_store: Project):
    said = message(unwritable_store.law("run", "FetchData", "--datasets", "TTbar", fails=True))
    assert "the store does not permit it" in said
    assert str(unwritable_store.store) in said
