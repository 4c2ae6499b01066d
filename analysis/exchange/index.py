"""An index of published networks: one JSON file, made from many folders."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import DataError
from analysis.exchange.description import FORMAT as OURS
from analysis.exchange.description import Description
from analysis.exchange.folder import CARD, CONFIG, SUMS, PublishedFolder, read
from analysis.preservation.reading import json_of

__all__ = ["FORMAT", "Entry", "Index", "find", "searched"]

FORMAT = "erumflow index of networks 1"
#: of a card's front matter and of an index
MOST_BYTES = 64 << 20
_MARK = "---"
_WORDS = ("name", "digest", "title", "task", "study", "licence", "replaces")


@dataclass(frozen=True)
class Entry:
    """A folder of published networks.

    Args:
        name: with the version.
        address: of the folder; relative to the index if it is below the index's folder.
        digest: of the folder.
        title: what it is about, for people.
        task: what the networks do.
        study: that they are of, if its card says.
        tags: words for a search, such as the experiment.
        datasets: that they were trained on.
        metrics: ``name``, ``title``, ``value``, and ``unit``, ``stat``, ``syst``, ``method`` where they are known.
        size: of all files, in bytes.
        licence: SPDX name, as the card has it.
        replaces: name of the version before; empty if there is none.
    """

    name: str
    address: str
    digest: str
    title: str = ""
    task: str = ""
    study: str = ""
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()
    size: int = 0
    licence: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class Index:
    """Published networks, by name, and what could not be read, in words."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()

    def write(self, file: Path) -> None:
        """Write the index as a file, whole or not at all; addresses below its folder are relative.

        Raises:
            DataError: the file cannot be written.
        """
        base = file.parent.resolve()
        rows = [asdict(one) | {"address": _relative(one.address, base)} for one in self.entries]
        draft = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            text = json.dumps({"format": FORMAT, "networks": rows}, indent=1, allow_nan=False)
            draft.write_text(text + "\n", encoding="utf-8")
            draft.replace(file)
        except OSError as error:
            raise DataError(f"{file} cannot be written: {error.strerror}", cure="name another file") from error


def find(places: Sequence[Path]) -> Index:
    """Read folders, and folders of folders; every file of each is checked.

    Args:
        places: folders, or indexes (``.json``), which are believed. What is missing has no networks.

    Raises:
        DataError: an index is damaged.
    """
    entries: dict[tuple[str, str], Entry] = {}
    problems = []
    for place in places:
        if place.suffix == ".json" and not place.is_dir():
            found: Iterator[Entry | str] = _of_index(place)
        else:
            found = map(_entry, _folders(place))
        for one in found:
            if isinstance(one, str):
                problems.append(one)
            else:
                # the first place that has it counts
                entries.setdefault((one.name, one.digest), one)
    return Index(tuple(sorted(entries.values(), key=lambda one: _natural(one.name))), tuple(problems))


def searched(entries: Sequence[Entry], words: str) -> list[Entry]:
    """Choose entries that have all words somewhere; capitals do not count."""
    wanted = words.lower().split()
    return [one for one in entries if all(word in _text(one) for word in wanted)]


def _text(one: Entry) -> str:
    metrics = (f"{metric['name']} {metric.get('title', '')}" for metric in one.metrics)
    parts = (one.name, one.title, one.task, one.study, one.licence, *one.tags, *one.datasets, *metrics)
    return " ".join(parts).lower()


def _natural(name: str) -> tuple[str, int]:
    stem, _, version = name.rpartition("-")
    return (stem, int(version)) if stem and version.isdecimal() else (name, 0)


def _relative(address: str, base: Path) -> str:
    path = Path(address)
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else address


def _folders(place: Path) -> Iterator[Path]:
    """The folder itself, or those in it, that have a card."""
    if _has_card(place):
        yield place
    elif place.is_dir():
        yield from sorted(one for one in place.iterdir() if not one.name.startswith(".") and _has_card(one))


def _has_card(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (SUMS, CONFIG, CARD))


def _entry(path: Path) -> Entry | str:
    try:
        folder = read(path)
        return _described(folder, _front(folder))
    except DataError as error:
        return error.problem


def _described(folder: PublishedFolder, front: Mapping[str, Any]) -> Entry:
    about = _description(folder)
    result = _first(_first(front.get("model-index")).get("results"))
    former = about.replaces if about else None
    return Entry(
        name=f"{about.name}-{about.version}" if about else folder.folder.name,
        address=str(folder.folder.resolve()),
        digest=folder.digest,
        title=about.title if about else "",
        task=_word(_mapping(result.get("task")).get("type")) or _word(front.get("pipeline_tag")),
        study=about.study if about else "",
        tags=_texts(front.get("tags")),
        datasets=_texts(front.get("datasets")),
        metrics=tuple(_metrics(result)),
        size=sum(folder.sizes.values()),
        licence=(about.licence if about else "") or _word(front.get("license")),
        replaces=f"{former.name}-{former.version}" if former else "",
    )


def _description(folder: PublishedFolder) -> Description | None:
    """What ``config.json`` says, if it is one of ours."""
    try:
        told = json_of(folder.content(CONFIG)) if CONFIG in folder.digests else {}
    except ValueError:
        return None
    return folder.description if isinstance(told, dict) and told.get("format") == OURS else None


def _front(folder: PublishedFolder) -> dict[str, Any]:
    """The front matter of a card; of a card without one, nothing."""
    import yaml

    lines = folder.content(CARD).decode(errors="replace").splitlines() if CARD in folder.digests else []
    if not lines or lines[0] != _MARK or _MARK not in lines[1:]:
        return {}
    text = "\n".join(lines[1 : lines.index(_MARK, 1)])
    try:
        found = yaml.safe_load(text) if len(text) < MOST_BYTES else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"{folder.folder / CARD} has a front matter that is no YAML: {error}") from error
    return _mapping(found)


def _metrics(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in result.get("metrics") or ():
        metric = _mapping(one)
        if _is_number(metric.get("value")):
            told = {"name": metric.get("type"), "title": metric.get("name"), "value": metric["value"]}
            yield _metric(_mapping(metric.get("args")) | told)


def _metric(told: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what is known of metrics, as far as it is what it has to be."""
    words = {
        name: told[name] for name in ("name", "title", "unit", "method", "note") if isinstance(told.get(name), str)
    }
    pairs = {name: list(told[name]) for name in ("stat", "syst") if _is_pair(told.get(name))}
    return {"name": "", "title": ""} | words | {"value": told["value"]} | pairs


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(one) and one >= 0 for one in value)


def _of_index(file: Path) -> Iterator[Entry]:
    """The entries of an index; relative addresses are below its folder."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES} bytes")
        told = json_of(file.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']!r:.100}, not {FORMAT!r}")
        for row in told["networks"]:
            address = str(row["address"])
            yield Entry(
                **{one: _word(row.get(one)) for one in _WORDS},
                address=address if "://" in address else str(file.parent.resolve() / address),
                tags=_texts(row.get("tags")),
                datasets=_texts(row.get("datasets")),
                metrics=tuple(_metric(row) for row in row.get("metrics", ()) if _is_number(row.get("value"))),
                size=int(row.get("size", 0)),
            )
    except FileNotFoundError:
        raise DataError(f"there is no index {file}", cure="name a folder or a file that is there") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{file} is no index of networks: {error}", cure="write it again: ListModels --to FILE"
        ) from error


def _first(value: Any) -> dict[str, Any]:
    return _mapping(value[0]) if isinstance(value, list) and value else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(one for one in several if _word(one))


def _word(value: Any) -> str:
    # nothing else: what aliases of YAML fold up in a line may be gigabytes as a text
    return value if isinstance(value, str) else ""
