"""Names, titles and captions of the study's figures."""

from __future__ import annotations

__all__ = ["MEASUREMENT", "NETWORKS", "SKY"]

Captions = tuple[tuple[str, str, str], ...]

SKY: Captions = (
    (
        "sky",
        "Events above 32 EeV",
        "Larger points have higher energies; with the starburst galaxies and the circles of the most significant "
        "excesses. Galactic coordinates.",
    ),
    ("declinations", "Declinations", "Of both ranges of zenith angles, with what isotropy gives (Sommers 2001)."),
    (
        "threshold_scan",
        "Catalogue likelihood",
        "The largest TS at each energy threshold, of four catalogues; the star is the published one of 44 starburst "
        "galaxies.",
    ),
    ("radius_scan", "Threshold and radius", "TS of the starburst galaxies; the cross is its maximum."),
    (
        "isotropic_ts",
        "Isotropic skies",
        "How often isotropic skies (simulation) have as large a TS, with the same scan over thresholds and radii.",
    ),
)

NETWORKS: Captions = (
    (
        "sensitivity",
        "Sensitivity",
        "Median significance of simulated skies with starburst galaxies as sources, network and catalogue likelihood "
        "on the same skies; squares are at 3 standard deviations. Bands are statistical. The network was trained on "
        "fields from none to the whole model; the reversed one it never saw. Simulation.",
    ),
    ("training", "Training", "Cross-entropy: is an event from a source? Simulation."),
    (
        "deflections",
        "Coherent field",
        "How far a cosmic ray of 10 EV is deflected in the halo of the model by Jansson and Farrar (2012). Simulation.",
    ),
)

MEASUREMENT: Captions = (
    (
        "attribution",
        "What the network looks at",
        "Measured events above 40 EeV, coloured by what each adds to the test statistic of the network. Galactic "
        "coordinates.",
    ),
    (
        "network_ts",
        "The measured sky",
        "Its TS beside that of isotropic skies that the networks never saw. Not strictly blind: a preceding version of "
        "this analysis had scored the measured sky while it was being built; features and settings of this one were "
        "chosen on simulated skies alone, but for one change: a first run with a twentieth of the skies had scored the "
        "measured one when the statistic became the likelihood ratio at one fraction, in place of the largest, which "
        "was 0 for most isotropic skies.",
    ),
    (
        "fraction_calibration",
        "Calibration of the fraction",
        "Medians of what the network says of the fraction of simulated skies; the band has 68 % of them, of half of "
        "the coherent field.",
    ),
)
