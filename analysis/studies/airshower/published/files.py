"""The catalogue of published numbers: measurements of the Pierre Auger Observatory that come with ``astrotools``.

The package (RWTH Aachen) is under the MIT licence. The Collaboration's own licence is in the heading of one of the
files (CC-BY-SA-4.0, composition fractions of 2017); the others state none, so that none is stated for them here.
"""

from __future__ import annotations

from analysis.datasets import PackageFile, Publication

__all__ = ["PUBLICATIONS"]


def _file(path: str, size: int, sha256: str) -> PackageFile:
    return PackageFile(package="astrotools", version="1.5.0", path=f"data/{path}", sha256=sha256, size=size)


XMAX_2014 = Publication(
    name="xmax2014",
    title=r"$X_\mathrm{max}$ distributions above $10^{17.8}$ eV (2014)",
    files=(
        _file("xmax/README", 2683, "d6edc29e71f1752791f145def1b26b892b113e829a05f77f97d9d18dfdbd38b7"),
        _file("xmax/xmaxHistograms.txt", 11430, "21351583ff5620e75c02263e4c7587ab3ba16703d05ada13e5fedb8b241c50da"),
        _file("xmax/xmaxMoments.txt", 1531, "a43658e7e0588c3e879c5a1e5df01a3b32dff6413566ca1612def4f24eaaed0b"),
        _file("xmax/xmaxSystematics.txt", 682, "4bb2c1e4db3e1b776f20b2fb67ca61e84983ab1fca165e00d462e84cf6f36303"),
        _file("xmax/correlationSysPlus.txt", 1962, "dad6ed69ac780f4599ea5530f3a488923ef73f0700221e502d5684d5e6d9787a"),
        _file("xmax/correlationSysMinus.txt", 1962, "77b2c8310e6311a8e309854e11fdeeecae1974120e38db72bee075e4358e23ca"),
        _file("xmax/resolution.txt", 1385, "d59a889d3b6886a1d72a6d497277602b6ce6bb03a5ea872991dc95c2b267a582"),
        _file("xmax/acceptance.txt", 2025, "74caeb3f381ac08fba810420a1c9f1da8c5b39f6d23fce6365d8f69a8438582c"),
    ),
    doi="10.1103/PhysRevD.90.122005",
    citation="A. Aab et al. (Pierre Auger Collaboration), Depth of maximum of air-shower profiles at the Pierre Auger"
    " Observatory. I. Measurements at energies above 10^17.8 eV, Phys. Rev. D 90 (2014) 122005",
)

XMAX_2017 = Publication(
    name="xmax2017",
    title=r"Moments of $X_\mathrm{max}$ above $10^{17.2}$ eV (2017)",
    files=(_file("xmax/xmaxMoments17.txt", 2900, "5fdb8c06711fdbab4ea3ec74ee4f8a0b22c45b9fd6759c69e31eaca64d581648"),),
    doi="10.22323/1.301.0506",
    citation="J. Bellido for the Pierre Auger Collaboration, Depth of maximum of air-shower profiles at the Pierre"
    " Auger Observatory: Measurements above 10^17.2 eV and Composition Implications, PoS(ICRC2017)506",
)

XMAX_2019 = Publication(
    name="xmax2019",
    title=r"Moments of $X_\mathrm{max}$ above $10^{17.7}$ eV (2019)",
    files=(_file("xmax/xmaxMoments19.txt", 1563, "a598b650296df251770726a9fbcacd81a4b0a04cd36b30fe05754c442687e88f"),),
    doi="10.22323/1.358.0482",
    citation="A. Yushkov for the Pierre Auger Collaboration, Mass Composition of Cosmic Rays with Energies above"
    " 10^17.2 eV from the Hybrid Data of the Pierre Auger Observatory, PoS(ICRC2019)482",
)

LOG_MASS_2014 = Publication(
    name="lnA2014",
    title=r"Moments of $\ln A$ (2014)",
    files=(
        _file("lnA/lnA_EPOS-LHC.txt", 1738, "9bb7c3780ec3c8b3f4caf10e1c1f678524bd35419476442d24d82a5ed3ff3bee"),
        _file("lnA/lnA_QGSJetII-04.txt", 1759, "f7d1c367f7073c7783f4a5a530d83ec08abf6b8a3e4c16105a41d33f1348dff4"),
        _file("lnA/lnA_Sibyll2.1.txt", 1757, "fb7b7907ad9670ad10018b04fbd16056d29de6d29547d3dc2c6251c5c1c93f35"),
    ),
    doi=XMAX_2014.doi,
    citation=XMAX_2014.citation,
)

COMPOSITION_2014 = Publication(
    name="composition2014",
    title="Composition fractions (2014)",
    files=(
        _file("comp/comp-eps-4-tot.dat", 3744, "caaf07a602105fdb7035a9f2282f752f291b6c5cb30277fb28282e62746790ed"),
        _file("comp/comp-q04-4-tot.dat", 3744, "bb913b9e4fcfee39358dffbc66cf812f97c8482d81828ad2514dd6834fc7f294"),
        _file("comp/comp-s21-4-tot.dat", 3744, "b047b4181cc147fb7533d0167e87f27a0a0dcb2a295a3a3909f7dc19f346ee4a"),
    ),
    doi="10.1103/PhysRevD.90.122006",
    citation="A. Aab et al. (Pierre Auger Collaboration), Depth of maximum of air-shower profiles at the Pierre Auger"
    " Observatory. II. Composition implications, Phys. Rev. D 90 (2014) 122006",
)

COMPOSITION_2017 = Publication(
    name="composition2017",
    title="Composition fractions (2017)",
    files=(_file("comp/comp_all_2017.dat", 14772, "cc87703dc2dae68fc116ecfdd915399678438fe5d3f77f5fe3dc2554c5114f5e"),),
    licence="CC-BY-SA-4.0",
    doi=XMAX_2017.doi,
    citation=XMAX_2017.citation,
)

PUBLICATIONS: tuple[Publication, ...] = (
    XMAX_2014,
    XMAX_2017,
    XMAX_2019,
    LOG_MASS_2014,
    COMPOSITION_2014,
    COMPOSITION_2017,
)
"""All publications that the study compares itself with."""
