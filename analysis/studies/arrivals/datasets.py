"""Data sets: the measured events, catalogues of candidate sources, and simulated skies."""

from __future__ import annotations

from analysis.datasets import Dataset, Friend, PackageFile, Publication, Schema, SourceFile
from analysis.schema import Column
from analysis.step import Step
from analysis.studies.arrivals.settings import SkySettings

__all__ = [
    "CLOSURE",
    "DATASETS",
    "EVENTS",
    "FIELDS",
    "GALAXIES",
    "ISOTROPIC",
    "MASSES",
    "REFERENCE",
    "SIGNALS",
    "SOURCES",
    "TRAINING",
]

_MODEL = "https://raw.githubusercontent.com/cescalara/uhecr_model/917ff69f1a4a3a019ba769a556e9b598dd76f417/data"
_EVENTS = "https://raw.githubusercontent.com/elenamanao/smbh/206bf89d8ab6b174583b7907ae306558832c8aaa/data"
_LIST = "AugerApJS2022_Yr_JD_UTC_Th_Ph_RA_Dec_E_Expo.dat"

_AUGER = Dataset(
    name="auger",
    title="events above 32 EeV, Pierre Auger Observatory, 2004 to 2020",
    kind="measured",
    files=(
        SourceFile(
            _LIST,
            f"{_EVENTS}/{_LIST}",
            sha256="b03b91b5b4bf98b373cde2a9f41044704a32af77029cf9c07044e6860ffabb35",
            size=145060,
            events=2635,
            mirror=f"auger_uhecr/{_LIST}",
        ),
    ),
    read=Step("analysis.studies.arrivals.sky.reading:read"),
    schema=Schema(
        "",
        (
            Column("year", "int32"),
            Column("day", "int32"),
            Column("zenith", "float64", "deg"),
            Column("right_ascension", "float64", "deg"),
            Column("declination", "float64", "deg"),
            Column("energy", "float64", "EeV"),
        ),
    ),
    licence="CC-BY-4.0",
    doi="10.5281/zenodo.6504276",
    citation="Pierre Auger Collaboration, ApJ 935 (2022) 170, doi:10.3847/1538-4357/ac7d4e",
)

_LOSSES = (
    ("tables_SBG_23.h5", "afda0139307b820d5170ea51e97c9197dc014af300b0d4a27be3f090741cec97", 30824, 23),
    ("tables_swift_BAT_213.h5", "357a40a3049efb7e1d1210750347bd09db21dc0bd0933531b303be49106f9927", 185888, 213),
    ("tables_2FHL_250Mpc.h5", "fcc14cb0fe6f148951cf1b1ba5ddc38238f5304ceb1f92d5b74977e30d73a8df", 29304, 17),
)

_CANDIDATES = Dataset(
    name="candidates",
    title="candidate sources: 23 starburst galaxies, 213 of Swift-BAT, 17 of Fermi 2FHL",
    kind="measured",
    purpose="catalogue",
    files=(
        SourceFile(
            "sourcedata.h5",
            f"{_MODEL}/sourcedata.h5",
            sha256="e151e3c1f7474ce44f6d32a76b1cf86a80f99d1880049c6a2c791ebb06029e51",
            size=1447392,
            events=253,
            mirror="auger_uhecr/sourcedata.h5",
        ),
    ),
    read=Step("analysis.studies.arrivals.sources.reading:read"),
    schema=Schema(
        "",
        (
            Column("catalogue", "int32"),
            Column("source", "string"),
            Column("distance", "float64", "Mpc"),
            Column("longitude", "float64", "deg"),
            Column("latitude", "float64", "deg"),
            Column("flux", "float64"),
        ),
    ),
    friends=(
        Friend(
            Schema("", (Column("emitted_energy"), Column("arrival_energy"))),
            tuple(
                SourceFile(
                    name, f"{_MODEL}/{name}", sha256=digest, size=size, events=events, mirror=f"auger_uhecr/{name}"
                )
                for name, digest, size, events in _LOSSES
            ),
            read=Step("analysis.studies.arrivals.sources.reading:read_losses"),
        ),
    ),
    licence="MIT",
    doi="10.1093/mnras/stz030",
    citation="F. Capel and D. J. Mortlock, MNRAS 484 (2019) 2324",
)

GALAXIES = Publication(
    name="starburst_galaxies",
    title="44 starburst galaxies",
    files=(
        PackageFile(
            package="astrotools",
            version="1.5.0",
            path="data/Lunardini_SBG_catalog.dat",
            sha256="dbc150db69ef204c29c7d1593fe445cd667379b47df325dd956e140c6ecc555e",
            size=8460,
        ),
    ),
    licence="MIT",
    doi="10.1088/1475-7516/2019/10/073",
    citation="C. Lunardini et al., JCAP 10 (2019) 073, with Circinus",
)

_FRACTIONS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.13)
# to choose among as many masses and fields as a measurement may meet
_ALL_FIELDS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LIGHT, _HEAVY = (0.25, 0.40, 0.30, 0.05), (0.0, 0.20, 0.60, 0.20)


def _skies(name: str, title: str, number: int, purpose: str, settings: SkySettings) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step("analysis.studies.arrivals.simulation.plans:generate", settings),
        simulate=Step("analysis.studies.arrivals.simulation.plans:describe", settings),
        generated=number,
    )


FIELDS = (
    ("no_field", 0.0, "none"),
    ("half_field", 0.5, "half of the model"),
    ("whole_field", 1.0, "the model"),
    ("reversed_field", -0.5, "half of it, reversed"),
)
"""Data sets with sources in coherent fields of the halo: name, times the model, for people.

Networks are trained on all fields but the last: one that they never saw.
"""

MASSES = ("light", "heavy")
"""Data sets with other nuclei, in half of the field."""

ISOTROPIC, REFERENCE, TRAINING, CLOSURE = "isotropic", "reference", "training", "closure"
SIGNALS = (*(name for name, _, _ in FIELDS), *MASSES)

DATASETS = (
    _AUGER,
    _CANDIDATES,
    _skies(ISOTROPIC, "isotropic skies, for the likelihood", 10_000, "isotropy", SkySettings()),
    _skies(REFERENCE, "isotropic skies, for the network", 2_000, "isotropy", SkySettings()),
    _skies(
        TRAINING,
        "skies that networks are trained on",
        1_500,
        "training_skies",
        SkySettings(fractions=(0.0, 0.18), between=True, fields=_ALL_FIELDS),
    ),
    *(
        _skies(
            name,
            f"skies with starburst galaxies; coherent field: {words}",
            720,
            "signal",
            SkySettings(_FRACTIONS, fields=(field,)),
        )
        for name, field, words in FIELDS
    ),
    _skies(
        "light",
        "skies with starburst galaxies and lighter nuclei",
        360,
        "signal",
        SkySettings(_FRACTIONS, abundances=_LIGHT),
    ),
    _skies(
        "heavy",
        "skies with starburst galaxies and heavier nuclei",
        360,
        "signal",
        SkySettings(_FRACTIONS, abundances=_HEAVY),
    ),
    _skies(CLOSURE, "skies as the likelihood assumes", 50, "calibration", SkySettings((0.09,), radius=25.0)),
)
EVENTS, SOURCES = _AUGER.name, _CANDIDATES.name
