"""Manifests and catalogues as strangers get them: without the names of people, machines and folders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["cleaned", "cleaned_catalogue"]

# what a reader learns nothing from: where and how jobs ran decides no result
_PARAMETERS = ("log_file", "site", "workflow", "tasks_per_job", "retries", "on_interrupt", "workers")
_HOST = ("system", "libc", "machine", "processor", "features", "cores")
# what is one has these at least
_CATALOGUE = re.compile(rb"""["']?files["']?\s*:""")
# of the operating system's name only what kind it is: builds carry names
_SYSTEM = re.compile(r"^(\S+ \d+\.\d+(\.\d+)?).*$")


def cleaned(manifest: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A manifest that says what decided the result, and nothing of whose machine it was.

    Args:
        manifest: as it lies in the store.
        names: texts that must not appear anywhere, such as the home folder, with what takes their place.
    """
    # that of its text would be another one
    kept = {name: value for name, value in manifest.items() if name != "digest"}
    host = {name: manifest["host"][name] for name in _HOST if name in manifest["host"]}
    if "system" in host:
        host["system"] = _SYSTEM.sub(r"\1", host["system"])
    kept["host"] = host
    kept["parameters"] = {n: v for n, v in manifest["parameters"].items() if n not in _PARAMETERS}
    return _without(kept, names)


def cleaned_catalogue(text: bytes) -> bytes:
    """A catalogue of files without folders of a machine; any other text as it is.

    A rerun finds such files by their places in folders with copies, which are not their addresses.

    Args:
        text: of a file in YAML or JSON.
    """
    if not _CATALOGUE.search(text):
        return text
    import yaml

    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return text
    files = content.get("files") if isinstance(content, dict) and "format" in content else None
    if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
        return text
    kept = [{name: value for name, value in one.items() if name != "url" or not _is_private(value)} for one in files]
    changed = {name: value for name, value in content.items() if name != "folder" or not _is_private(value)}
    if kept == files and len(changed) == len(content):
        return text
    # YAML, too
    return (json.dumps(changed | {"files": kept}, indent=1) + "\n").encode()


def _is_private(address: Any) -> bool:
    return isinstance(address, str) and address.startswith(("/", "~", "file://"))


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
