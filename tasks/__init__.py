"""The graph: tasks that load, call the physics of ``analysis`` and save. Knows law; knows no physics."""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Bring :func:`tasks.opening.open_study`; no import statement, which the keys of records would follow."""
    if name == "open_study":
        return importlib.import_module("tasks.opening").open_study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
