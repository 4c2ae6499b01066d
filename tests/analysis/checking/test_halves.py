from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np

from analysis.checking.halves import halves
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs

RAW = ak.Array({"x": np.arange(9.0), "identity": identify("some", 0, 9)})
CHOSEN = RAW[np.array([0, 2, 3, 5, 8])]


def cut(**arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    found = halves(arguments)
    assert found is not None
    return found


def test_a_selection_follows_by_identity() -> None:
    first, second = cut(candidates=CHOSEN, raw=RAW, settings="settings")
    assert (len(first["raw"]), len(second["raw"])) == (4, 5)
    assert first["candidates"].x.to_list() == [0, 2, 3]
    assert second["candidates"].x.to_list() == [5, 8]
    assert first["settings"] == second["settings"] == "settings"


def test_arrays_go_with_events_of_their_length() -> None:
    table = np.ones(3)
    first, second = cut(events=CHOSEN, raw=RAW, weights={"nominal": np.arange(5)}, numbers=np.arange(9), table=table)
    assert first["weights"]["nominal"].tolist() == [0, 1, 2]
    assert second["weights"]["nominal"].tolist() == [3, 4]
    assert second["numbers"].tolist() == [4, 5, 6, 7, 8]
    assert first["table"] is table
    assert cut(events=RAW, other={"a": np.ones(9), "b": np.ones(2)})[0]["other"]["b"].shape == (2,)


def test_inputs_and_scores_of_networks() -> None:
    n = len(RAW)
    identity = np.asarray(RAW.identity)
    block = Features(np.ones((n, 1), np.float32), np.ones((n, 1), bool), ("x",))
    arrays = (np.zeros(n, np.int32), np.zeros((n, 0), np.float32), np.ones(n), identity, np.ones(n, bool))
    inputs = TrainingInputs({"event": block}, *arrays, ("higgs",))
    scores = Scores(np.asarray(CHOSEN.identity), np.zeros((5, 1), np.float32), ("higgs",))
    first, second = cut(inputs=inputs, scores=scores)
    assert first["inputs"].identity.tolist() == identity[:4].tolist()
    assert second["scores"].identity.tolist() == identity[[5, 8]].tolist()


def test_without_identity_the_place_decides() -> None:
    first, second = cut(events=RAW[["x"]], candidates=CHOSEN)
    assert second["events"].x.to_list() == [4, 5, 6, 7, 8]
    assert first["candidates"].x.to_list() == [0, 2]


def test_nothing_to_cut() -> None:
    assert halves({"events": RAW[:1]}) is None
    assert halves({"numbers": np.arange(5)}) is None
    assert halves({}) is None


def test_identities_alone_are_events_that_are_to_be_generated() -> None:
    identity = identify("some", 0, 9)
    first, second = cut(identity=identity, settings="settings")
    assert first["identity"].tolist() + second["identity"].tolist() == identity.tolist()
    assert len(first["identity"]) == 4
    assert halves({"identity": identity[:1]}) is halves({"settings": 1}) is None
