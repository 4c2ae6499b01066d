"""Settings of networks in fixed point; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.validated import check_types, require

__all__ = ["FixedPoint", "QuantisedSettings"]


@dataclass(frozen=True)
class FixedPoint:
    """Numbers that hardware holds: an integer times a power of two.

    Args:
        bits: of the integer, with that of the sign where there is one.
        integer: so many of them are left of the binary point; more than there are for steps greater than 1, negative
            for numbers that are all smaller than a half.
        signed: whether there are negative ones, in two's complement.

    Raises:
        StudyError: a value is of the wrong type or out of its range.

    Examples:
        >>> number = FixedPoint(bits=6, integer=1)
        >>> number.step, number.lowest * number.step, number.highest * number.step
        (0.03125, -1.0, 0.96875)
    """

    bits: int
    integer: int
    signed: bool = True

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "bits", 1 + self.signed <= self.bits <= 24, "from 1 (2 with a sign) to 24")
        require(self, "integer", abs(self.integer) <= 32, "from -32 to 32")

    @property
    def fraction(self) -> int:
        """Number of bits right of the binary point."""
        return self.bits - self.integer

    @property
    def step(self) -> float:
        """Distance of neighbouring numbers."""
        return 2.0**-self.fraction

    @property
    def lowest(self) -> int:
        """The lowest integer."""
        return -(2 ** (self.bits - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """The highest integer."""
        return 2 ** (self.bits - self.signed) - 1


@dataclass(frozen=True)
class QuantisedSettings:
    """Shape and numbers of the network ``analysis.learning.networks.quantised:build``.

    Args:
        hidden: width of each hidden layer.
        inputs: numbers that features are rounded down to.
        weights: numbers that weights are rounded to, to the nearest one.
        biases: the same for biases.
        activations: numbers that the values after each hidden layer are rounded down to; without sign, they are cut
            off at 0, too.
        kept: share of each layer's weights that are not 0: those of the greatest magnitude.
        pruned_over: number of updates in the training over which the share falls from 1 to that.
        reference: whether the first output is always 0, and not computed: outputs are logits of classes, of which only
            differences count. False where outputs are anything else.
        blocks: names of the blocks of features that the network takes; none for all of them.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64, 32, 32)
    inputs: FixedPoint = field(default_factory=lambda: FixedPoint(10, 3, signed=False))
    weights: FixedPoint = field(default_factory=lambda: FixedPoint(6, 1))
    biases: FixedPoint = field(default_factory=lambda: FixedPoint(8, 3))
    activations: FixedPoint = field(default_factory=lambda: FixedPoint(8, 3, signed=False))
    kept: float = 1.0
    pruned_over: int = 0
    reference: bool = True
    blocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "hidden", all(width >= 1 for width in self.hidden), "widths of at least 1")
        for name in ("weights", "biases"):
            require(self, name, getattr(self, name).signed, "signed")
        require(self, "activations", not self.activations.signed, "without sign: activations are rectified")
        require(self, "kept", 0 < self.kept <= 1, "in (0, 1]")
        require(self, "pruned_over", self.pruned_over >= 0, "at least 0")
