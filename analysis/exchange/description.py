"""What a published folder says of its networks: the content of its ``config.json``, checked when it is read."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import DataError
from analysis.preservation.reading import json_of

__all__ = ["FORMAT", "NAME", "Capsule", "Description", "Former", "Tensor"]

FORMAT = "erumflow published networks 1"
#: of a published network
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*(-[A-Za-z0-9_.]+)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INTEGERS = (f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64))
_DTYPES = frozenset(("bool", "float16", "float32", "float64", *_INTEGERS))
_AXES, _LONGEST = 8, 1 << 31


@dataclass(frozen=True)
class Tensor:
    """An input or an output of published networks.

    Args:
        name: in the ONNX model.
        shape: of one event; of an output, that of one network, too.
        dtype: NumPy's name.
        names: of the values on the last axis; empty if they have none.
        units: by these names, where they are known and not 1.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Former:
    """The version that another one replaces; its digest is that of the folder."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class Capsule:
    """A capsule that networks came from: name and SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Description:
    """All that ``config.json`` says.

    Args:
        name: of the published networks, without a version.
        version: 1, 2, ...
        inputs: of the model.
        outputs: of the model; the first axis of ours is that of the networks, the second that of the events.
        title: for people.
        study: that the networks are of; empty for those made elsewhere.
        record: place of the trained networks in the store; it ends with their key. Empty for those made elsewhere.
        licence: SPDX name.
        folds: number of networks in the file; 0 if its outputs have no axis for them.
        capsule: that they came from, if there is one.
        replaces: the version before.
        network: what ``TrainModel`` wrote as ``network.json``; empty for those made elsewhere.
    """

    name: str
    version: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    title: str = ""
    study: str = ""
    record: str = ""
    licence: str = ""
    folds: int = 0
    capsule: Capsule | None = None
    replaces: Former | None = None
    network: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the file's text; the same description gives the same text."""
        return json.dumps({"format": FORMAT} | dataclasses.asdict(self), indent=1, allow_nan=False) + "\n"

    @classmethod
    def read(cls, text: str | bytes, where: str) -> Description:
        """Read the file's text; keys that are not known are left out.

        Args:
            text: of the file.
            where: of the file, for messages.

        Raises:
            DataError: it is no such text, or something in it is not what it has to be; names what.
        """
        try:
            told = json_of(text)
        except ValueError as error:
            raise DataError(f"{where} is no JSON: {error}", cure=_CURE) from error
        reader = _Reader(where)
        told = reader.mapping(told, "it")
        if told.get("format") != FORMAT:
            raise reader.wrong("format", told.get("format"), f"{FORMAT!r}")
        former, capsule = told.get("replaces"), told.get("capsule")
        return cls(
            name=reader.name(told.get("name"), "name"),
            version=reader.number(told.get("version"), "version", 1),
            inputs=reader.tensors(told.get("inputs"), "inputs"),
            outputs=reader.tensors(told.get("outputs"), "outputs"),
            **{one: reader.text(told.get(one, ""), one) for one in ("title", "study", "record", "licence")},
            folds=reader.number(told.get("folds", 0), "folds", 0),
            capsule=None if capsule is None else reader.capsule(capsule),
            replaces=None if former is None else reader.former(former),
            network=reader.mapping(told.get("network", {}), "network"),
        )


_CURE = "docs/exchange.md says what is in it; ask whoever published the folder"


@dataclass(frozen=True)
class _Reader:
    """Reads values of a file that others wrote."""

    where: str

    def wrong(self, what: str, found: Any, wanted: str) -> DataError:
        return DataError(f"{self.where}: {what} is {found!r:.200}, not {wanted}", cure=_CURE)

    def text(self, value: Any, what: str) -> str:
        if not isinstance(value, str) or not value.isprintable() or len(value) > 10_000:
            raise self.wrong(what, value, "a text of one line")
        return value

    def name(self, value: Any, what: str) -> str:
        if not NAME.fullmatch(self.text(value, what)) or len(value) > 100:
            raise self.wrong(what, value, "letters, digits and ._-")
        return value

    def digest(self, value: Any, what: str) -> str:
        if not _DIGEST.fullmatch(self.text(value, what)):
            raise self.wrong(what, value, "64 hexadecimal digits")
        return value

    def number(self, value: Any, what: str, least: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LONGEST:
            raise self.wrong(what, value, f"a whole number of at least {least}")
        return value

    def mapping(self, value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(what, value, "an object of names and values")
        return value

    def several(self, value: Any, what: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > 10_000:
            raise self.wrong(what, value, "a list")
        return value

    def former(self, value: Any) -> Former:
        told = self.mapping(value, "replaces")
        return Former(
            self.name(told.get("name"), "name of replaces"),
            self.number(told.get("version"), "version of replaces", 1),
            self.digest(told.get("digest"), "digest of replaces"),
        )

    def capsule(self, value: Any) -> Capsule:
        told = self.mapping(value, "capsule")
        return Capsule(
            self.text(told.get("name"), "name of capsule"), self.digest(told.get("sha256"), "sha256 of capsule")
        )

    def tensors(self, value: Any, what: str) -> tuple[Tensor, ...]:
        found = tuple(self.tensor(one, f"{what}[{i}]") for i, one in enumerate(self.several(value, what)))
        if not found or len({one.name for one in found}) < len(found):
            raise self.wrong(what, [one.name for one in found], "one or more of different names")
        return found

    def tensor(self, value: Any, what: str) -> Tensor:
        told = self.mapping(value, what)
        shape = self.several(told.get("shape"), f"shape of {what}")
        names = self.several(told.get("names", []), f"names of {what}")
        units = self.mapping(told.get("units", {}), f"units of {what}")
        tensor = Tensor(
            self.text(told.get("name"), f"name of {what}"),
            tuple(self.number(size, f"shape of {what}", 1) for size in shape),
            self.text(told.get("dtype", "float32"), f"dtype of {what}"),
            tuple(self.text(name, f"names of {what}") for name in names),
            {self.text(name, f"units of {what}"): self.text(unit, f"units of {what}") for name, unit in units.items()},
        )
        if len(shape) > _AXES:
            raise self.wrong(f"shape of {what}", shape, f"at most {_AXES} axes")
        if tensor.dtype not in _DTYPES:
            raise self.wrong(f"dtype of {what}", tensor.dtype, f"one of {', '.join(sorted(_DTYPES))}")
        if names and (not shape or len(names) != shape[-1] or len(set(names)) < len(names)):
            raise self.wrong(f"names of {what}", names, f"a different one for each value on the last axis of {shape}")
        if unknown := set(units) - set(names):
            raise self.wrong(f"units of {what}", sorted(unknown), "of its names")
        return tensor
