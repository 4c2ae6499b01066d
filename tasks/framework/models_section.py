"""The section ``[models]`` of law.cfg: where published networks are."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from analysis.exchange.settings import ModelsSettings
from tasks.framework.sections import read_section
from tasks.framework.settings import base_folder

__all__ = ["model_folders", "models_settings"]


@cache
def models_settings() -> ModelsSettings:
    """Read the section.

    Raises:
        StudyError: an option is unknown or wrong.
    """
    return read_section("models", ModelsSettings())


def model_folders() -> tuple[Path, ...]:
    """The folders and indexes of published networks; relative names are below the project's folder."""
    named = (os.path.expandvars(os.path.expanduser(one)) for one in models_settings().folders)
    return tuple(Path(os.path.normpath(base_folder() / one)) for one in named)
