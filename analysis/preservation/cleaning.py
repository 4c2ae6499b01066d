"""Manifests as strangers get them: without the names of people, machines and folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["cleaned"]

# what a reader learns nothing from: where and how jobs ran decides no result
_PARAMETERS = ("log_file", "site", "workflow", "tasks_per_job", "retries", "on_interrupt", "workers")
_HOST = ("system", "libc", "machine", "processor", "features", "cores")
# of the operating system's name only what kind it is: builds carry names
_SYSTEM = re.compile(r"^(\S+ \d+\.\d+(\.\d+)?).*$")


def cleaned(manifest: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A manifest that says what decided the result, and nothing of whose machine it was.

    Args:
        manifest: as it lies in the store.
        names: texts that must not appear anywhere, such as the home folder, with what takes their place.
    """
    kept = dict(manifest)
    host = {name: manifest["host"][name] for name in _HOST if name in manifest["host"]}
    if "system" in host:
        host["system"] = _SYSTEM.sub(r"\1", host["system"])
    kept["host"] = host
    kept["parameters"] = {n: v for n, v in manifest["parameters"].items() if n not in _PARAMETERS}
    return _without(kept, names)


def _without(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, instead in names.items():
            value = value.replace(name, instead)
        return value
    if isinstance(value, Mapping):
        return {_without(key, names): _without(member, names) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without(member, names) for member in value]
    return value
