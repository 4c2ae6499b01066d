"""Look for studies where they may be, without importing any of them.

A folder that ``[studies] path`` names holds studies: each folder ``NAME/`` in it with a file ``study.py`` is one, and
each file ``NAME.py`` with an attribute ``study``.
"""

from __future__ import annotations

import importlib
import importlib.util
import operator
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path

from analysis.checking.importing import not_importable
from analysis.errors import StudyError
from analysis.study import Study

__all__ = ["CURE", "ENTRY_POINTS", "Candidate", "Places", "candidates", "put_on_path"]

ENTRY_POINTS = "erumflow.studies"
CURE = "correct [studies] path or modules in law_user.cfg, or the package's entry point; it needs an attribute 'study'"
_BUILT_IN = Path(__file__).parent / "studies"
_OWN = ("analysis", "tasks")
# what the text of a module that holds a study has
_IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)
_HOLDS = re.compile(r"^study\s*[:=]|^from\s.*\bimport\b.*\bstudy\b", re.MULTILINE)


@dataclass(frozen=True)
class Places:
    """Modules and folders in which studies from outside are looked for.

    Args:
        modules: importable modules with an attribute ``study``.
        folders: folders that hold studies.
    """

    modules: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A module that may hold a study.

    Args:
        reference: what is imported, ``module`` or ``module:attribute``.
        origin: ``built in``, ``folder``, ``module`` or ``entry point``.
        hint: what the study should be called; empty if nothing says so.
        folder: that its module has to come from; ``None`` if any serves.
    """

    reference: str
    origin: str
    hint: str = ""
    folder: Path | None = None

    @property
    def module(self) -> str:
        """Name of the module that has it."""
        return self.reference.partition("[")[0].strip().partition(":")[0]

    @property
    def attribute(self) -> str:
        """Name of the study's object in the module."""
        return self.reference.partition("[")[0].strip().partition(":")[2] or "study"

    @property
    def file(self) -> str:
        """The file that it is in; empty if there is none."""
        if self.folder is not None:
            return str(self.folder.joinpath(*self.module.split(".")).with_suffix(".py"))
        return _file_of(self.module)

    def may_be(self, name: str) -> bool:
        """Whether a study in it is called so, as far as its text tells."""
        if name == self.hint or self.origin in ("built in", "entry point"):
            return name == self.hint
        return re.search(rf"(['\"]){re.escape(name)}\1", _text(self.file)) is not None

    def load(self) -> Study:
        """Import the study.

        Raises:
            StudyError: it cannot be; its package takes another one's name; or it is called otherwise by what names it.
        """
        self._refuse_name()
        try:
            loaded = importlib.import_module(self.module)
        except Exception as error:
            raise not_importable(self.module, error, "study's module", CURE) from error
        try:
            study = operator.attrgetter(self.attribute)(loaded)
        except AttributeError as error:
            raise StudyError(f"the module {self.module!r} gives no study: {error}", cure=CURE) from error
        if not isinstance(study, Study):
            raise StudyError(f"{self.reference!r} gives a {type(study).__name__}, not a Study", cure=CURE)
        if self.origin in ("built in", "entry point") and study.name != self.hint:
            where = "its folder" if self.origin == "built in" else "its entry point"
            raise StudyError(
                f"the study {study.name!r} is called {self.hint!r} by {where}", cure="use the same name in both"
            )
        return study

    def _refuse_name(self) -> None:
        top = self.module.partition(".")[0]
        if self.origin == "built in" or not top:
            return
        if self.folder is not None and self.module == "study":
            raise StudyError(
                f"[studies] path names {self.folder}, which is a study itself",
                cure=f"name the folder that holds it: {self.folder.parent}",
            )
        if not top.isidentifier():
            problem = "has a name that Python cannot import"
        elif top in _OWN and not (self.folder is None and Path(self.file).is_relative_to(_BUILT_IN)):
            problem = "has the name of a package of this project"
        elif top in sys.stdlib_module_names:
            problem = "has the name of a module of Python itself"
        elif self.folder is not None and (other := _elsewhere(top, self.folder)):
            problem = f"has the name of another package, {other}"
        else:
            self._refuse_neighbours()
            return
        named = f" ({self.file})" if self.file else ""
        raise StudyError(f"the study's package {top!r}{named} {problem}", cure="give the package another name")

    def _refuse_neighbours(self) -> None:
        """Refuse modules beside the study whose names lead elsewhere: it would compute with another one's code."""
        if self.folder is None:
            return
        beside = {path.stem for path in self.folder.glob("*.py")}
        beside |= {path.parent.name for path in self.folder.glob("*/__init__.py")}
        package = self.folder / self.module.partition(".")[0]
        text = "\n".join(map(_text, package.glob("*.py") if package.is_dir() else [self.file]))
        for name in sorted(beside & set(_IMPORTED.findall(text))):
            if other := _elsewhere(name, self.folder):
                raise StudyError(
                    f"the study's module {name!r} in {self.folder} is not the one that Python imports, {other}",
                    cure="give one of them another name, or put it into the study's package",
                )


def put_on_path(places: Places) -> Places:
    """Let Python import from folders that hold studies, after all that is installed."""
    sys.path += [str(folder) for folder in places.folders if str(folder) not in sys.path]
    return places


def candidates(places: Places) -> list[Candidate]:
    """All that may be studies; folders that hold some are put on Python's path."""
    put_on_path(places)
    own = [path.parent.name for path in sorted(_BUILT_IN.glob("*/study.py"))]
    found = [Candidate(f"analysis.studies.{name}.study", "built in", name) for name in own]
    for folder in places.folders:
        found += _in_folder(folder)
    points = metadata.entry_points(group=ENTRY_POINTS)
    found += [Candidate(point.value, "entry point", point.name) for point in points]
    found += [Candidate(module, "module") for module in places.modules]
    # one study may be named in several ways
    return list({(one.module, one.attribute): one for one in reversed(found)}.values())[::-1]


def _in_folder(folder: Path) -> Iterator[Candidate]:
    for path in sorted(folder.glob("*/study.py")):
        if not path.parent.name.startswith("."):
            yield Candidate(f"{path.parent.name}.study", "folder", path.parent.name, folder)
    for path in sorted(folder.glob("*.py")):
        if not (folder / path.stem / "study.py").is_file() and _HOLDS.search(_text(path)):
            yield Candidate(path.stem, "folder", folder.name if path.stem == "study" else path.stem, folder)


def _text(file: str | Path) -> str:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _elsewhere(top: str, folder: Path) -> str:
    """Return the location that a top-level name leads to, if not into the folder; empty if it does."""
    spec = _spec(top)
    if spec is None:
        return ""
    places = [Path(place) for place in spec.submodule_search_locations or (spec.origin or "",)]
    return "" if any(place.parent.resolve() == folder.resolve() for place in places) else str(places[0])


def _file_of(module: str) -> str:
    """The file of a module, found without importing its packages; empty if there is none."""
    top, *rest = module.split(".")
    spec = _spec(top)
    if spec is None or not rest:
        return (spec.origin or "") if spec else ""
    stems = [Path(place).joinpath(*rest) for place in spec.submodule_search_locations or ()]
    files = (file for stem in stems for file in (stem / "__init__.py", stem.with_suffix(".py")))
    return next((str(file) for file in files if file.is_file()), "")


def _spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
