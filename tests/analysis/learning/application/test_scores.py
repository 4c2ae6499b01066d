from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores, concatenate, scored
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs


def scores(name: str, number: int = 3, names: tuple[str, ...] = ("w", "z")) -> Scores:
    predictions = np.random.default_rng(number).random((number, 2), dtype=np.float32)
    return Scores(identify(name, 0, number), predictions, names)


def inputs(name: str, number: int = 3) -> TrainingInputs:
    return TrainingInputs(
        features={"event": Features(np.zeros((number, 1), np.float32), np.ones((number, 1), bool), ("nothing",))},
        label=np.zeros(number, np.int32),
        target=np.zeros((number, 0), np.float32),
        weight=np.ones(number),
        identity=identify(name, 0, number),
        trainable=np.ones(number, bool),
        classes=("w", "z"),
    )


def test_they_are_read_as_they_were_written(tmp_path: Path) -> None:
    some = scores("one")
    some.save(tmp_path / "scores")
    again = Scores.load(tmp_path / "scores")
    assert again.names == ("w", "z")
    assert again["z"].tolist() == some.predictions[:, 1].tolist()
    assert again.identity.tolist() == some.identity.tolist()
    (tmp_path / "scores").write_bytes(b"nothing")
    with pytest.raises(DataError, match="holds no scores"):
        Scores.load(tmp_path / "scores")


def test_an_unknown_prediction_is_named() -> None:
    with pytest.raises(DataError, match=r"no 'x'(.|\n)*w, z"):
        scores("one")["x"]


def test_scores_of_other_networks_do_not_mix() -> None:
    assert len(concatenate([scores("one"), scores("two", 5)])) == 8
    with pytest.raises(DataError, match="different networks"):
        concatenate([scores("one"), scores("two", names=("a", "b"))])


def test_all_data_sets_come_with_their_scores_in_the_order_of_the_inputs() -> None:
    every = {"two": scores("two", 5), "data": scores("data"), "one": scores("one")}
    events, predictions = scored({"one": inputs("one"), "two": inputs("two", 5)}, every)
    assert events.identity.tolist() == [*every["one"].identity.tolist(), *every["two"].identity.tolist()]
    assert np.array_equal(predictions, np.concatenate([every["one"].predictions, every["two"].predictions]))


def test_scores_of_other_events_are_refused() -> None:
    for wrong in ({}, {"one": scores("two")}):
        with pytest.raises(DataError, match="scores of the data set 'one' are not those of its inputs"):
            scored({"one": inputs("one")}, wrong)


def test_single_seeds_are_kept_beside_what_they_make_together(tmp_path: Path) -> None:
    by_seed = np.random.default_rng(1).random((3, 4, 2), dtype=np.float32)
    some = Scores(identify("one", 0, 4), by_seed.mean(axis=0), ("w", "z"), by_seed)
    some.save(tmp_path / "scores")
    again = Scores.load(tmp_path / "scores")
    assert np.array_equal(again.by_seed, by_seed)
    assert np.array_equal(again.of_seed(1)["z"], by_seed[1, :, 1])
    halves = concatenate([again.select(slice(0, 1)), again.select(np.array([1, 2, 3]))])
    assert np.array_equal(halves.by_seed, by_seed)
    assert np.array_equal(halves.predictions, some.predictions)
    # scores of one seed are those of all there are
    alone = scores("two")
    assert alone.of_seed(0) is alone
    assert len(alone.select(slice(0, 2)).by_seed) == 0
    with pytest.raises(DataError, match="different networks"):
        concatenate([some, alone])
