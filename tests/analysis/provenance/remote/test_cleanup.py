"""Deletions that are repeated, kept for later, or given up."""

from __future__ import annotations

import pytest

from analysis.provenance.remote.cleanup import Cleanup


class Deletion:
    """A deletion that fails as often as it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def cleanup() -> Cleanup:
    return Cleanup(lambda error: isinstance(error, ConnectionError), attempts=3)


def test_connections_that_break_in_a_row(cleanup: Cleanup) -> None:
    first, second = Deletion(ConnectionError(), ConnectionError()), Deletion()
    cleanup.add(first)
    cleanup.add(second)
    cleanup.run()
    cleanup.run()
    assert (first.asked, second.asked) == (3, 1)


def test_a_server_that_stays_away_is_asked_again_later(cleanup: Cleanup) -> None:
    deletion = Deletion(*[ConnectionError()] * 4)
    cleanup.add(deletion)
    cleanup.run()
    assert deletion.asked == 3
    cleanup.run()
    assert deletion.asked == 5


def test_one_that_the_server_refuses_is_given_up(cleanup: Cleanup) -> None:
    deletion = Deletion(PermissionError())
    cleanup.add(deletion)
    cleanup.run()
    cleanup.run()
    assert deletion.asked == 1
