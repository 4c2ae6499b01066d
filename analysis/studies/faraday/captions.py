"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["PROOF", "SKY", "SOURCES"]

SKY = (
    (
        "faraday_sky",
        "Faraday depth of the Galaxy",
        "Posterior mean of the Faraday depth in rad/m2, in Galactic coordinates (Mollweide projection, the centre of "
        "the Galaxy in "
        "the middle, longitude to the left). The scale is linear within 30 rad/m2 and logarithmic beyond.",
    ),
    (
        "faraday_uncertainty",
        "Its uncertainty",
        "Posterior standard deviation of the Faraday depth in rad/m2: large where rotation measures are, and where no "
        "source "
        "is near.",
    ),
    (
        "faraday_field",
        "Without the latitude profile",
        "Posterior mean of the dimensionless field, which the latitude profile is multiplied by.",
    ),
    (
        "power_spectrum",
        "Angular power spectrum",
        "Inferred angular power spectrum of the dimensionless field (median, 68 % and 95 % of the posterior) beside "
        "the published "
        "slope, which fixes no amplitude here.",
    ),
)

PROOF = (
    (
        "held_out_errors",
        "Sources that were left out",
        "Median absolute error of predicted rotation measures of sources that an inference did not see, beside "
        "interpolations "
        "from the same sources; bars are 68 % intervals of a bootstrap.",
    ),
    (
        "held_out_coverage",
        "Coverage",
        "Left: where measurements lie in the predictive distributions of sources that were left out; flat if these "
        "are right. "
        "Right: share of measurements within central intervals, by the separation of the nearest source that was seen.",
    ),
    (
        "held_out_scatter",
        "Predicted and measured",
        "Measured rotation measures of sources that were left out, against the predicted Faraday depth, in rad/m2.",
    ),
)

SOURCES = (
    (
        "sources",
        "Rotation measures",
        "All sources with their rotation measures in rad/m2, in Galactic coordinates (Mollweide projection).",
    ),
    (
        "latitude_profile",
        "Latitude profile",
        "Rotation measures against Galactic latitude, and the profile that is measured of them (1.48 times the median "
        "absolute "
        "value, smoothed).",
    ),
)
