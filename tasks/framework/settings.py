"""Settings in law.cfg and the environment: the locations of the store, of the studies, and of mirrors."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from law.config import Config
from luigi.freezing import FrozenOrderedDict

from analysis.candidates import Places, put_on_path
from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.provenance.locks import missing_extra
from analysis.provenance.store import Store
from analysis.registry import Found, find_study, locate_study
from analysis.settings import folders_in
from analysis.study import Study
from analysis.wiring import check_graph
from tasks.framework.sections import read_section
from tasks.framework.stores import all_stores, store_for

__all__ = [
    "MachineSettings",
    "StudySettings",
    "base_folder",
    "collect_garbage_rarely",
    "default_study",
    "limit_cores",
    "mirrors",
    "place_of_study",
    "refuse_unknown_settings",
    "shifted_study",
    "store",
    "stores",
    "studies_from_outside",
    "study_named",
    "study_of",
    "training_memory",
]

_NO_CHANGES = FrozenOrderedDict()
_SECTIONS = ("studies", "store")


@dataclass(frozen=True)
class StudySettings:
    """The section ``[studies]``: which studies there are, and which one a command is about.

    Args:
        default: the study that a command without ``--study`` works on.
        modules: importable modules with an attribute ``study``, with commas or blanks between them.
        path: folders that hold studies, with commas or a line each: every ``NAME/study.py`` and ``NAME.py`` in them is
            one; relative names are below the project's folder, variables and ``~`` are filled in.
    """

    default: str = "airshower"
    modules: str = ""
    path: str = ""


@dataclass(frozen=True)
class MachineSettings:
    """The section ``[resources]``: how much of this machine a command may use.

    Args:
        cores: processor cores; 0 for all.
        training_memory: megabytes that the events of a training may take on the device, what is more comes as a stream
            from files; 0 for two fifths of what the device has.
    """

    cores: int = 0
    training_memory: int = 0


_STUDIES = tuple(StudySettings.__dataclass_fields__)


def base_folder() -> Path:
    """The project's folder: what a relative name in law.cfg is relative to."""
    base = os.environ.get("ERUMFLOW_BASE")
    return Path(base) if base else Path(__file__).resolve().parents[2]


def store(task: str = "") -> Store:
    """The store of a task's records: ``ERUMFLOW_STORE``, or what law.cfg's section ``[store]`` says.

    Args:
        task: name of the task; empty for the store of all that is not chosen by task.

    Raises:
        StudyError: a section, an option or a name in law.cfg is unknown or wrong.
        StoreError: the address is none that can be used.
    """
    return store_for(task, base_folder())


def stores() -> list[Store]:
    """Every store that records may lie in; see :func:`store`."""
    return all_stores(base_folder())


def mirrors() -> tuple[Path, ...]:
    """The folders of ``ERUMFLOW_MIRROR``, in which files are looked for before they are read elsewhere.

    Raises:
        StudyError: the variable names something that is no folder.
    """
    folders = folders_in(os.environ.get("ERUMFLOW_MIRROR", ""))
    for folder in folders:
        if not folder.is_dir():
            raise StudyError(
                f"ERUMFLOW_MIRROR names {folder}, which is no folder",
                cure="name folders that hold cms_htautau_2012/ and the like, with colons between them, or unset the "
                "variable to have files from where they are",
            )
    return folders


def default_study() -> str:
    """Name of the study that a command without ``--study`` is about."""
    return str(Config.instance().get_expanded("studies", "default", StudySettings.default))


def place_of_study(name: str) -> Found:
    """Find the study of that name; raises as :func:`study_named` does."""
    return locate_study(name, studies_from_outside())


def study_named(name: str) -> Study:
    """The study of that name, also one from outside.

    Raises:
        StudyError: there is none, and the message lists the known ones; packages that it needs are not installed; or
            law.cfg names studies in a way that nobody reads.
    """
    refuse_unknown_settings()
    study = find_study(name, studies_from_outside())
    extra = getattr(study, "extra", "")
    if extra and (missing := missing_extra(extra)):
        raise StudyError(
            f"the study {name!r} needs {', '.join(missing)} as the extra {extra!r} has it",
            cure=f"ERUMFLOW_EXTRAS={extra} source setup.sh",
        )
    return study


@cache
def refuse_unknown_settings() -> None:
    """Refuse what nobody reads: unknown options of law.cfg's section ``[studies]``, and misspelt names of sections.

    Raises:
        StudyError: there is one; the message has the known ones.
    """
    config = Config.instance()
    for option in config.options("studies") if config.has_section("studies") else ():
        if option not in _STUDIES:
            raise StudyError(
                f"law.cfg or law_user.cfg, section [studies]: there is no option {option!r}",
                cure=f"use one of: {', '.join(_STUDIES)}{did_you_mean(option, _STUDIES)}",
            )
    for section in config.sections():
        # no section of law or luigi begins so; those of tasks are others' matter
        likely = section not in _SECTIONS and section[:2].lower() == "st" and not section.startswith("store_")
        if likely and (meant := get_close_matches(section.lower(), _SECTIONS, 1, 0.65)):
            raise StudyError(
                f"law.cfg or law_user.cfg has a section [{section}], which nobody reads",
                cure=f"call it [{meant[0]}]",
            )


@cache
def studies_from_outside() -> Places:
    """Return the places of studies in law.cfg's section ``[studies]``; Python imports from such folders afterwards."""
    words = {name: Config.instance().get_expanded("studies", name, "") or "" for name in ("modules", "path")}
    modules = tuple(words["modules"].replace(",", " ").split())
    # folders may have blanks in their names
    named = [name.strip() for name in words["path"].replace(",", "\n").splitlines() if name.strip()]
    folders = (base_folder() / os.path.expandvars(os.path.expanduser(name)) for name in named)
    return put_on_path(Places(modules, tuple(Path(os.path.normpath(folder)) for folder in folders)))


@cache
def study_of(name: str, statistics: str, changes: FrozenOrderedDict = _NO_CHANGES) -> Study:
    """The study of that name with a number of simulated events of its choices, and with changed settings.

    Args:
        name: of the study.
        statistics: one of its choices.
        changes: of settings, by ``STAGE.field``.

    Raises:
        StudyError: there is no such study, choice or setting, the message lists the known ones; or a stage cannot get
            what it takes.
    """
    study = study_named(name).with_statistics(statistics).with_changes(changes)
    check_graph(study)
    return study


@cache
def shifted_study(name: str, statistics: str, changes: FrozenOrderedDict, shift: str) -> Study:
    """The study as :func:`study_of` has it, with the settings that a shift changes.

    Raises:
        StudyError: there is no such shift; the message lists the known ones.
    """
    return study_of(name, statistics, changes).shifted(shift)


def collect_garbage_rarely() -> None:
    """Let Python look for cycles less often: keys are decided from syntax trees, a million objects without any."""
    gc.set_threshold(200_000, 50, 50)


def limit_cores() -> None:
    """Use no more processor cores than law.cfg's section ``[resources]`` allows; also for all libraries' threads."""
    cores = read_section("resources", MachineSettings()).cores
    if cores > 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def training_memory() -> int:
    """Bytes that the events of a training may take, from law.cfg; 0 to choose by the device."""
    return read_section("resources", MachineSettings()).training_memory * 2**20
