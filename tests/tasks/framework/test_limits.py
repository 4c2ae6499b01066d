"""Limits in law.cfg above which a command asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from law.config import Config

from analysis.errors import StudyError
from tasks.framework.limits import SECTION, Limits, limits

Configure = Callable[..., None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """``configure(ask_above_hours="1")``: what law.cfg's section says."""
    config = Config.instance()
    before = dict(config.items(SECTION, expand_vars=False)) if config.has_section(SECTION) else None

    def configure(**options: str) -> None:
        config.remove_section(SECTION)
        config.update({SECTION: options})
        limits.cache_clear()

    yield configure
    config.remove_section(SECTION)
    if before is not None:
        config.update({SECTION: before})
    limits.cache_clear()


def test_what_is_not_said_never_asks(configure: Configure):
    configure(ask_above_hours="1.5")
    assert limits() == Limits(1.5, 0.0)
    configure(ask_above_hours="", ask_above_gigabytes="20")
    assert limits() == Limits(0.0, 20.0)
    Config.instance().remove_section(SECTION)
    limits.cache_clear()
    assert limits() == Limits()


@pytest.mark.parametrize(("option", "value"), [("ask_above_hour", "1"), ("ask_above_hours", "many")])
def test_what_nobody_reads_is_an_error(configure: Configure, option: str, value: str):
    configure(**{option: value})
    with pytest.raises(StudyError, match=r"law\.cfg, section \[limits\]"):
        limits()
