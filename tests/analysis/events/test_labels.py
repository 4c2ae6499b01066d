from __future__ import annotations

import awkward as ak
import pytest

from analysis.errors import StudyError
from analysis.events.labels import label
from analysis.study import Cut, Dataset, Process

JETS = Dataset("jets", "jets", "simulated")
EVENTS = ak.Array({"flavour": [5, 4, 21]})
HEAVY = Process("heavy", "heavy", ("jets",), (Cut("flavour", "<=", 5),))


def test_events_belong_to_the_process_whose_cuts_they_pass() -> None:
    processes = (Process("w", "W", ("w",)), HEAVY)
    assert label(EVENTS, JETS, processes).tolist() == [1, 1, -1]
    assert label(EVENTS, Dataset("w", "W", "simulated"), processes).tolist() == [0, 0, 0]
    assert label(EVENTS, Dataset("jets", "jets", "measured"), processes).tolist() == [-1, -1, -1]


def test_processes_that_overlap() -> None:
    bottom = Process("bottom", "b", ("jets",), (Cut("flavour", "==", 5),))
    with pytest.raises(StudyError, match="belong to the processes 'heavy' and 'bottom' at once"):
        label(EVENTS, JETS, (HEAVY, bottom))


def test_events_of_no_process() -> None:
    assert label(EVENTS, JETS, (Process("one", "", ("other",)),)).tolist() == [-1, -1, -1]
