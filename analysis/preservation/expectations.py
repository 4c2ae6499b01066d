"""Expected results of a rerun: every number, its allowed deviation from the preserved one, and the reason for that.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from analysis.errors import PreservationError
from analysis.preservation.reading import json_of

__all__ = [
    "DEFAULT",
    "FILE",
    "WITHOUT_UNCERTAINTY",
    "Conditions",
    "Expectation",
    "Tolerance",
    "as_json",
    "expectations",
    "from_json",
]

FILE = "expectations.json"
FORMAT = 1

Rule = Literal["exact", "relative", "statistical"]


@dataclass(frozen=True)
class Tolerance:
    """Allowed deviation of numbers from the preserved ones where hardware or packages are others.

    Args:
        numbers: pattern of their names, as in a shell (``xmax_*``); of tables, too, for all their values.
        rule: ``exact``: bit for bit; ``relative``: in units of the number; ``statistical``: in units of its
            statistical uncertainty.
        size: in that unit; 0 for ``exact``.
        why: it is this large, in a sentence.

    Raises:
        PreservationError: there is no such rule, or the size is none for it.
    """

    numbers: str
    rule: Rule
    size: float
    why: str

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise PreservationError(
                f"the tolerance of {self.numbers!r} has the rule {self.rule!r}",
                cure=f"use one of: {', '.join(get_args(Rule))}",
            )
        if not (math.isfinite(self.size) and (self.size == 0) == (self.rule == "exact") and self.size >= 0):
            raise PreservationError(
                f"the tolerance of {self.numbers!r} is {self.size}, {self.rule}",
                cure="give 0 for exact, else a number above 0",
            )


#: unless the study says otherwise
DEFAULT = Tolerance(
    "*",
    "statistical",
    0.01,
    "on another processor what training does not amplify moves by a ten-thousandth at most: docs/reproducibility.md",
)
#: of numbers without a statistical uncertainty, and of such values in tables
WITHOUT_UNCERTAINTY = 1e-3


@dataclass(frozen=True)
class Conditions:
    """Conditions that decide the last bits of a result: equal conditions, equal bits.

    Args:
        machine: architecture, such as ``x86_64``.
        processor: its name.
        features: digest of the processor's instruction sets, by which libraries choose their code.
        libc: the system's library, whose functions compute, too.
        python: its version.
        lock: SHA-256 of the lock file that the packages were installed from.
        device: what computed, such as ``cpu``.
    """

    machine: str
    processor: str
    features: str
    libc: str
    python: str
    lock: str
    device: str

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Conditions:
        """Read the conditions of a record from its manifest; what that does not tell is empty."""
        host, software = manifest["host"], manifest["software"]
        return cls(
            machine=host["machine"],
            processor=host["processor"],
            features=host.get("features", ""),
            libc=host.get("libc", ""),
            python=software["python"],
            lock=software["lock_sha256"] or "",
            device=manifest["made"]["device"],
        )

    @property
    def decide(self) -> bool:
        """Whether equal ones mean equal bits: all is known, and nothing but processors computed."""
        return all(asdict(self).values()) and self.device == "cpu"

    def differences(self, other: Conditions) -> list[str]:
        """List the differences from other conditions, a text each.

        Examples:
            >>> here = Conditions("x86_64", "A", "1", "glibc 2.41", "3.13.5", "f", "cpu")
            >>> here.differences(Conditions("x86_64", "B", "1", "glibc 2.41", "3.13.5", "f", "cpu"))
            ['processor: A and B']
        """
        return [
            f"{name}: {value or 'unknown'} and {asdict(other)[name] or 'unknown'}"
            for name, value in asdict(self).items()
            if value != asdict(other)[name]
        ]


@dataclass(frozen=True)
class Expectation:
    """One number that must come out.

    Args:
        name: unique in the study.
        title: for people.
        unit: of value and uncertainties; empty for pure numbers.
        value: the preserved one.
        stat: statistical uncertainty downwards and upwards; ``None`` where there is none.
        syst: systematic uncertainty, likewise.
        tolerance: that holds for it.
        note: for people, such as ``simulation``.
    """

    name: str
    title: str
    unit: str
    value: float
    stat: tuple[float, float] | None
    syst: tuple[float, float] | None
    tolerance: Tolerance
    note: str = ""

    @property
    def allowed(self) -> float:
        """Allowed deviation of a value from the preserved one, in the number's unit."""
        if self.tolerance.rule == "exact":
            return 0.0
        if self.tolerance.rule == "statistical" and self.stat and max(self.stat) > 0:
            return self.tolerance.size * max(self.stat)
        size = self.tolerance.size if self.tolerance.rule == "relative" else WITHOUT_UNCERTAINTY
        return size * abs(self.value)

    def as_json(self) -> dict[str, Any]:
        """The expectation as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Expectation:
        """The inverse of :meth:`as_json`."""
        pairs = {name: tuple(stored[name]) if stored[name] is not None else None for name in ("stat", "syst")}
        return cls(**{**stored, **pairs, "tolerance": Tolerance(**stored["tolerance"])})


def expectations(
    numbers: Iterable[Mapping[str, Any]], tolerances: Sequence[Tolerance] = (), tables: Iterable[str] = ()
) -> list[Expectation]:
    """Return the numbers that must come out of a rerun, with their tolerances.

    Args:
        numbers: as in ``results.json``: ``name``, ``title``, ``unit``, ``value``, ``stat``, ``syst``, ``note``.
        tolerances: of the study; the first one whose pattern fits holds, else :data:`DEFAULT`.
        tables: names of the tables, which tolerances may be for.

    Raises:
        PreservationError: there are neither numbers nor tables, or a tolerance is for none of them.
    """
    found, others = [], list(tables)
    used = {next((t for t in tolerances if fnmatchcase(name, t.numbers)), DEFAULT) for name in others}
    for number in numbers:
        tolerance = next((t for t in tolerances if fnmatchcase(number["name"], t.numbers)), DEFAULT)
        used.add(tolerance)
        stat, syst = ((float(p[0]), float(p[1])) if (p := number[name]) else None for name in ("stat", "syst"))
        name, title, unit, note = (number.get(part, "") for part in ("name", "title", "unit", "note"))
        found.append(Expectation(name, title, unit, float(number["value"]), stat, syst, tolerance, note))
    if not found and not others:
        raise PreservationError("the study has no numbers, so there is nothing to prove", cure="give it a measurement")
    if useless := [t.numbers for t in tolerances if t not in used]:
        raise PreservationError(
            f"no number or table is called {', '.join(useless)}, as tolerances of the study say",
            cure=f"use names of numbers and tables: {', '.join(sorted([*others, *(e.name for e in found)])[:10])} ...",
        )
    return found


def as_json(expected: Iterable[Expectation], tables: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The text of the file that holds them.

    Args:
        expected: numbers.
        tables: as :func:`analysis.preservation.tables.preserved_tables` gives them; ``None`` for nothing said of any.
    """
    content: dict[str, Any] = {"format": FORMAT, "expectations": [one.as_json() for one in expected]}
    return json.dumps(content if tables is None else {**content, "tables": tables}, indent=1) + "\n"


def from_json(text: bytes | str) -> list[Expectation]:
    """The numbers in a text of :func:`as_json`.

    Raises:
        PreservationError: the text is none of this.
    """
    try:
        stored = json_of(text)
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']}")
        return [Expectation.from_json(one) for one in stored["expectations"]]
    except (ValueError, KeyError, TypeError) as error:
        raise PreservationError(f"{FILE} holds no expectations: {error!r}", cure="fetch the capsule again") from None
