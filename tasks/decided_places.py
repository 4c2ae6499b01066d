"""Places of all records of a study's graph, decided and not made.

Also a program: ``python -P -c TEXT`` with the text of this module decides them with the code of another revision of the
project, so it needs nothing that older revisions lack. It reads ``options`` and folders of studies (``path``) as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["decided_places"]


def decided_places(options: Mapping[str, str]) -> list[dict[str, Any]]:
    """Decide the places of all that the page of a study depends on, the page's first.

    Args:
        options: of the command line by name: ``study``, ``campaign``, ``statistics``, ``set``.

    Returns:
        For each series of records ``place``, ``family`` (its folder), ``stage`` (empty if it makes none), ``series``,
        ``labels``, ``payload``, and the ``command`` that makes it.

    Raises:
        StudyError: the study cannot be used, or has no such campaign, choice or setting.
    """
    from tasks.reading import command
    from tasks.report import Report

    found: dict[str, dict[str, Any]] = {}
    task: Any = Report(**options)
    waiting = [(task, task.own_series)]
    while waiting:
        task, series = waiting.pop(0)
        place = task.place(series)
        if place not in found:
            found[place] = {
                "place": place,
                "family": task.family,
                "stage": getattr(task, "stage", ""),
                "series": series,
                "labels": task.labels(series),
                "payload": task.payload_of(series),
                "command": command(task, [series]),
            }
            waiting += [(need.task, need.chosen_series) for need in task.needs(series).values()]
    return list(found.values())


def _main() -> None:
    from law.config import Config

    given = json.load(sys.stdin)
    # as the command has them, whatever the revision's own law.cfg says
    Config.instance().set("studies", "path", given["path"])
    from analysis.errors import ErumflowError

    try:
        answer: dict[str, Any] = {"places": decided_places(given["options"])}
    except ErumflowError as error:
        answer = {"problem": error.problem, "cure": error.cure}
    print(json.dumps(answer))


if __name__ == "__main__":
    _main()
