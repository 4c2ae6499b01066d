"""The records that the present code makes."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.errors import StudyError
from tasks.current import current_places, is_current, pinned_keys
from tasks.report import Report
from tasks.training import TrainModel


@pytest.fixture(scope="module")
def places() -> dict[str, set[str]]:
    return {study: current_places(study) for study in ("airshower", "htautau")}


@pytest.mark.long
@pytest.mark.parametrize("study", ["airshower", "htautau"])
def test_all_that_a_page_depends_on_is_current(study: str, places: dict[str, set[str]]):
    waiting: list[Any] = [Report(study=study)]
    seen = set()
    while waiting:
        task = waiting.pop()
        for series in task.series_names():
            if (place := task.place(series)) not in seen:
                seen.add(place)
                waiting += [need.task for need in task.needs(series).values()]
    assert len(seen) > 30
    assert seen <= places[study]


def test_what_commands_make_beside_the_page(places: dict[str, set[str]]):
    tasks = {place.split("/")[1] for some in places.values() for place in some}
    assert tasks >= {"FetchData", "SimulateData", "ExportModel", "CollectResults", "TuneModel", "RunTrials"}
    shifted = [place for place in places["htautau"] if "/CalibrateEvents/" in place and "tau_energy_up-" in place]
    assert shifted
    # of all campaigns, and all choices of statistics
    assert len([place for place in places["htautau"] if "/Report/" in place]) > 1
    assert len([place for place in places["airshower"] if "/TrainModel/" in place]) == 3


def test_changed_settings_have_keys_of_their_own(places: dict[str, set[str]]):
    changes = {"training.training.epochs": "2"}
    more = current_places("airshower", [changes])
    assert more > places["airshower"]
    task = TrainModel(study="airshower", set=changes)
    assert task.place("hexagonal") in more - places["airshower"]


def test_a_manifest_tells_what_would_make_its_records_again():
    task = TrainModel(study="airshower", training="epochs=2")
    texts = {name: str(one.serialize(getattr(task, name))) for name, one in task.get_params()}
    manifest = {"parameters": texts, "record": {"family": "TrainModel"}}
    place = task.place("hexagonal")
    assert is_current(place, manifest)
    assert not is_current(place, manifest, "")
    assert is_current(TrainModel(study="airshower").place("hexagonal"), manifest, "")
    assert not is_current(f"{place[:-12]}{'0' * 12}", manifest)
    assert not is_current(place.replace("hexagonal", "another"), manifest)
    for name, text in {"stage": "gone", "statistics": "gigantic", "study": "lost", "set": "training.gone=1"}.items():
        assert not is_current(place, {**manifest, "parameters": {**texts, name: text}})
    assert not is_current(place, {**manifest, "parameters": {}})


def test_a_study_that_does_not_exist_has_no_keys():
    with pytest.raises(StudyError, match="no study is called 'lost'"):
        current_places("lost")
    assert pinned_keys() == frozenset()
