"""One block of what a network sees of an event: numbers of one kind, in an array of any shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.errors import DataError

__all__ = ["Block", "Features"]

KINDS = ("float32", "float16")


@dataclass(frozen=True)
class Block:
    """Shape, type and names of a block of features, without its events.

    Args:
        shape: of one event's values.
        present: shape of what says which of them exist.
        kind: type of the values.
        names: of the last axis.
    """

    shape: tuple[int, ...]
    present: tuple[int, ...]
    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        inner = ", ".join(self.names) or self.kind
        outer = self.shape[:-1] if self.names else self.shape
        return f"{inner} ({' x '.join(map(str, outer))})" if outer else inner


@dataclass(frozen=True, eq=False)
class Features:
    """Values of n events.

    Args:
        values: (n, ..., f), float32, or float16 to save memory, in the units of the study; 0 where not present.
        present: (n, ...) bool; its shape is that of the values, or begins it: (n, s) for values (n, s, f) says of each
            of s stations whether it has all f values or none.
        names: of the f features, each of which is standardised over all that is present of it; without names, values
            enter the network as they are (samples of a trace).

    Raises:
        DataError: shapes, types and names do not agree.

    Examples:
        >>> event = Features(np.array([[125.0, 2.0]], np.float32), np.ones((1, 2), bool), ("mass", "jets"))
        >>> str(event.block)
        'mass, jets'
    """

    values: np.ndarray
    present: np.ndarray
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values, present = self.values, self.present
        if values.dtype not in KINDS or values.ndim < 2:
            raise DataError(
                f"features: the values are {values.dtype} of shape {values.shape}, not float32 or float16 of events"
            )
        if present.dtype != np.bool_ or present.ndim < 1 or present.shape != values.shape[: present.ndim]:
            raise DataError(
                f"features: present is {present.dtype} of shape {present.shape}, which does not begin the values' "
                f"shape {values.shape}"
            )
        if self.names and len(self.names) != values.shape[-1]:
            raise DataError(f"features: there are {len(self.names)} names for {values.shape[-1]} values")

    @property
    def block(self) -> Block:
        """Shape, type and names of the values."""
        return Block(self.values.shape[1:], self.present.shape[1:], self.values.dtype.name, self.names)

    def everywhere(self) -> np.ndarray:
        """Return the mask of the values that are present, in the values' own shape (a view)."""
        missing = self.values.ndim - self.present.ndim
        return np.broadcast_to(self.present.reshape(*self.present.shape, *[1] * missing), self.values.shape)

    def check_values(self, block: str, identity: np.ndarray) -> None:
        """Check the numbers themselves.

        Args:
            block: name of the block, for messages.
            identity: (n,) of the events, for messages.

        Raises:
            DataError: a value is not finite, or not 0 where it is not present; names block, feature and event.
        """
        finite = np.isfinite(self.values)
        if not finite.all():
            place = tuple(int(index) for index in np.unravel_index(np.argmin(finite), finite.shape))
            raise DataError(
                f"{self._name(block, place)} of event {place[0]} (identity {identity[place[0]]}) is "
                f"{self.values[place]}; {int((~finite).sum())} such values in all",
                cure="mark a value that does not exist as not present, or mend the step that computes the feature",
            )
        if self.values[~self.present].any():
            wrong = (self.values != 0) & ~self.everywhere()
            place = tuple(int(index) for index in np.unravel_index(np.argmax(wrong), wrong.shape))
            raise DataError(f"{self._name(block, place)} has values other than 0 where it is not present")

    def _name(self, block: str, place: tuple[int, ...]) -> str:
        """The feature at a place of the values."""
        inside = place[1:-1] if self.names else place[1:]
        what = f"the feature {self.names[place[-1]]!r}" if self.names else "a value"
        return f"{what} of the block {block!r}" + (f", place {', '.join(map(str, inside))}," if inside else "")
