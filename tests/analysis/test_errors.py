"""Errors that a user reads."""

from __future__ import annotations

import pickle

import pytest

from analysis import errors

KINDS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", KINDS)
def test_message_and_cure_survive_another_process(kind: type[errors.ErumflowError]):
    error = pickle.loads(pickle.dumps(kind("no file 'x'", cure="make it")))
    assert type(error) is kind
    assert (error.problem, error.cure) == ("no file 'x'", "make it")
    assert str(error) == "no file 'x'\n  cure: make it"


def test_without_a_cure():
    error = pickle.loads(pickle.dumps(errors.DataError("no file 'x'")))
    assert str(error) == "no file 'x'"
    assert error.cure == ""


def test_one_class_catches_all():
    assert all(issubclass(kind, errors.ErumflowError) for kind in KINDS)
    assert not issubclass(errors.ErumflowError, OSError)
    for kind in KINDS:
        with pytest.raises(errors.ErumflowError, match="wrong"):
            raise kind("wrong")
