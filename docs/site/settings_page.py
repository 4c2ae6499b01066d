"""The sections of law.cfg, from the classes that type and check them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from analysis.exchange.settings import ModelsSettings
from analysis.provenance.remote.options import Options
from tasks.batch.resources import Resources
from tasks.batch.sites import Site
from tasks.framework import data_access, limits, stores
from tasks.framework.limits import Limits
from tasks.framework.settings import MachineSettings, StudySettings
from tasks.framework.stores import StoreSettings

__all__ = ["FREE", "SECTIONS", "options", "section_of", "write"]

#: Sections by name, with the class of their options; NAME and TASK stand for any.
SECTIONS: dict[str, Any] = {
    "studies": StudySettings,
    stores.SECTION: StoreSettings,
    f"{stores.SECTION}_NAME": StoreSettings,
    data_access.SECTION: Options,
    limits.SECTION: Limits,
    "resources": MachineSettings,
    "models": ModelsSettings,
    "site_NAME": Site,
    "resources_TASK": Resources,
}
#: Sections whose options are names of tasks, records or modules, and those of law and luigi.
FREE = {
    "pins": "steps frozen to given records: `[STUDY.]TASK[.DATASET][.SHIFT] = KEY ...` ([reuse](reuse.md))",
    "core": "law's own; `extend` names the file with your settings",
    "modules": "the modules with tasks that `law index` looks through",
    "logging": "levels of what is told, by name of the logger",
    "luigi_core": "luigi's section `[core]`",
    "luigi_worker": "luigi's section `[worker]`",
}
# what a class has beside its section's options
_NO_OPTIONS = {Site: {"name", "resources"}, Options: {"patient"}}


def section_of(name: str) -> str:
    """The name under which a section of law.cfg is described; empty if there is none."""
    for known in (*SECTIONS, *FREE):
        if re.fullmatch(re.sub("NAME|TASK", r"\\w+", known), name):
            return known
    return ""


def options(section: str) -> dict[str, tuple[str, str]]:
    """Meaning and default of the options of a section in ``SECTIONS``, by name."""
    cls = SECTIONS[section]
    meanings = _arguments(cls.__doc__)
    fields = [field for field in dataclasses.fields(cls) if field.name not in _NO_OPTIONS.get(cls, ())]
    found = {field.name: (meanings[field.name], _default(field)) for field in fields}
    return found | options("resources_TASK") if cls is Site else found


def _arguments(docstring: str) -> dict[str, str]:
    block = re.search(r"^    Args:\n(.*?)(?:\n\n|\Z)", docstring, re.MULTILINE | re.DOTALL)
    entries = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", block[1] if block else "", re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in entries}


def _default(field: dataclasses.Field[Any]) -> str:
    value = field.default
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return "" if value in ("", dataclasses.MISSING) else f"`{value}`"


def write() -> str:
    """A section for each section of law.cfg, with a table of its options."""
    lines: list[str] = []
    for name, cls in SECTIONS.items():
        lines += [f"## `[{name}]`", "", cls.__doc__.partition("\n")[0], ""]
        lines += ["| option | meaning | default |", "| --- | --- | --- |"]
        lines += [
            f"| `{option}` | {text.replace('|', '&#124;')} | {default} |"
            for option, (text, default) in options(name).items()
        ]
        lines.append("")
    lines += ["## Other sections", "", "| section | meaning |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `[{name}]` | {text} |" for name, text in FREE.items())])
