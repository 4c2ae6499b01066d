"""Open a study from Python: ``from tasks import open_study``.

Nothing of law is imported before a study is opened, so that it finds this project's configuration in any process.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.checking.names import check_known
from analysis.errors import StudyError

if TYPE_CHECKING:
    from tasks.opened_study import OpenedStudy

__all__ = ["open_study"]

_SHORT = ("network", "network_settings", "training", "tuning", "data", "limits")


def open_study(
    name: str = "",
    *,
    campaign: str = "",
    statistics: str = "",
    set: str | Mapping[str, Any] = "",
    **short: str | Mapping[str, Any],
) -> OpenedStudy:
    """Open a study to read its records; nothing is made, and nothing is written.

    All options are those of the command line, and so are the records: ``law run TrainModel --study htautau --training
    epochs=2`` makes what ``open_study("htautau", training="epochs=2")`` reads.

    Args:
        name: of the study; empty for the default one of law.cfg.
        campaign: the choice of measured data; empty for the study's first.
        statistics: how many events are simulated; empty for the study's first choice.
        set: changes of settings, ``"STAGE.field=value,..."`` or a dictionary of values by ``STAGE.field``.
        **short: short forms of it: ``network``, ``network_settings``, ``training``, ``tuning``, ``data``, ``limits``.

    Raises:
        StudyError: there is no such study, campaign, choice or setting; or this Python is not the project's.
    """
    _prepare()
    check_known(short, ("campaign", "statistics", "set", *_SHORT), "open_study", "option")
    opened: Any = importlib.import_module("tasks.opened_study")
    changes = {option: _as_text(value) for option, value in {"set": set, **short}.items()}
    study: OpenedStudy = opened.OpenedStudy(name, campaign, statistics, changes)
    return study


def _prepare() -> None:
    """Let law find this project's configuration, as setup.sh does for a shell.

    Raises:
        StudyError: law is not installed, or has read the configuration of something else.
    """
    from importlib.util import find_spec

    cure = "start Python or Jupyter from a shell with 'source setup.sh' behind it"
    if find_spec("law") is None:
        raise StudyError("this Python has no law, so it is not the one of the project's .venv", cure=cure)
    base = Path(os.environ.get("ERUMFLOW_BASE") or Path(__file__).resolve().parents[1])
    if not os.environ.get("LAW_CONFIG_FILE"):
        os.environ["LAW_CONFIG_FILE"] = str(base / "law.cfg")
        os.environ.setdefault("LAW_HOME", str(base / ".law"))
        os.environ.setdefault("LAW_INDEX_FILE", str(base / ".law" / "index"))
    from tasks.framework.own_configuration import keep_to_own_configuration

    keep_to_own_configuration()
    from law.config import Config

    if not Config.instance().has_section("studies"):
        raise StudyError(
            f"law's configuration is not that of {base / 'law.cfg'}: it has no section [studies]",
            cure=f"{cure}, and open a study before anything else imports law",
        )


def _as_text(changes: str | Mapping[str, Any]) -> str:
    """Changes as on the command line."""
    if isinstance(changes, str):
        return changes
    return ",".join(
        f"{name}={','.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for name, value in changes.items()
    )
