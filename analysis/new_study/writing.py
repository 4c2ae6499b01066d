"""Write a new study from the template."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from analysis.checking.names import check_name
from analysis.errors import StudyError

__all__ = ["PLACEHOLDER", "write_study"]

#: what stands for the study's name, in files and in their names
PLACEHOLDER = "STUDY_NAME"
_TEMPLATE = Path(__file__).parent / "template"


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
    check_name("study", name)
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise StudyError(
            f"a study cannot be called {name!r}, because its package is called so",
            cure="use small letters, digits and _, a letter first, such as 'my_study'",
        )
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise StudyError(f"{name!r} is the name of another package", cure="give the study another name")
    place = folder / name
    if place.exists():
        raise StudyError(f"{place} is there already", cure="choose another name, or another folder")
    place.mkdir(parents=True)
    written = []
    for template in sorted(_TEMPLATE.iterdir()):
        file = place / template.name.removesuffix(".template").replace(PLACEHOLDER, name)
        file.write_text(template.read_text(encoding="utf-8").replace(PLACEHOLDER, name), encoding="utf-8")
        written.append(file)
    return tuple(written)
