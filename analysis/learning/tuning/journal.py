"""Content of optuna's journal file, without names that are made up anew each time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from optuna.storages.journal import BaseJournalBackend

__all__ = ["Journal"]


class Journal(BaseJournalBackend):
    """A journal in memory, for :class:`optuna.storages.JournalStorage`."""

    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The logs from a number on."""
        return self.logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Keep logs."""
        self.logs += logs

    def text(self) -> str:
        """The content of a journal file; the same for the same studies."""
        # the storage that writes has a random name
        return "".join(json.dumps({**log, "worker_id": "tuning"}, separators=(",", ":")) + "\n" for log in self.logs)
