"""The pages, asked for without a browser: what they show, what they escape, and what they never give away."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("starlette", reason="the extra serve is not installed")

from analysis.provenance.inventory import locations
from analysis.provenance.journal import Journal
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.remote_store import RemoteStore
from tasks.serving import application, catalogue, views
from tasks.serving.guard import SANDBOX
from tasks.serving.starting import Starter
from tests.analysis.provenance.stored import write_of, write_record

EVIL = "<script>alert(1)</script>"


class Client:
    """Asks an application, one thing after the other."""

    def __init__(self, asked: views.Views) -> None:
        self.views = asked
        self._transport = httpx.ASGITransport(application.application(asked, threading.Event()))

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        return self._ask("GET", path, params=params)

    def post(self, path: str, content: str) -> httpx.Response:
        return self._ask("POST", path, content=content)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://localhost") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())


@pytest.fixture
def page(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The pages of a store, behind no guard, without the process that decides states."""
    monkeypatch.setattr(views, "index_file", lambda where: tmp_path / "index.sqlite")
    monkeypatch.setattr(views, "base_folder", lambda: tmp_path)
    monkeypatch.setattr(views.Views, "_decide", lambda self: None)
    return Client(views.Views())


def test_a_record_with_all_that_is_known_of_it(page: Client, store: Path):
    local = LocalStore(store)
    events = write_record(local, "SimulateData", series="proton", labels=("events_0-10", "events_10-20"))
    training = write_record(local, "TrainModel", inputs=[events])
    listed = page.get("/records", params={"words": "proton"}).text
    assert events.key in listed
    assert training.key not in listed
    shown = page.get("/record", params={"place": training.place}).text
    assert f"record?place={events.place.replace('/', '%2F')}" in shown
    assert "numbers.bin" in shown
    before = page.get("/record", params={"place": events.place, "label": "events_10-20"}).text
    assert f"record?place={training.place.replace('/', '%2F')}" in before


def test_what_changed_since_the_list_is_told(page: Client, store: Path):
    record = write_record(LocalStore(store), "SimulateData", labels=("events_0-10",))
    page.get("/records")
    write_record(LocalStore(store), "SimulateData", labels=("events_10-20",))
    assert "it has changed since" in page.get("/record", params={"place": record.place}).text


def test_of_a_store_out_of_reach_what_was_known_is_shown(store: Path, tmp_path: Path, page: Client):
    record = write_record(LocalStore(store), "TrainModel")
    assert "What is here is what was known before" not in page.get("/records").text
    server = RemoteStore(connect("http://127.0.0.1:1/store", Options(attempts=1)), tmp_path / "copies", 10**6)
    page.views.catalogue.where += locations([server])
    for address in ("/records", "/disk", "/reports", "/trainings"):
        shown = page.get(address)
        assert shown.status_code == 200
        assert "What is here is what was known before: the server cannot be reached: http://127.0.0.1:1" in shown.text
    assert record.key in page.get("/records").text


def test_files_of_records_have_an_origin_of_their_own(page: Client, store: Path):
    files = {"report.html": b"<h1>Result</h1>", "picture.svg": b"<svg/>"}
    place = write_of(LocalStore(store), "study/Report/default", KeyParts("Report"), payload=files).place
    report = page.get("/file", params={"place": place, "name": "report.html"})
    assert report.text == "<h1>Result</h1>"
    assert report.headers["content-type"].startswith("text/html")
    assert report.headers["content-security-policy"] == SANDBOX
    assert "sandbox" in SANDBOX
    assert "allow-same-origin" not in SANDBOX
    assert "default-src 'none'" in SANDBOX
    assert place.replace("/", "%2F") in page.get("/reports").text
    other = page.get("/file", params={"place": place, "name": "picture.svg"})
    assert other.headers["content-type"] == "application/octet-stream"
    assert other.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["../../secret", "manifest.json", "", ".", "/etc/passwd", "secret", "link"])
def test_a_file_that_is_no_payload_is_not_reached(page: Client, store: Path, name: str):
    record = write_record(LocalStore(store), "TrainModel")
    (store / "secret").write_text("planted")
    (Path(record.address) / "link").symlink_to(store / "secret")
    answer = page.get("/file", params={"place": record.place, "name": name})
    assert answer.status_code == 404
    assert "planted" not in answer.text


@pytest.mark.parametrize(
    "place",
    [
        "",
        "..",
        "../../etc",
        "/etc/passwd",
        "study/TrainModel",
        "a/../study",
        ".code",
        "study/TrainModel/x-0123456789ab/..",
    ],
)
def test_a_place_that_has_no_records_is_not_reached(page: Client, store: Path, place: str):
    write_record(LocalStore(store), "TrainModel")
    for address in ("/record", "/file", "/explain"):
        assert page.get(address, params={"place": place, "name": "json"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../law.cfg", "/templates/base.html", "/style.css/../../guard.py", "/%2e%2e/law.cfg"]
)
def test_there_are_no_other_addresses(page: Client, path: str):
    assert page.get(path).status_code == 404


def test_a_damaged_file_is_not_shown_and_stays_where_it_is(page: Client, store: Path):
    record = write_record(LocalStore(store), "TrainModel")
    file = Path(record.address) / "json"
    file.write_text("[]\n")
    assert page.get("/file", params={"place": record.place, "name": "json"}).status_code == 404
    assert file.read_text() == "[]\n"


def test_texts_of_others_are_no_markup(page: Client, store: Path, tmp_path: Path):
    record = write_record(LocalStore(store), "TrainModel", series=EVIL.replace("/", "|"), parameters={"set": EVIL})
    journal = Journal(store, {"line": EVIL, "study": EVIL, "plan": []})
    journal.add(begun=record.place, label=EVIL)
    journal.add(error=EVIL)
    write_job(tmp_path, EVIL)
    for address in ("/", "/records", f"/records?words={EVIL}", "/jobs", "/disk", "/trainings", "/log?job=job"):
        text = page.get(address).text
        assert "<script>alert" not in text
        assert "<script>" not in text.replace('<script src="page.js" defer>', "")
    shown = page.get("/record", params={"place": record.place}).text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert EVIL not in page.get("/log", params={"job": EVIL}).text
    journal.end("failed")


def write_job(folder: Path, text: str) -> None:
    """Remember a job whose words are somebody else's, with its log."""
    log = folder / "job.log"
    log.write_text(f"{text}\nthe last line\n")
    own = folder / "jobs" / "study" / "TrainModel" / "abc"
    own.mkdir(parents=True)
    attempt: dict[str, Any] = {"name": "job", "records": ["a", "b"], "number": 2, "memory": 2000, "log": str(log)}
    attempt |= {
        "site": "local",
        "job": "17",
        "phase": "over",
        "state": "gone",
        "host": text,
        "reason": f"killed {text}",
    }
    (own / "submission.json").write_text(json.dumps({"format": 2, "attempts": [attempt]}))


def test_jobs_with_attempts_reasons_and_logs(page: Client, tmp_path: Path):
    write_job(tmp_path, "of it")
    assert "killed of it" in page.get("/jobs").text
    assert "the last line" in page.get("/log?job=job").text
    assert page.get("/log?job=../job.log").status_code == 404


def test_a_stream_ends_and_the_browser_asks_again(page: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(application, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(application, "_STREAM_SECONDS", 0.05)
    stream = page.get("/events", params={"page": "now"})
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.text.startswith("retry: 500\n\nevent: page\ndata: ")
    # told once, as nothing has changed
    assert stream.text.count("event: page") == 1
    assert "Nothing has run here yet" in stream.text
    assert page.get("/events", params={"page": "records"}).status_code == 404


def test_without_leave_nothing_is_started(page: Client):
    for path in ("/start", "/stop"):
        assert page.post(path, content="task=Report&study=airshower&statistics=small").status_code == 403
    assert page.get("/start").status_code == 405
    assert "Start a command" not in page.get("/").text


@pytest.mark.parametrize(
    ("task", "study", "statistics"),
    [("Prune", "airshower", "small"), ("Report", "--set", "small"), ("Report", "airshower", "small; ls"), ("", "", "")],
)
def test_with_leave_only_the_listed_commands_are(task: str, study: str, statistics: str):
    from analysis.errors import StudyError

    starter = Starter()
    with pytest.raises(StudyError, match="none of the commands"):
        starter.start(task, study, statistics)
    with pytest.raises(StudyError, match="started here"):
        starter.stop(1)
    assert not starter.started


def test_the_index_lies_where_others_cannot_write(store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(catalogue, "PROJECT", tmp_path)
    (tmp_path / ".cache").mkdir()
    file = catalogue.index_file(locations([LocalStore(store)]))
    assert file.parent == tmp_path / ".cache" / "index"
    assert file.parent.stat().st_mode & 0o077 == 0
