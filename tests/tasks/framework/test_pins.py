"""Pins: which records an option freezes, what is refused, and when a pin has become old."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from law.config import Config

from analysis.errors import StudyError
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from tasks.calibration import CalibrateEvents
from tasks.finding import OTHERS
from tasks.framework import pin_options, pins
from tasks.histograms import FillHistograms, MergeHistograms
from tests.analysis.provenance.stored import rewritten

Pin = Callable[..., None]
FAMILIES = ("CalibrateEvents", "MergeHistograms")


def parts_of(number: int, family: str = FAMILIES[0]) -> KeyParts:
    return KeyParts(family, {"number": str(number)})


def two_alike() -> tuple[int, int]:
    """Numbers of two keys that begin with the same six digits."""
    seen: dict[str, int] = {}
    for number in itertools.count():
        other = seen.setdefault(parts_of(number).key()[:6], number)
        if other != number:
            return other, number
    raise AssertionError


NUMBERS = (*two_alike(), -1, -2)
KEYS = tuple(parts_of(number).key() for number in NUMBERS)
MERGED = parts_of(NUMBERS[0], "MergeHistograms").key()
PARTS = {parts.key(): parts for parts in (parts_of(number, family) for number in NUMBERS for family in FAMILIES)}
W1, TTBAR = "W1JetsToLNu", "TTbar"


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pin]:
    """``pin(**options)``: what law.cfg's section ``[pins]`` says, and nothing else."""
    config = Config.instance()
    there = dict(config.items(pin_options.SECTION)) if config.has_section(pin_options.SECTION) else None

    def forget() -> None:
        pin_options.options.cache_clear()
        pin_options.check_names.cache_clear()
        if config.has_section(pin_options.SECTION):
            config.remove_section(pin_options.SECTION)

    def configure(**options: str) -> None:
        forget()
        config.update({pin_options.SECTION: options})

    monkeypatch.setattr(pins, "_used", {})
    yield configure
    forget()
    if there is not None:
        config.update({pin_options.SECTION: there})


@pytest.fixture
def task() -> Any:
    return CalibrateEvents(study="htautau", shift=("all",))


def write(store: Path, task: Any, series: str, key: str, end: str = "2026-11-01T10:00:00.000+00:00") -> None:
    """Write records of a series under a key, all of them, made at a time."""
    place = f"{task.study}/{task.family}/{series}-{key}"
    for label in task.labels(series):
        record = Record(LocalStore(store), place, label, task.payload_of(series))
        with record.writing(lambda: None) as draft:
            assert draft is not None
            draft.parts = PARTS[key]
            for name in record.payload:
                draft.path(name).write_text("events")
        rewritten(store / place / record.manifest_name, lambda manifest: manifest["made"].update(end=end))


def test_nothing_is_pinned_where_nothing_is_said(pin: Pin, task: Any, store: Path):
    pin()
    assert pins.pinned(task, W1) is None
    assert not pins.are_there()
    assert task.pinned(W1) is None
    assert task.pins_behind(W1) == []
    assert task.upstream(W1) == task.needs(W1)


@pytest.mark.parametrize(
    "option",
    [
        *("CalibrateEvents", "calibrated", "htautau.CalibrateEvents", "htautau.calibrated"),
        *("CalibrateEvents.W1JetsToLNu", "htautau.calibrated.W1JetsToLNu", "CalibrateEvents.nominal"),
        "CalibrateEvents.W1JetsToLNu.nominal",
    ],
)
def test_a_step_is_pinned_by_any_of_its_names(pin: Pin, task: Any, store: Path, option: str):
    write(store, task, W1, KEYS[0])
    pin(**{option: KEYS[0]})
    found = pins.pinned(task, W1)
    assert found is not None
    assert (found.key, found.option) == (KEYS[0], option)
    assert found.place == f"htautau/CalibrateEvents/{W1}-{KEYS[0]}"
    assert pins.told() == [f"CalibrateEvents {W1} to {KEYS[0]}, made 2026-11-01 ([pins] {option})"]


def test_each_series_takes_the_key_that_its_records_have(pin: Pin, task: Any, store: Path):
    write(store, task, W1, KEYS[0])
    write(store, task, TTBAR, KEYS[2])
    write(store, task, f"{W1}.tau_energy_up", KEYS[3])
    pin(calibrated=f"{KEYS[0]}, {KEYS[2][:6]}\n{KEYS[3]}")
    keys = [getattr(pins.pinned(task, name), "key", "") for name in (W1, TTBAR, f"{W1}.tau_energy_up")]
    assert keys == [KEYS[0], KEYS[2], KEYS[3]]


def test_the_most_specific_option_counts(pin: Pin, task: Any, store: Path):
    for key in KEYS:
        for series in (W1, TTBAR, f"{W1}.tau_energy_up", f"{W1}.tau_energy_down"):
            write(store, task, series, key)
    options = {
        "CalibrateEvents": KEYS[0],
        "htautau.CalibrateEvents": KEYS[1],
        f"CalibrateEvents.{W1}": KEYS[2],
        f"CalibrateEvents.{W1}.tau_energy_up": KEYS[3],
        "CalibrateEvents.TTbar": "",
    }

    def pinned_to(series: str) -> str:
        return getattr(pins.pinned(task, series), "key", "")

    pin(**options)
    assert pinned_to(W1) == pinned_to(f"{W1}.tau_energy_down") == KEYS[2]
    assert pinned_to(f"{W1}.tau_energy_up") == KEYS[3]
    assert pinned_to(TTBAR) == ""
    del options["CalibrateEvents.TTbar"]
    pin(**options)
    assert pinned_to(TTBAR) == KEYS[1]


def test_a_stage_stands_for_the_task_that_makes_it(pin: Pin, store: Path):
    merge, fill = MergeHistograms(study="htautau"), FillHistograms(study="htautau")
    assert merge.stage == fill.stage == "histograms"
    write(store, merge, merge.series_names()[0], MERGED)
    pin(histograms=MERGED)
    assert pins.pinned(merge, merge.series_names()[0]) is not None
    assert pins.pinned(fill, fill.series_names()[0]) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"CalibrateEvent": KEYS[0]}, "no task or stage 'CalibrateEvent'; did you mean 'CalibrateEvents'"),
        ({"MakeEvents": KEYS[0]}, "no task or stage 'MakeEvents'"),
        ({"htatau.CalibrateEvents": KEYS[0]}, "no study, task or stage 'htatau'; did you mean 'htautau'"),
        ({"CalibrateEvents.W1Jets": KEYS[0]}, "no data set, campaign or shift 'W1Jets'; did you mean"),
        ({"htautau.calibrated.TTbar.tau_up": KEYS[0]}, "shift 'TTbar.tau_up'; did you mean 'TTbar.tau_energy_up'"),
        ({"airshower.calibrated.TTbar": KEYS[0]}, "study 'airshower' has no data set, campaign or shift 'TTbar'"),
        ({"CalibrateEvents": "01234"}, "names '01234', which is no key\n.*the first 6 or more serve"),
        ({"CalibrateEvents": "newest"}, "names 'newest', which is no key"),
        ({"CalibrateEvents": f"{KEYS[0]} since May"}, "is pinned since 'May', which is no day\n.*2026-11-30"),
        ({"CalibrateEvents": KEYS[2]}, rf"has no records of that name under that key\n.*the newest are {KEYS[1]}"),
        (
            {"CalibrateEvents": KEYS[0][:6]},
            rf"there are records of that name under {', '.join(sorted(KEYS[:2]))}\n.*name one key a series",
        ),
    ],
)
def test_what_is_wrong_is_told(pin: Pin, task: Any, store: Path, options: dict[str, str], message: str):
    write(store, task, W1, KEYS[0])
    write(store, task, W1, KEYS[1], "2026-11-02T10:00:00.000+00:00")
    pin(**options)
    with pytest.raises(StudyError, match=message) as error:
        pins.pinned(task, W1)
    assert "law.cfg or law_user.cfg, section [pins]" in str(error.value)
    assert next(iter(options)) in str(error.value)


def test_other_studies_may_have_what_this_one_has_not(pin: Pin, task: Any, store: Path):
    pin(**{"airshower.fitted": KEYS[0], "FitEvents.hybrid": KEYS[0]})
    assert pins.pinned(task, W1) is None


def test_incomplete_records_are_an_error_and_never_made(pin: Pin, task: Any, store: Path):
    write(store, task, W1, KEYS[0])
    payload = task.payload_of(W1)[0]
    (store / f"htautau/CalibrateEvents/{W1}-{KEYS[0]}/{task.labels(W1)[0]}.{payload}").unlink()
    pin(CalibrateEvents=KEYS[0])
    with pytest.raises(StudyError, match=r"of which 0 of 1 records are complete in .*\n.*nothing is made under a pin"):
        pins.pinned(task, W1)


def test_a_pin_older_than_a_month_is_told():
    pin = pins.Pinned("CalibrateEvents", f"htautau/CalibrateEvents/{W1}-{KEYS[0]}", "2026-11-01T10:00:00")
    assert pin.older(date(2026, 11, 30)) == ""
    assert pin.older(date(2026, 12, 2)) == "31 days old"
    since = pins.Pinned(pin.option, pin.place, "2026-11-29T10:00:00", since="2026-10-01")
    assert since.older(date(2026, 11, 30)) == "1 days old and pinned for 60 days"


def test_old_pins_are_told_once_for_an_option(pin: Pin, task: Any, store: Path):
    for series in (W1, TTBAR):
        write(store, task, series, KEYS[0], "2020-01-01T10:00:00.000+00:00")
    pin(CalibrateEvents=KEYS[0])
    for series in (W1, TTBAR):
        pins.pinned(task, series)
    (text,) = pins.old()
    assert text.startswith("[pins] CalibrateEvents holds to records that are ")


def test_all_tasks_with_records_can_be_pinned():
    assert set(pin_options.OTHER_TASKS) == OTHERS.keys() - {"PreserveStudy"}
