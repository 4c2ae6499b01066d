"""Sections of law.cfg as settings that check themselves."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from law.config import Config

from analysis.errors import StudyError
from analysis.validated import override

__all__ = ["read_section"]

Settings = TypeVar("Settings")


def read_section(section: str, defaults: Settings) -> Settings:
    """Read a section of law.cfg.

    Args:
        section: its name.
        defaults: a frozen dataclass, whose values hold where the section says nothing.

    Raises:
        StudyError: an option is unknown or wrong.
    """
    config = Config.instance()
    if not config.has_section(section):
        return defaults
    values = {option: str(config.get_expanded(section, option) or "") for option in config.options(section)}
    try:
        return override(defaults, {option: value for option, value in values.items() if value})
    except StudyError as error:
        given: Any = defaults
        known = ", ".join(field.name for field in dataclasses.fields(given))
        raise StudyError(
            f"law.cfg, section [{section}]: {error.problem}", cure=error.cure or f"use some of: {known}"
        ) from error
