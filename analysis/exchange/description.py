"""What a published folder says of its networks: the content of its ``config.json``, checked when it is read."""

from __future__ import annotations

import dataclasses
import json
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import DataError

__all__ = ["FORMAT", "NAME", "Base", "Capsule", "Description", "Former", "Tensor"]

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
        shape: of one event; of an output, that of one network, too. ``None`` where a card does not tell.
        dtype: NumPy's name.
        names: of the values on the last axis; empty if they have none.
        units: by these names, where they are known and not 1.
    """

    name: str
    shape: tuple[int, ...] | None = None
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
class Base(Former):
    """The published networks that a training started from, and where they were; empty for a folder of a machine."""

    address: str = ""


@dataclass(frozen=True)
class Capsule:
    """A capsule that networks came from: name and SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Description:
    """All that a card says, such as ``config.json``.

    Args:
        name: of the published networks, without a version; empty in a card of another format.
        version: 1, 2, ...; 0 in a card of another format.
        inputs: of the model.
        outputs: of the model; the first axis of ours is that of the networks, the second that of the events.
        title: for people.
        study: that the networks are of; empty for those made elsewhere.
        record: place of the trained networks in the store; it ends with their key. Empty for those made elsewhere.
        licence: SPDX name.
        folds: number of networks in the file; 0 if its outputs have no axis for them.
        capsule: that they came from, if there is one.
        replaces: the version before.
        base: networks that the training started from, if it did.
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
    base: Base | None = None
    network: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the file's text; the same description gives the same text."""
        return json.dumps({"format": FORMAT} | dataclasses.asdict(self), indent=1, allow_nan=False) + "\n"

    @classmethod
    def of(cls, card: Any, where: str) -> Description:
        """Check what a card says; keys that are not known are left out.

        A card that has no ``format`` is of somebody who knows nothing of this one: inputs, outputs and the number of
        folds are all that is taken from it.

        Args:
            card: content of the file.
            where: the file, for messages.

        Raises:
            DataError: something in it is not what it has to be; names what.
        """
        reader = _Reader(where)
        told = reader.mapping(card, "it")
        inputs, outputs = (reader.tensors(told.get(one), one) for one in ("inputs", "outputs"))
        folds = reader.number(told.get("folds") or 0, "folds", 0)
        if "format" not in told:
            return cls("", 0, inputs, outputs, folds=folds)
        if told["format"] != FORMAT:
            raise reader.wrong("format", told["format"], f"{FORMAT!r}")
        former, base, capsule = (told.get(one) for one in ("replaces", "base", "capsule"))
        return cls(
            name=reader.name(told.get("name"), "name"),
            version=reader.number(told.get("version"), "version", 1),
            inputs=inputs,
            outputs=outputs,
            **{one: reader.text(told.get(one, ""), one) for one in ("title", "study", "record", "licence")},
            folds=folds,
            capsule=None if capsule is None else reader.capsule(capsule),
            replaces=None if former is None else Former(*reader.version(former, "replaces")),
            base=None
            if base is None
            else Base(*reader.version(base, "base"), reader.text(base.get("address", ""), "base")),
            network=reader.mapping(told.get("network", {}), "network"),
        )


_CURE = (
    "it needs lists 'inputs' and 'outputs' of {name, shape, names, units} (docs/exchange.md); ask whoever published "
    "the folder, or name another file: card='FILE'"
)
# what aliases of YAML fold up in a line may be gigabytes
_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 200


@dataclass(frozen=True)
class _Reader:
    """Reads values of a file that others wrote."""

    where: str

    def wrong(self, what: str, found: Any, wanted: str) -> DataError:
        return DataError(f"{self.where}: {what} is {_shown.repr(found):.200}, not {wanted}", cure=_CURE)

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

    def version(self, value: Any, what: str) -> tuple[str, int, str]:
        told = self.mapping(value, what)
        return (
            self.name(told.get("name"), f"name of {what}"),
            self.number(told.get("version"), f"version of {what}", 1),
            self.digest(told.get("digest"), f"digest of {what}"),
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
        name = self.text(told.get("name"), f"name of {what}")
        names = tuple(self.text(one, f"names of {what}") for one in self.several(told.get("names") or [], what))
        shape, dtype = told.get("shape"), self.text(told.get("dtype", "float32"), f"dtype of {what}")
        if shape is not None:
            sizes = self.several(shape, f"shape of {what}")
            shape = tuple(self.number(size, f"shape of {what}", 1) for size in sizes)
            if len(shape) > _AXES:
                raise self.wrong(f"shape of {what}", sizes, f"at most {_AXES} axes")
        if dtype not in _DTYPES:
            raise self.wrong(f"dtype of {what}", dtype, f"one of {', '.join(sorted(_DTYPES))}")
        last = len(set(names)) if shape is None else shape[-1] if shape else 1
        if names and (len(names) != last or len(set(names)) < len(names)):
            raise self.wrong(f"names of {what}", names, f"a different one for each value on the last axis ({last})")
        return Tensor(name, shape, dtype, names, self.units(told.get("units"), names or (name,), f"units of {what}"))

    def units(self, value: Any, names: tuple[str, ...], what: str) -> dict[str, str]:
        """Units by name, or of all names in their order, or one for all of them."""
        if isinstance(value, str):
            value = dict.fromkeys(names, value)
        elif isinstance(value, list):
            if len(value) != len(names):
                raise self.wrong(what, value, f"{len(names)} of them")
            value = dict(zip(names, value, strict=True))
        told = self.mapping(value or {}, what)
        if unknown := told.keys() - set(names):
            raise self.wrong(what, [name for name in told if name in unknown], "of its names")
        return {name: self.text(unit or "", what) for name, unit in told.items()}
