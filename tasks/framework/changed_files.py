"""Files on this machine that changed since the catalogue was written: what was made of them stays, and that is told."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import DataError
from analysis.source_files import SourceFile
from analysis.study import Study

__all__ = ["changed_files"]

# files that are compared by their content, those that changed last first, have at most so many bytes; of others, the
# size is compared
_BYTES = 256_000_000


def changed_files(study: Study) -> str:
    """Tell which files of a study's data sets are not what the catalogue says any more.

    Records are known by what the catalogue says, so a command that finds them never looks at the files again.

    Args:
        study: the study.

    Returns:
        A warning with its cure; empty if no file on this machine is another one. One that is gone is none: copies in
        the store serve.
    """
    found = [(file, path, facts) for file, path in _local(study) if (facts := _facts(path)) is not None]
    changed = list(_changed(found)) if found else []
    if not changed:
        return ""
    path, name = changed[0]
    more = f", and {len(changed) - 1} more are not," if len(changed) > 1 else ""
    return (
        f"{path} is not what the catalogue says of {name!r} any more{more} and what was made of it is shown\n"
        "  cure: describe all files of that catalogue anew if that is what you want (law run DescribeFiles --files "
        "'...' --output CATALOGUE), or bring back what was there"
    )


def _local(study: Study) -> Iterator[tuple[SourceFile, Path]]:
    for dataset in study.datasets:
        for file in dataset.all_files:
            scheme, separator, path = file.url.partition("://")
            place = Path(path if separator else file.url).expanduser()
            if (not separator or scheme == "file") and place.is_absolute():
                yield file, place


def _facts(path: Path) -> os.stat_result | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def _changed(found: list[tuple[SourceFile, Path, os.stat_result]]) -> Iterator[tuple[Path, str]]:
    from analysis.readers.opening import check_local

    left = _BYTES
    # what was edited is what changed last
    for file, path, facts in sorted(found, key=lambda one: -one[2].st_mtime):
        other = file.size not in (None, facts.st_size)
        left -= 0 if other else facts.st_size
        if not other and left < 0:
            continue
        try:
            check_local(file, path)
        except DataError:
            yield path, file.name
        # gone since, or not to be read: nothing is known of it
        except OSError:
            continue
