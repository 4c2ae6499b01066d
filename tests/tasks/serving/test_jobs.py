"""Jobs as commands remember them, and the ends of their logs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tasks.batch.bundles import write_json
from tasks.batch.submission import FORMAT, Attempt
from tasks.serving.jobs import jobs_in, log_of


def remember(folder: Path, task: str, *attempts: Attempt) -> None:
    file = folder / task / "0123456789abcdef" / "submission.json"
    file.parent.mkdir(parents=True)
    write_json(file, {"format": FORMAT, "attempts": [dataclasses.asdict(one) for one in attempts]})


def attempt(name: str, log: Path, **facts: Any) -> Attempt:
    return dataclasses.replace(Attempt(name, ["one"], 1, 2000, str(log), "local"), **facts)


def test_what_is_in_a_queue_comes_first_and_then_the_newest(tmp_path: Path):
    log = tmp_path / "job.log"
    remember(
        tmp_path,
        "study/TrainModel",
        attempt("over", log, phase="over", submitted=9.0),
        attempt("first", log, submitted=1.0),
        attempt("second", log, phase="submitted", submitted=2.0),
    )
    remember(tmp_path, "study/FitEvents", attempt("fit", log))
    found = jobs_in(tmp_path)
    assert [(jobs.task, [one.name for one in jobs.attempts]) for jobs in found] == [
        ("study/FitEvents", ["fit"]),
        ("study/TrainModel", ["second", "first", "over"]),
    ]
    assert jobs_in(tmp_path / "absent") == []


def test_a_damaged_file_is_told_and_hides_no_other_page(tmp_path: Path):
    remember(tmp_path, "study/TrainModel", attempt("job", tmp_path / "job.log"))
    (tmp_path / "study/TrainModel/0123456789abcdef/submission.json").write_text('{"format": 2, "attempts": [{"a')
    (found,) = jobs_in(tmp_path)
    assert "submission.json" in found.problem
    assert log_of(tmp_path, "job") is None


def test_of_a_long_log_the_end_is_told(tmp_path: Path):
    log = tmp_path / "job.log"
    log.write_bytes(b"first\n" + b"x" * 100_000 + b"\xff last\n")
    remember(tmp_path, "study/TrainModel", attempt("job", log), attempt("lost", tmp_path / "gone.log"))
    text = log_of(tmp_path, "job")
    assert text is not None
    assert text.endswith("\ufffd last\n")
    assert len(text) == 64 << 10
    assert log_of(tmp_path, "lost") is None
    assert log_of(tmp_path, "other") is None
