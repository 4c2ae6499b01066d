"""Sites and resources as law.cfg describes them."""

from __future__ import annotations

import configparser
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from law.config import Config

from analysis.errors import BatchError
from tasks.batch.resources import Resources, resources_of
from tasks.batch.sites import Site, batch_system, site_named, site_names
from tasks.batch.systems.system import Job

Configure = Callable[[str], None]


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    """Make law's configuration what a text says."""
    before = Config._instance

    def read(text: str) -> None:
        file = tmp_path / "law.cfg"
        file.write_text(text, encoding="utf-8")
        Config._instance = Config(str(file), skip_env_sync=True, skip_luigi_sync=True)

    yield read
    Config._instance = before


def test_a_site_is_a_section(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK", "/somewhere")
    configure("""
[site_naf]
system: htcondor
account: cms
logs: $WORK/jobs
scratch: $TMPDIR
memory: 3000
gpus: 1
last_poll: 60
variables: X509_USER_PROXY, BEARER_TOKEN_FILE
command_prefix: ssh -o "BatchMode yes" login
submit_lines:
    MY.MyProject = "100%%"
    requirements = (OpSysAndVer == "AlmaLinux9")
""")
    site = site_named("naf")
    assert site == Site(
        "naf",
        "htcondor",
        account="cms",
        logs=Path("/somewhere/jobs"),
        scratch="$TMPDIR",
        resources=Resources(memory=3000, gpus=1),
        last_poll=60.0,
        variables=("X509_USER_PROXY", "BEARER_TOKEN_FILE"),
        command_prefix=("ssh", "-o", "BatchMode yes", "login"),
        submit_lines=('MY.MyProject = "100%"', 'requirements = (OpSysAndVer == "AlmaLinux9")'),
    )
    assert "naf" in site_names()


def test_only_what_is_set_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "1")
    monkeypatch.delenv("OTHER", raising=False)
    assert Site("x", variables=("ONE", "OTHER")).taken_over() == {"ONE": "1"}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("system: pbs", r"site 'x': system = 'pbs' is none of local, htcondor, slurm"),
        ("sytem: slurm", r"\[site_x\]: there is no option 'sytem'.*\n.*known options: account, .*system"),
        ("memory: 2 GB", r"\[site_x\]: memory = '2 GB' is not a whole number\n.*MB"),
        ("cpus: 0", r"\[site_x\]: cpus = 0: a job needs at least 1"),
        ("last_poll: soon", r"\[site_x\]: last_poll = 'soon' cannot be.*\n.*number of seconds"),
        ("last_poll: 0.1", r"last_poll = 0.1 s is shorter than first_poll"),
        ("timeout: 0", r"timeout = 0.0 s"),
        ("partition: main", r"site 'x': partition says nothing to local, only to slurm"),
        ("environment: docker", r"environment = 'docker' is none of shared, bundle"),
        ("command_prefix: ssh 'x", r"\[site_x\]: command_prefix = .* cannot be"),
    ],
)
def test_what_is_wrong_is_named(configure: Configure, section: str, message: str) -> None:
    configure(f"[site_x]\n{section}\n")
    with pytest.raises(BatchError, match=message):
        site_named("x")


def test_an_unknown_site_lists_the_known_ones(configure: Configure) -> None:
    configure("[site_a]\n[site_b]\nsystem: slurm\n")
    with pytest.raises(BatchError, match=r"no site 'c'; known sites: a, b\n.*\[site_c\]"):
        site_named("c")


def test_the_shipped_sites_and_their_commented_siblings_are_valid(configure: Configure, repository: Path) -> None:
    text = (repository / "law.cfg").read_text(encoding="utf-8")
    start = text.index("[site_local]")
    # examples are comments that begin with a section, an option or a continued line
    lines = [re.sub(r"^# (?=\[|\w+: |\w+:$|    )", "", line) for line in text[start:].splitlines()]
    configure("\n".join(line for line in lines if not line.startswith("#")))
    assert set(site_names()) >= {"local", "htcondor", "slurm", "lxplus", "naf", "claix", "maxwell"}
    for name in site_names():
        site = site_named(name)
        assert batch_system(site).name == name
        assert not re.search(r"\s", site.partition)
    assert site_named("maxwell").resources.gpus == 1
    assert len(site_named("lxplus").submit_lines) == 2
    assert len(site_named("claix").prepare) == 2
    assert resources_of("TrainModel", {}, Resources()).memory == 8000


def test_every_option_is_described() -> None:
    described = set(re.findall(r"^    (\w+): ", inspect.getdoc(Site) or "", re.MULTILINE))
    assert {option.name for option in fields(Site)} <= described


def test_the_users_own_file_has_sites_too(repository: Path) -> None:
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    parser.read(repository / "law.cfg")
    assert parser["core"]["extend"].split(",")[0] == "law_user.cfg"


def test_resources_come_from_the_site_the_task_and_law_cfg_in_this_order(configure: Configure) -> None:
    configure("[resources_TrainModel]\nmemory: 9000\n")
    site = Resources(cpus=2, memory=1500)
    assert resources_of("TrainModel", {"gpus": 1, "memory": 4000}, site) == Resources(cpus=2, memory=9000, gpus=1)
    assert resources_of("FillHistograms", {"memory": 4000}, site) == Resources(cpus=2, memory=4000)


def test_wrong_resources_name_their_place(configure: Configure) -> None:
    configure("[resources_TrainModel]\nram: 9000\n")
    with pytest.raises(BatchError, match=r"law.cfg \[resources_TrainModel\]: there is no option 'ram'.*\n.*memory"):
        resources_of("TrainModel", {}, Resources())
    with pytest.raises(BatchError, match=r"task Other: runtime = -1: a job needs at least 1"):
        resources_of("Other", {"runtime": -1}, Resources())


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "BEARER_TOKEN", "DB_PASSWORD", "my_api_key"])
def test_a_secret_is_no_variable_of_a_job(name: str) -> None:
    with pytest.raises(BatchError, match=f"{name} looks like a secret") as caught:
        Job("x", ("true",), Path("log"), environment={name: "4f1d0a"})
    assert "4f1d0a" not in str(caught.value)
    Job("x", ("true",), Path("log"), environment={f"{name}_FILE": "token"})


def test_the_name_of_a_key_is_no_secret() -> None:
    Job("x", ("true",), Path("log"), environment={"AWS_ACCESS_KEY_ID": "AKIA"})


def test_a_job_is_one_line_of_words() -> None:
    for changes in ({"command": ("echo", "a\nb")}, {"environment": {"A": "a\nb"}}, {"name": "a b"}, {"command": ()}):
        with pytest.raises(BatchError):
            Job(**{"name": "x", "command": ("true",), "log": Path("log"), **changes})  # type: ignore[arg-type]
