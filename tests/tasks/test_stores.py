"""Stores in law.cfg, and the graph on stores of each kind."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from law.config import Config

from analysis.errors import StudyError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store
from analysis.studies.htautau.study import study
from tasks.framework import stores
from tasks.framework.stores import all_stores, store_for
from tests.analysis.provenance.servers import OnFolder, OnS3, OnXRootD
from tests.tasks.project import QUICK, Project, made, new_project
from tests.tasks.test_killing import kill, unclocked

Configure = Callable[..., None]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """``configure(store={...}, store_remote={...})``: what law.cfg says about stores, and nothing else."""
    monkeypatch.delenv("ERUMFLOW_STORE", raising=False)
    config = Config.instance()
    before = {name: dict(config.items(name, expand_vars=False)) for name in config.sections()}
    index = tmp_path / "index"
    index.write_text("tasks.data:FetchData:study\ntasks.training:TrainModel:study network\n")

    def forget() -> None:
        for cached in (stores._store_for, stores._open, stores._settings, stores._chosen):
            cached.cache_clear()

    def configure(**sections: dict[str, str]) -> None:
        for name in config.sections():
            if name == "store" or name.startswith("store_"):
                config.remove_section(name)
        config.update({"core": {"index_file": str(index)}, **sections})
        forget()

    yield configure
    for name in config.sections():
        # an update leaves options that a section did not have before
        if name not in before or name == "store":
            config.remove_section(name)
    config.update(before)
    forget()


SERVER = {"root": "memory://server/store", "cache_size": "0.5"}


def test_a_local_folder_is_the_default(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    configure(store={"root": "data"})
    found = store_for("TrainModel", tmp_path)
    assert isinstance(found, LocalStore)
    assert found.root == tmp_path / "data"
    assert store_for("", tmp_path) is found
    assert all_stores(tmp_path) == [found]
    configure()
    assert store_for("", tmp_path).url("x") == str(tmp_path / "data" / "x")
    monkeypatch.setenv("ERUMFLOW_STORE", "other")
    assert store_for("", tmp_path).url("x") == str(tmp_path / "other" / "x")


def test_a_store_on_a_server(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCRATCH", str(tmp_path / "scratch"))
    configure(store={**SERVER, "cache": "$SCRATCH/copies"})
    found = store_for("TrainModel", tmp_path)
    assert isinstance(found, RemoteStore)
    assert found.url("x") == "memory://server/store/x"
    assert (found.cache.folder, found.cache.limit) == (tmp_path / "scratch" / "copies", 500_000_000)


def test_stores_by_task(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    configure(store={"root": "data", "TrainModel": "remote"}, store_remote=SERVER)
    local, remote = store_for("", tmp_path), store_for("TrainModel", tmp_path)
    assert isinstance(remote, RemoteStore)
    assert isinstance(local, LocalStore)
    assert store_for("FetchData", tmp_path) is local
    assert all_stores(tmp_path) == [local, remote]
    monkeypatch.setenv("ERUMFLOW_STORE", str(tmp_path / "other"))
    assert store_for("TrainModel", tmp_path) is remote
    assert store_for("FetchData", tmp_path).url("x") == str(tmp_path / "other" / "x")


def test_a_mirror(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    configure(store={"root": "data", "mirror": "remote"}, store_remote=SERVER)
    found = store_for("", tmp_path)
    assert isinstance(found, MirroredStore)
    assert found.local.root == tmp_path / "data"
    assert found.remote.url("x") == "memory://server/store/x"
    monkeypatch.setenv("ERUMFLOW_STORE", "memory://other/store")
    assert isinstance(store_for("", tmp_path), RemoteStore)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"store": {"rot": "data"}}, r"section \[store\]: StoreSettings has no setting 'rot'(.|\n)*use one of: root, "),
        ({"store": {"cache_size": "big"}}, r"section \[store\]: StoreSettings: cache_size is 'big'"),
        ({"store": {"cache_size": "-1"}}, r"section \[store\]: cache_size is -1"),
        ({"store": {"root": "$NOT_SET/data"}}, r"root is \$NOT_SET/data, in which a variable is not set"),
        (
            {"store": {"root": "memory://x", "cache": "here"}},
            "the cache here of the store memory://x is no absolute path",
        ),
        (
            {"store": {"TrainModel": "cern"}, "store_desy": SERVER},
            r"the store 'cern', which is not there\n.*one of: desy",
        ),
        (
            {"store": {"TrainModels": "desy"}, "store_desy": SERVER},
            r"no task 'TrainModels'\n.*one of: FetchData, Train",
        ),
        ({"store": {"mirror": "cern"}, "store_desy": SERVER}, "has no store 'cern'\n.*use one of: desy"),
        ({"store": {"mirror": "cern"}, "store_cern": {"root": "data"}}, "has the root data, no address"),
        ({"store": {**SERVER, "mirror": "desy"}, "store_desy": SERVER}, "is on a server and has mirror = desy"),
        ({"store": {"TrainModel": "desy"}, "store_desy": {"cache": "/x"}}, r"section \[store_desy\]: it has no root"),
        ({"store": {"TrainModel": "d"}, "store_d": {**SERVER, "FetchData": "d"}}, "has no setting 'FetchData'"),
    ],
)
def test_what_is_wrong_is_named(
    configure: Configure, tmp_path: Path, sections: dict[str, dict[str, str]], message: str
):
    configure(**sections)
    with pytest.raises(StudyError, match=message):
        store_for("TrainModel", tmp_path)


def digests(store: Store) -> dict[str, str]:
    """SHA-256 of every payload file of every record, by its place; keys are part of that."""
    found = {}
    for family in store.folders("htautau"):
        for folder in store.folders(f"htautau/{family}"):
            place = f"htautau/{family}/{folder}"
            for manifest in store.listing(place):
                if manifest.endswith("manifest.json"):
                    for name, entry in json.loads(store.read(place, manifest))["payload"].items():
                        found[f"{place}/{manifest} {name}"] = entry["sha256"]
    return found


def on_server(project: Project, address: str, folder: Path) -> RemoteStore:
    """Let the commands of a project use a store on a server; returns the store."""
    with (project.folder / "law_user.cfg").open("a") as file:
        file.write(f"\n[store]\nroot: {address}\ncache: {folder}\ncache_size: 1\n")
    project.variables["ERUMFLOW_STORE"] = ""
    return RemoteStore(connect(address), folder / "seen", 10**9)


class TestFolder(OnFolder):
    def test_a_graph(self, project: Project, address: str, tmp_path: Path):
        store = on_server(project, address, tmp_path / "cache")
        output = project.law("run", "FetchData", "--workers", "2")
        assert f"{address}/htautau/FetchData/" in output
        before = digests(store)
        datasets = (*study.simulated, *study.measured(study.campaigns[0].name))
        assert sorted(before.values()) == sorted(file.sha256 for dataset in datasets for file in dataset.files)
        assert len(made(output)) == len(before) == 9, output

        (tmp_path / "changed").write_bytes(b"other")
        store.files.upload(tmp_path / "changed", next(iter(before)).partition("manifest.json")[0] + "root")
        assert "1 of 9 records is damaged" in project.law("run", "VerifyRecords", fails=True)
        assert len(made(project.law("run", "FetchData"))) == 1
        assert digests(store) == before


class Cases:
    def test_a_training(self, project: Project, trained: Project, address: str, tmp_path: Path):
        store = on_server(project, address, tmp_path / "cache")
        project.law("run", "TrainModel", *QUICK)
        assert unclocked(digests(store)) == unclocked(digests(LocalStore(trained.store)))
        shutil.rmtree(tmp_path / "cache")
        assert made(project.law("run", "TrainModel", *QUICK)) == []
        assert "sizes and SHA-256 as their manifests say" in project.law("run", "VerifyRecords")


@pytest.mark.services
class TestXRootD(OnXRootD, Cases):
    def test_a_training_goes_on_on_another_machine(
        self, repository: Path, mirror: Path, rerun: Project, address: str, tmp_path: Path
    ):
        arguments = ("--training", "epochs=40,patience=40,folds=5,seeds=1", "--network-settings", "hidden=8")
        rerun.law("run", "TrainModel", *arguments)
        (tmp_path / "one").mkdir()
        first = new_project(repository, tmp_path / "one", "htautau", mirror)
        store = on_server(first, address, tmp_path / "cache one")
        process = first.start("run", "TrainModel", *arguments, "--checkpoint-seconds", "0")
        family = "htautau/TrainModel"
        for _ in range(1200):
            places = [f"{family}/{name}" for name in store.folders(family)]
            saved = {name for place in places for name in store.files.listing(f"{place}/.workspace/record")}
            # beside what says of which inputs it is
            if any(not name.startswith("inputs.sha256") for name in saved):
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        kill(process)
        assert not any("manifest.json" in store.listing(place) for place in places)

        (tmp_path / "two").mkdir()
        second = new_project(repository, tmp_path / "two", "htautau", mirror)
        on_server(second, address, tmp_path / "cache two")
        second.law("run", "TrainModel", *arguments)
        wanted = {name: digest for name, digest in digests(LocalStore(rerun.store)).items() if places[0] in name}
        found = {name: digest for name, digest in digests(store).items() if places[0] in name}
        assert unclocked(found) == unclocked(wanted)
        assert found.keys() == wanted.keys()
        # it went on, and did not begin anew
        history = store.localize(places[0], "history.jsonl", found[f"{places[0]}/manifest.json history.jsonl"])
        compiled = ["compile_seconds" in json.loads(line) for line in history.read_text().splitlines()]
        assert compiled.count(True) == 2
        assert store.files.listing(f"{places[0]}/.workspace/record") == {}


@pytest.mark.services
class TestS3(OnS3, Cases):
    pass


@pytest.mark.services
class TestMirrorOnXRootD(OnXRootD):
    def test_a_training(self, project: Project, trained: Project, address: str, tmp_path: Path):
        project.variables["ERUMFLOW_STORE"] = ""
        with (project.folder / "law_user.cfg").open("a") as file:
            file.write(f"\n[store]\nroot: {tmp_path / 'mirrored'}\nmirror: remote\n")
            file.write(f"\n[store_remote]\nroot: {address}\ncache: {tmp_path / 'cache'}\n")
        remote = RemoteStore(connect(address), tmp_path / "seen", 10**9)
        project.law("run", "TrainModel", *QUICK)
        wanted = unclocked(digests(LocalStore(trained.store)))
        assert unclocked(digests(LocalStore(tmp_path / "mirrored"))) == wanted
        assert unclocked(digests(remote)) == wanted


def test_jobs_wait_for_servers_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job begins while a server is restarted that has answered the command which sent it."""
    from analysis.provenance.remote.server_files import ServerFiles
    from tasks.framework.data_access import data_options

    settings = stores.StoreSettings(root="http://127.0.0.1:1/store")
    for job in (False, True):
        if job:
            monkeypatch.setenv("ERUMFLOW_JOB_GPUS", "0")
        data_options.cache_clear()
        files = stores._remote(settings).files
        assert isinstance(files, ServerFiles)
        assert files.options.patient is job
        assert data_options().patient is job
    data_options.cache_clear()
