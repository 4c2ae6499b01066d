"""Find studies by name: this project's own, those in folders or modules of the configuration, those of packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from analysis.candidates import CURE, Candidate, Places, candidates
from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.study import Study

__all__ = ["NO_OTHERS", "Found", "Places", "find_study", "list_studies", "locate_study"]

#: this project's own studies and those of installed packages
NO_OTHERS = Places()


@dataclass(frozen=True)
class Found:
    """One study that there is, or would be.

    Args:
        reference: what is imported, ``module`` or ``module:attribute``.
        origin: ``built in``, ``folder``, ``module`` or ``entry point``.
        file: that it is in; empty if that is not known.
        name: of the study; that of its folder, module or entry point if it does not load.
        title: for people; empty if it does not load.
        error: why it does not load; empty if it does.
    """

    reference: str
    origin: str
    file: str
    name: str
    title: str = ""
    error: str = ""

    @property
    def module(self) -> str:
        """Name of the module that has it."""
        return Candidate(self.reference, self.origin).module


def find_study(name: str, places: Places = NO_OTHERS) -> Study:
    """Find the study of that name; only what is needed is imported.

    Args:
        name: of the study.
        places: where to look, besides ``analysis/studies`` and the entry points of installed packages.

    Raises:
        StudyError: there is none, and the message lists the known ones; or two; or a module cannot be used.
    """
    return _find(name, places)[1]


def locate_study(name: str, places: Places = NO_OTHERS) -> Found:
    """Find where the study of that name is; raises as :func:`find_study` does."""
    candidate, study = _find(name, places)
    return _found(candidate, study)


def list_studies(places: Places = NO_OTHERS) -> list[Found]:
    """List all studies, sorted by name; of what does not load, why."""
    listed = []
    for one in candidates(places):
        try:
            listed.append(_found(one, one.load()))
        except StudyError as error:
            name = one.hint or one.module
            listed.append(Found(one.reference, one.origin, one.file, name, error=error.problem))
    return sorted(listed, key=lambda one: (one.name, one.file))


def _found(candidate: Candidate, study: Study) -> Found:
    return Found(candidate.reference, candidate.origin, candidate.file, study.name, study.title)


@cache
def _find(name: str, places: Places) -> tuple[Candidate, Study]:
    everywhere = candidates(places)
    likely = [one for one in everywhere if name and one.may_be(name)]
    errors: list[StudyError] = []
    misnamed: list[tuple[Candidate, Study]] = []
    for group in (likely, [one for one in everywhere if one not in likely]):
        matching: list[tuple[Candidate, Study]] = []
        for candidate in group:
            try:
                study = candidate.load()
            except StudyError as error:
                if candidate.hint == name:
                    _refuse_two(name, [one for one in likely if one.hint == name])
                    raise
                # another study's fault is no matter here
                errors.append(error)
                continue
            if name in (candidate.hint, candidate.module.rpartition(".")[2]) and study.name != name:
                misnamed.append((candidate, study))
            # a package may pass a study on that a module of it has
            if study.name == name and not any(study is other for _, other in matching):
                matching.append((candidate, study))
        _refuse_two(name, [candidate for candidate, _ in matching])
        if matching:
            return matching[0]
    if misnamed:
        candidate, study = misnamed[0]
        raise StudyError(
            f"no study is called {name!r}: {candidate.file or candidate.reference} calls its study {study.name!r}",
            cure=f"say --study {study.name}, or Study(name={name!r}, ...) in the file",
        )
    raise _unknown(name, places, errors)


def _refuse_two(name: str, found: Sequence[Candidate]) -> None:
    if len(found) > 1:
        files = " and ".join(one.file or one.reference for one in found)
        raise StudyError(f"two studies are called {name!r}: {files}", cure="give one of them another name")


def _unknown(name: str, places: Places, errors: Sequence[StudyError]) -> StudyError:
    names = [one.name for one in list_studies(places) if not one.error]
    problems = [
        f"no study is called {name!r}{did_you_mean(name, names)}",
        *dict.fromkeys(one.problem for one in errors),
    ]
    problems += [
        f"[studies] path names {folder}, which is no folder" for folder in places.folders if not folder.is_dir()
    ]
    known = f"use one of: {', '.join(names)}"
    if len(problems) > 1:
        return StudyError("; ".join(problems), cure=f"{errors[0].cure if errors else CURE}; or {known}")
    where = "name the folder that holds it in law_user.cfg, section [studies], option path"
    return StudyError(problems[0], cure=f"{known}; if it is yours, {where}")
