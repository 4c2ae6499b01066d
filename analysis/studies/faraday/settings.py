"""Settings of the study's steps."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["InferenceSettings", "SourceSettings"]


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
        nside: of the HEALPix map; multipoles go up to twice that.
        folds: into how many parts sources are divided, each left out once; 0 for one inference with all sources.
        iterations: of variational inference.
        samples: pairs of mirrored samples that the mean is found with.
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
        seed: of all random numbers.
    """

    nside: int = 32
    folds: int = 0
    iterations: int = 6
    samples: int = 2
    final_samples: int = 8
    degrees_of_freedom: float = 3.0
    fluctuations: tuple[float, float] = (1.0, 0.3)
    slope: tuple[float, float] = (-2.2, 0.5)
    flexibility: tuple[float, float] = (0.3, 0.2)
    offset: float = 0.3
    scatter: tuple[float, float] = (8.0, 4.0)
    spread: float = 1.0
    catalogues: int = 45
    unresolved: tuple[float, float] = (0.3, 0.2)
    growth: tuple[float, float] = (0.0, 0.5)
    seed: int = 3

    @property
    def lmax(self) -> int:
        """The largest multipole of the field."""
        return 2 * self.nside

    @property
    def rings(self) -> int:
        """Number of rings of the grid that the field is evaluated on."""
        return 4 * self.nside
