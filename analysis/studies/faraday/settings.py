"""Settings of the study's steps."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CheckSettings",
    "InferenceSettings",
    "MapSettings",
    "PredictionSettings",
    "SourceSettings",
    "ValidationSettings",
]


@dataclass(frozen=True)
class SourceSettings:
    """Rule by which measurements become sources.

    Args:
        link: largest step between positions of one source in several catalogues, in degrees; positions of the oldest
            ones are rounded to tenths of a minute.
        components: largest step between positions of one source within a catalogue, in degrees: lobes that are
            farther apart are sources of their own.
        floor: uncertainty in rad/m2 below which none counts as better than another: what the ionosphere adds is not in
            all catalogues' uncertainties.
    """

    link: float = 1.0 / 60.0
    components: float = 20.0 / 3600.0
    floor: float = 0.5


@dataclass(frozen=True)
class InferenceSettings:
    """Model of the Faraday sky and its inference.

    Args:
        nside: of the HEALPix map.
        bandwidth: largest multipole of the field, in units of nside.
        folds: into how many parts sources are divided, each left out once; 0 for one inference with all sources.
        iterations: of variational inference.
        samples: pairs of mirrored samples that the mean is found with.
        geometric: number of the last iterations whose samples follow the curvature of the posterior.
        moves: largest number of Newton's steps that an iteration moves the mean by.
        steps: largest number of steps of the method of conjugate gradients.
        precision: change of the energy for each source at which it ends.
        final_samples: pairs of mirrored samples that are drawn at its end.
        degrees_of_freedom: of Student's t distribution of what the map does not say.
        fluctuations: prior of the standard deviation of the dimensionless field: mean and standard deviation.
        slope: prior of the logarithmic slope of C_l: mean and standard deviation.
        flexibility: prior of the departure from a power law: mean and standard deviation.
        offset: prior standard deviation of the field's mean.
        scatter: prior of the median of the catalogues' scatters in rad/m2: mean and standard deviation.
        spread: standard deviation of the logarithms of the catalogues' scatters about it.
        catalogues: their number.
        unresolved: prior of the scatter on smaller scales, in units of the latitude profile where that is 100 rad/m2:
            mean and standard deviation.
        growth: prior of the power of the profile by which that unit grows: mean and standard deviation.
        isolation: prior of the power by which scatters grow with the separation of the nearest source: mean and
            standard deviation.
        seed: of all random numbers.
        together: numbers of sources are padded to multiples of this, so that inferences share programs.
        quick: compile with less care (``jax_disable_most_optimizations``), and the model in one piece: for inferences
            that compile for longer than they compute. Roundings are others.
    """

    nside: int = 32
    bandwidth: int = 2
    folds: int = 0
    iterations: int = 8
    samples: int = 2
    geometric: int = 2
    moves: int = 20
    steps: int = 100
    precision: float = 1e-4
    final_samples: int = 8
    degrees_of_freedom: float = 1.5
    fluctuations: tuple[float, float] = (1.0, 0.3)
    slope: tuple[float, float] = (-2.2, 0.5)
    flexibility: tuple[float, float] = (0.3, 0.2)
    offset: float = 0.3
    scatter: tuple[float, float] = (8.0, 4.0)
    spread: float = 1.0
    catalogues: int = 45
    unresolved: tuple[float, float] = (0.3, 0.2)
    growth: tuple[float, float] = (0.0, 0.5)
    isolation: tuple[float, float] = (0.0, 0.5)
    seed: int = 3
    together: int = 1024
    quick: bool = False

    @property
    def lmax(self) -> int:
        """The largest multipole of the field."""
        return self.bandwidth * self.nside

    @property
    def rings(self) -> int:
        """Number of rings of the grid that the field is evaluated on."""
        return 2 * self.lmax


@dataclass(frozen=True)
class PredictionSettings:
    """Predictions of sources that were left out, by a Gaussian process beside the field.

    Args:
        neighbours: sources that the process predicts from.
        kernel_sources: number of sources by whose predictions its kernel is chosen.
    """

    neighbours: int = 100
    kernel_sources: int = 3000


@dataclass(frozen=True)
class ValidationSettings:
    """Comparison of predictions with what was measured.

    Args:
        repetitions: samples of the bootstrap.
        seed: of its random numbers.
    """

    repetitions: int = 1000
    seed: int = 1


@dataclass(frozen=True)
class MapSettings:
    """Maps of the posterior.

    Args:
        nside: of the HEALPix maps.
    """

    nside: int = 64


@dataclass(frozen=True)
class CheckSettings:
    """Posterior predictive checks.

    Args:
        replications: of the measurements, for each sample of the posterior.
        seed: of the random numbers.
    """

    replications: int = 8
    seed: int = 2
