"""The public files of the study, what is in them and what they are normalised with.

The H -> tau tau files are a skim of CERN Open Data records 12351-12359 made with the code of record 12350: single muon
and hadronic tau trigger ``HLT_IsoMu17_eta2p1_LooseIsoPFTau20``, a tight muon with pt > 17 GeV and abs(eta) < 2.1, a
tau with pt > 20 GeV and abs(eta) < 2.3, one pair an event. The dimuon file holds the first 100,000 events of record
12341. Cross sections, numbers of generated events and luminosities are those of record 12350.

**The files are of the first 10 % of entries of each public sample.** They were made from the reduced samples in
``HiggsTauTauReduced`` of root://eospublic.cern.ch//eos/root-eos, the first ``int(0.1 * n)`` of n events (``reduce.py``
in github.com/leo-barreto/virtual-pipelines-eventselection, whose README says "about 1.1fb-1"). The public cut flow of
the reduced gluon fusion sample (hsf-training.github.io/hsf-training-cicd), 813 of 47,696 events, is that of the file.
"""

from __future__ import annotations

from analysis.study import Dataset, Schema, SourceFile

__all__ = ["COLLISIONS", "DIMUON", "DIMUON_SCHEMA", "FRACTIONS", "SCHEMA", "SIMULATION", "WHOLE_LUMINOSITY"]

_HTAUTAU = "https://raw.githubusercontent.com/arsahasransu/root-short-exercise/0fb37244708a5497238e22298dc01ab6cc578722"
_DIMUON = (
    "https://raw.githubusercontent.com/iris-hep/analysis-grand-challenge/c37bf595519089fb1f20272721c705a20cd34d24"
    "/workshops/agctools2022/foundation"
)

_FRACTION = 0.1
_GENERATED = {
    "GluGluToHToTauTau": 476_963,
    "VBF_HToTauTau": 491_653,
    "DYJetsToLL": 30_458_871,
    "TTbar": 6_423_106,
    "W1JetsToLNu": 29_784_800,
    "W2JetsToLNu": 30_693_853,
    "W3JetsToLNu": 15_241_144,
}
_LUMINOSITY = {"Run2012B": 4.412, "Run2012C": 7.055}

WHOLE_LUMINOSITY = sum(_LUMINOSITY.values())
"""Of all entries of both periods, in 1/fb: what the weights in the files were computed for."""

FRACTIONS = tuple((name, int(_FRACTION * whole) / whole) for name, whole in _GENERATED.items())
"""Events of each public simulated sample that the files were made of, divided by all of them."""

_OBJECTS = (
    *("pt_1", "eta_1", "phi_1", "m_1", "iso_1", "q_1", "mt_1"),
    *("pt_2", "eta_2", "phi_2", "m_2", "iso_2", "q_2", "mt_2", "dm_2"),
    *("pt_met", "phi_met", "m_vis", "pt_vis"),
)
_JETS = (
    *("jpt_1", "jeta_1", "jphi_1", "jm_1", "jbtag_1"),
    *("jpt_2", "jeta_2", "jphi_2", "jm_2", "jbtag_2"),
    *("mjj", "ptjj", "jdeta"),
)

SCHEMA = Schema(
    tree="Events",
    branches=(*_OBJECTS, *_JETS, "njets", "npv", "gen_match", "run", "weight"),
    missing=_JETS,
)
"""Muon ``_1``, hadronic tau ``_2``, the two jets of highest pt (pt > 30 GeV), missing transverse momentum; GeV, rad."""

DIMUON_SCHEMA = Schema(tree="Events", branches=("nMuon", "Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"))
"""All muons of an event, as lists; GeV, rad."""

_CITATION = (
    "S. Wunsch, Analysis of Higgs boson decays to two tau leptons using data and simulation of events at the CMS "
    "detector from 2012, CERN Open Data Portal (2019)"
)


def _file(name: str, sha256: str, size: int, events: int) -> tuple[SourceFile]:
    return (SourceFile(name, f"{_HTAUTAU}/{name}", sha256, size, events, f"cms_htautau_2012/{name}"),)


def _simulated(name: str, title: str, cross_section: float, files: tuple[SourceFile, ...]) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        files=files,
        schema=SCHEMA,
        cross_section=cross_section,
        generated=int(_FRACTION * _GENERATED[name]),
        licence="CC0-1.0",
        doi="10.7483/OPENDATA.CMS.GV20.PR5T",
        citation=_CITATION,
    )


def _collisions(name: str, title: str, files: tuple[SourceFile, ...]) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="measured",
        files=files,
        schema=SCHEMA,
        luminosity=_FRACTION * _LUMINOSITY[name],
        licence="CC0-1.0",
        doi="10.7483/OPENDATA.CMS.GV20.PR5T",
        citation=_CITATION,
    )


SIMULATION = (
    _simulated(
        "GluGluToHToTauTau",
        r"$gg \to H \to \tau\tau$",
        19.6,
        _file(
            "GluGluToHToTauTauSkim.root",
            "3f5c57620fc74302c47946168b419314831a52de72c44f618357404c20540481",
            86_185,
            813,
        ),
    ),
    _simulated(
        "VBF_HToTauTau",
        r"$qq \to qqH \to \tau\tau$",
        1.55,
        _file(
            "VBF_HToTauTauSkim.root",
            "323dceab4ed7d28f4b26c149608cae3044274a657a1d1d2adfbe931d87e9970a",
            118_724,
            1_015,
        ),
    ),
    _simulated(
        "DYJetsToLL",
        r"$Z/\gamma^* \to \ell\ell$",
        3503.7,
        _file(
            "DYJetsToLLSkim.root",
            "a82507a64c8abcc73dd55e02c39c378c3487f6a190c3b94b602bb852497e25e5",
            745_253,
            6_971,
        ),
    ),
    _simulated(
        "TTbar",
        r"$t\bar{t}$",
        225.2,
        _file(
            "TTbarSkim.root",
            "1caf22e7536de7c9f0a895c1fb165df2d55f128e583c527b9a83ea595cb1a911",
            488_648,
            3_783,
        ),
    ),
    _simulated(
        "W1JetsToLNu",
        r"$W \to \ell\nu$ + 1 jet",
        6381.2,
        _file(
            "W1JetsToLNuSkim.root",
            "9ec9818f9282f0b6869a6693b44ece4cd31b2c16d3aaa1de06104fcd5ae89e17",
            363_782,
            2_363,
        ),
    ),
    _simulated(
        "W2JetsToLNu",
        r"$W \to \ell\nu$ + 2 jets",
        2039.8,
        _file(
            "W2JetsToLNuSkim.root",
            "9de11d07c96e1e0245471289d6bafed54a27a6a1eba4e855f9bd65a94b17d5f9",
            607_373,
            4_326,
        ),
    ),
    _simulated(
        "W3JetsToLNu",
        r"$W \to \ell\nu$ + 3 jets",
        612.5,
        _file(
            "W3JetsToLNuSkim.root",
            "2997e26e42de1ad6bcac0d8432c1a1ae20b45fc7c7414989b2274ca89c916604",
            355_031,
            2_389,
        ),
    ),
)

COLLISIONS = (
    _collisions(
        "Run2012B",
        "Run 2012B",
        _file(
            "Run2012B_TauPlusXSkim.root",
            "9d93b9ed808e89d08c064847f6f37a9194714cebaa3d0d1b7c73eb4ea18ee04b",
            1_343_103,
            13_572,
        ),
    ),
    _collisions(
        "Run2012C",
        "Run 2012C",
        _file(
            "Run2012C_TauPlusXSkim.root",
            "3f85a6892341620d3d1109a0b43bc50a5472a42784186f4175c78d14dd8b0da3",
            2_045_286,
            21_172,
        ),
    ),
)

DIMUON = Dataset(
    name="DoubleMuParked",
    title="Dimuon triggers, Run 2012B and 2012C",
    kind="measured",
    purpose="calibration",
    files=(
        SourceFile(
            name="open-data-example.root",
            url=f"{_DIMUON}/open-data-example.root",
            sha256="d0ae49ec3c92b9fe19df6aace19fcc3c84fe77e830dcb16c4b8b31c0d38124c3",
            size=3_568_384,
            events=100_000,
            mirror="cms_dimuon_2012/open-data-example.root",
        ),
    ),
    schema=DIMUON_SCHEMA,
    licence="CC0-1.0",
    doi="10.7483/OPENDATA.CMS.LVG5.QT81",
    citation=(
        "S. Wunsch, DoubleMuParked dataset from 2012 in NanoAOD format reduced on muons, CERN Open Data Portal (2019)"
    ),
)
