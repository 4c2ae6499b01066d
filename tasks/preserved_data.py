"""Files of events in a capsule: which lie in it, which can be had elsewhere, which a stranger has to be given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.checking.step_files import steps_of
from analysis.errors import StudyError
from analysis.provenance.auxiliary import located
from analysis.provenance.dependencies import stored_record
from analysis.source_files import SourceFile
from analysis.study import Study
from tasks.framework import reporting
from tasks.framework.data_access import data_access
from tasks.framework.progress import bytes_progress
from tasks.framework.settings import stores, studies_from_outside
from tasks.preserved_networks import PreservedData, published_networks

__all__ = ["MOST_BYTES", "PreservedData", "check_amount", "lacking", "preserved_data", "publishable"]

_CATALOGUES = (".yaml", ".yml", ".json")
#: bytes of events that a capsule may hold
MOST_BYTES = 10 * 10**9


def check_amount(study: Study, campaign: str) -> None:
    """Make sure that a capsule can hold all files of events.

    Raises:
        StudyError: they are too large.
    """
    from analysis.preservation.inputs import files_of

    _refuse_too_much(files_of(study, campaign))


def preserved_data(
    study: Study,
    campaign: str,
    *,
    lying: Mapping[Path, str],
    manifests: Sequence[Mapping[str, Any]],
    workspace: Path,
    all_of_it: bool,
    needed: bool,
) -> PreservedData:
    """Collect the files of events that come along in a capsule.

    Files in the study's package travel with its code. Others of this machine come along if they are small or all files
    are to.

    Args:
        study: that reads them.
        campaign: its name; empty for a study without any.
        lying: files that travel with the code, with their names in the capsule.
        manifests: of all records, some of which are copies of files.
        workspace: folder for files that no record has.
        all_of_it: whether all files come along, also those of servers.
        needed: whether a rerun reads them.

    Raises:
        StudyError: they are too large, or two have the same place.
        DataError: a file is not there, or not what the catalogue says.
        StoreError: a server cannot be reached.
    """
    from analysis.preservation.inputs import check_places, files_of, inputs_of
    from analysis.preservation.sources import MOST_BYTES as MOST_OF_ONES_OWN

    files = files_of(study, campaign)
    own = {file: file.path.resolve() for file in files if file.path is not None}
    travelling = _travelling(own, {path.resolve(): name for path, name in lying.items()})
    elsewhere = [file for file in own if file not in travelling]
    small = sum(map(_size, elsewhere)) <= MOST_OF_ONES_OWN
    taken = [file for file in files if file not in travelling] if all_of_it else elsewhere if needed and small else []
    if needed or all_of_it:
        check_places(files, {*taken, *elsewhere})
    members = _collected(taken, manifests, workspace)
    inside = travelling | {file: f"data/{file.place}" for file in taken if file in own}
    networks = published_networks(study, manifests) if needed else PreservedData((), {}, {})
    private = {text: file.name for file, path in own.items() for text in (file.url, str(path), str(file.path))}
    private |= networks.private
    private |= {str(folder): "STUDIES" for folder in studies_from_outside().folders if len(folder.parts) > 2}
    # a place within another one comes after it
    private = dict(sorted(private.items(), key=lambda pair: -len(pair[0])))
    return PreservedData((*inputs_of(study, campaign, inside), *networks.inputs), members | networks.members, private)


def publishable(
    study: Study, source: Mapping[str, bytes], lying: Mapping[str, Path], private: Iterable[str]
) -> dict[str, bytes]:
    """A study's code as a capsule has it: catalogues without folders of this machine; code that names one is told of.

    Args:
        study: whose code it is.
        source: content of files, by name.
        lying: those of the project's and the study's packages, by name.
        private: places of this machine.
    """
    from analysis.preservation.cleaning import cleaned_catalogue

    # what a step declares decides its key, to the last byte
    declared = {path.resolve() for step in steps_of(study) for path in located(step).values()}
    catalogues = {name for name, path in lying.items() if path.suffix in _CATALOGUES and path.resolve() not in declared}
    found = {name: cleaned_catalogue(text) if name in catalogues else text for name, text in source.items()}
    places = [place.encode() for place in private if "/" in place]
    for name, text in found.items():
        if any(place in text for place in places):
            reporting.tell(
                f"WARNING  the capsule's source/{name} names a place of this machine; beside('...') or a catalogue of "
                "DescribeFiles would not"
            )
    return found


def lacking(capsule: Path) -> Iterator[tuple[str, str]]:
    """Entries of a summary: a warning of the files that only their author has."""
    from analysis.preservation import archive, sources

    private = [one for one in sources.from_json(archive.read(capsule, sources.FILE)) if one.is_private]
    if private:
        yield (
            "WARNING",
            f"whoever runs it again has to be given {sources.in_words(private)}, in a folder for --mirror: they lie on "
            f"this machine alone, and are more than the {sources.MOST_BYTES / 1e6:.0f} MB that a capsule takes unasked "
            "(--with-data takes them)",
        )


def _travelling(own: Mapping[SourceFile, Path], lying: Mapping[Path, str]) -> dict[SourceFile, str]:
    """Files of this machine that are in the study's package, as its records were made of them."""
    from analysis.readers.opening import check_local

    found = {}
    for file, path in own.items():
        if path in lying:
            check_local(file, path)
            # times of files do not travel; a copy of its own is known by its size
            if file.sha256 or not file.checksum.startswith("modified:"):
                found[file] = lying[path]
    return found


def _collected(
    taken: Collection[SourceFile], manifests: Iterable[Mapping[str, Any]], workspace: Path
) -> dict[str, Path]:
    """Files as a mirror folder has them: from the records that are copies of them, or fetched."""
    from analysis.readers.fetching import fetch

    copies = dict(_copies(manifests))
    found: dict[str, Path] = {}
    absent: dict[str, SourceFile] = {}
    for file in taken:
        place = f"data/{file.place}"
        if file.content in copies:
            manifest, name = copies[file.content]
            found[place] = stored_record(manifest, stores()).path(name)
        else:
            absent.setdefault(place, file)
    _refuse_too_much(taken)
    if absent:
        reporting.tell(f"into the capsule: {_amount(absent.values())}")
    for place, file in absent.items():
        found[place] = workspace / place
        found[place].parent.mkdir(parents=True, exist_ok=True)
        with bytes_progress(file.name, file.size) as progress:
            fetch(file, found[place], access=data_access(), progress=progress)
    return found


def _copies(manifests: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    """Records that are copies of files, by the files' contents: the manifest and the name in the payload."""
    for manifest in manifests:
        if not manifest["inputs"] and not manifest.get("read_in_place"):
            for name, entry in manifest["payload"].items():
                contents = manifest.get("sources", ()) if len(manifest["payload"]) == 1 else ()
                yield from ((content, (manifest, name)) for content in (entry["sha256"], *contents))


def _refuse_too_much(files: Collection[SourceFile]) -> None:
    if sum(map(_size, files)) > MOST_BYTES:
        raise StudyError(
            f"a capsule holds up to {MOST_BYTES / 1e9:.0f} GB of events, and the study reads {_amount(files)}",
            cure="leave out --with-data and publish them where data are kept (Zenodo, an institute's server): a rerun "
            "reads them there, or in the folder that --mirror names; or let it begin after a task: --from-task",
        )


def _amount(files: Collection[SourceFile]) -> str:
    from analysis.preservation.sources import size_in_words

    return f"{len(files)} file{'s' * (len(files) != 1)} of {size_in_words(sum(map(_size, files)))}"


def _size(file: SourceFile) -> int:
    """Bytes, as far as they are known before it is read."""
    if file.size is None and file.path is not None and file.path.is_file():
        return file.path.stat().st_size
    return file.size or 0
