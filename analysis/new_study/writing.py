"""Write a new study from the template."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from analysis.checking.names import check_name
from analysis.errors import StudyError

__all__ = ["PLACEHOLDER", "free_place", "write_study", "write_templates"]

#: what stands for the study's name, in files and in their names
PLACEHOLDER = "STUDY_NAME"
_HERE = Path(__file__).parent
_TEST = f"test_{PLACEHOLDER}.py.template"


def write_study(name: str, folder: Path) -> tuple[Path, ...]:
    """Write a small complete study, and overwrite nothing.

    Args:
        name: of the study and its package.
        folder: that the study's own folder is made in.

    Returns:
        The files that were written.

    Raises:
        StudyError: the name cannot be that of a study or of a package, or is taken.
    """
    return write_templates(name, free_place(name, folder), "template", {})


def free_place(name: str, folder: Path) -> Path:
    """The folder that a new study of that name gets.

    Raises:
        StudyError: the name cannot be that of a study or of a package, or is taken.
    """
    check_name("study", name)
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise StudyError(
            f"a study cannot be called {name!r}, because its package is called so",
            cure="use small letters, digits and _, a letter first, such as 'my_study'",
        )
    if keyword.iskeyword(name):
        raise StudyError(f"a study cannot be called {name!r}, a word of Python's", cure="give the study another name")
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise StudyError(f"{name!r} is the name of another package", cure="give the study another name")
    place = folder / name
    if place.exists():
        raise StudyError(f"{place} is there already", cure="choose another name, or another folder")
    return place


def write_templates(name: str, place: Path, templates: str, words: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the files of a template, and the test that every study has.

    Args:
        name: of the study.
        place: its folder, which is made.
        templates: name of the folder with them.
        words: what else is filled in, by what stands for it.
    """
    place.mkdir(parents=True)
    written = []
    for template in sorted({*(_HERE / templates).iterdir(), _HERE / "template" / _TEST}):
        file = place / template.name.removesuffix(".template").replace(PLACEHOLDER, name)
        text = template.read_text(encoding="utf-8").replace(PLACEHOLDER, name)
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return tuple(written)
