"""Realistic material for a page: titles, numbers and tables as the studies have them, a figure, a graph of records."""

from __future__ import annotations

import functools
import hashlib
import io

from analysis.report.material import (
    DatasetRow,
    FigureFile,
    Input,
    Page,
    PayloadFile,
    RecordNode,
    Section,
    SourcedNumber,
)
from analysis.results import Axis, Column, Number, Table

NUMBERS = (
    Number("mu_ztt", r"strength of $Z \to \tau\tau$", 0.9712, (0.021, 0.021), (0.055, 0.061), "", "profile likelihood"),
    Number("mu_h", r"strength of $H \to \tau\tau$", 1.42, (1.31, 1.38), (1.1, 1.0), "", "profile likelihood", "test"),
    Number("limit", r"upper limit on $\mu_H$ at 95 % CL", 4.62, None, None, "", r"asymptotic $\mathrm{CL_s}$"),
    Number("x_max", r"$\langle X_\mathrm{max} \rangle$", 741.3, (2.1, 2.1), (8.0, 9.2), "g/cm2", "moments"),
)

_ENERGIES = Axis(r"$\lg(E/\mathrm{eV})$", "", ((17.8, 17.9), (17.9, 18.0), (18.0, 18.1)))
_MASSES = Axis(r"$m_\mathrm{vis}$", "GeV", tuple((20.0 + 5.0 * i, 25.0 + 5.0 * i) for i in range(20)))


def _fraction(name: str, last: float | None) -> Column:
    errors = {"stat": ((0.05, 0.04), (0.06, 0.06), (0.1, 0.1)), "syst": ((0.1, 0.12), (0.1, 0.1), (0.1, 0.1))}
    return Column(name, "", (0.6, 0.5, last), errors, {"interaction model": "EPOS-LHC"})


TABLES = (
    Table(
        "fractions",
        "Fractions of primaries against energy",
        (_ENERGIES,),
        tuple(_fraction(name, None if name == "iron" else 0.4) for name in ("proton", "helium", "nitrogen", "iron")),
    ),
    Table(
        "m_vis, after the fit",
        r"Events in bins of $m_\mathrm{vis}$, after the fit",
        (_MASSES,),
        (
            Column("observed", "", tuple(100.0 + i for i in range(20)), {}, {}),
            Column(
                "predicted", "", tuple(100.4 + i for i in range(20)), {"total": ((0.0, 0.0), *((3.2, 3.3),) * 19)}, {}
            ),
        ),
    ),
)


@functools.cache
def figure(name: str, title: str, width: float = 5.0, height: float = 4.0) -> FigureFile:
    """A real figure, small."""
    from analysis.plotting.style import figure_style, new_figure

    files = {}
    with figure_style():
        drawn = new_figure(width, height)
        axes = drawn.add_subplot()
        axes.plot(range(10), [value**2 for value in range(10)])
        for suffix, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
            buffer = io.BytesIO()
            drawn.savefig(buffer, format=suffix, dpi=60, metadata=metadata)
            files[suffix] = buffer.getvalue()
    return FigureFile(name, title, r"Events in bins of $m_\mathrm{vis}$ (statistical uncertainty).", **files)


def node(family: str, series: str, *inputs: RecordNode, chunks: int = 1, code: tuple[str, ...] = ()) -> RecordNode:
    """A record of a few chunks that was made from others."""
    key = hashlib.sha256(f"{family} {series}".encode()).hexdigest()[:12]
    labels = tuple(f"events_{100 * i}-{100 * (i + 1)}" for i in range(chunks)) if chunks > 1 else ("",)
    return RecordNode(
        place=f"htautau/{family}/{series}-{key}",
        family=family,
        series=series,
        key=key,
        labels=labels,
        parameters={"shift": "tau_energy_up"} if series.endswith("up") else {},
        configuration={"settings": {"edges": [0.0, 0.9, 1.6, 2.4], "file": {"name": f"{series}.root", "events": 6971}}},
        code=dict.fromkeys(("analysis/events/root.py", *code, f"tasks.{family}.run"), "43e9528aa08a8f86"),
        inputs=tuple(Input(f"input {i}" if len(inputs) < 4 else one.series, one.place) for i, one in enumerate(inputs)),
        seconds=0.5 * chunks,
        peak_memory=259_960_832,
        created="2026-11-22T05:23:48.586+00:00",
        device="cpu",
        processor="Intel(R) Xeon(R) Processor",
        commit="bcd6b61435f49520ef164323203d4a7812e91dde+",
        payload=tuple(PayloadFile(f"{label or series}.parquet", 512_549, "059c2e45" * 8) for label in labels),
    )


def records(datasets: tuple[str, ...] = ("DYJetsToLL", "TTbar", "Run2012B"), chunks: int = 3) -> tuple[RecordNode, ...]:
    """The graph of a study."""
    raw = [node("FetchData", name) for name in datasets]
    calibration = node("DeriveCalibration", "corrections", raw[0], code=("analysis/studies/htautau/dimuon.py",))
    calibrated = [node("CalibrateEvents", one.series, one, calibration, chunks=chunks) for one in raw]
    events = [node("ReconstructEvents", one.series, one, chunks=chunks) for one in calibrated]
    prepared = [node("PrepareTraining", one.series, one, chunks=chunks) for one in events]
    networks = node("TrainModel", "dense", *prepared)
    scores = [node("ScoreEvents", one.series, one, networks, chunks=chunks) for one in prepared]
    histograms = node("FillHistograms", "2012B", *events, *scores)
    workspace = node("BuildWorkspace", "2012B", histograms)
    fit = node("FitMeasurement", "observed", workspace)
    plots = [node("PlotMeasurement", "figures", fit, histograms), node("PlotCalibration", "figures", calibration)]
    return (*raw, calibration, *calibrated, *events, *prepared, networks, *scores, histograms, workspace, fit, *plots)


def page(**changes: object) -> Page:
    """A page with everything on it."""
    nodes = records()
    fit = next(one for one in nodes if one.family == "FitMeasurement")
    described = {
        "title": r"$H \to \tau\tau \to \mu\tau_h$ at 8 TeV with CMS Open Data",
        "study": "htautau",
        "subtitle": r"Strengths of $Z \to \tau\tau$ and $H \to \tau\tau$ & friends.",
        "campaign": r"CMS Open Data · campaign 2012B · 4.4 fb$^{-1}$ · $\sqrt{s} = 8$ TeV",
        "data": "observed",
        "simulation_note": "Events of all processes but QCD are simulated.",
        "headline": (
            (r"Strength of $Z \to \tau\tau$", "0.971 ± 0.021 (stat) ± 0.058 (syst)"),
            (r"Strength of $H \to \tau\tau$", "1.4 ± 1.3 (stat) ± 1.0 (syst)"),
            ("Goodness of fit", "p = 0.43, from 1000 toys"),
        ),
        "numbers": tuple(SourcedNumber(number, fit.place) for number in NUMBERS),
        "tables": TABLES,
        "sections": (
            Section(
                "Before and after the fit",
                r"The band is the uncertainty of the prediction, for $\mu = 1$.",
                (
                    figure("m_vis", r"Visible mass $m_\mathrm{vis}$"),
                    figure("score", r"Score of $H \to \tau\tau$", 4.0, 5.0),
                    figure("roc", "ROC curves", 5.0, 5.0),
                ),
            ),
            Section("Calibration", "", (figure("jpsi", r"$J/\psi \to \mu\mu$", 8.0, 4.0),)),
        ),
        "records": nodes,
        "datasets": (
            DatasetRow(
                "DYJetsToLL", r"$Z/\gamma^* \to \ell\ell$", "simulated", 6971, "CC0-1.0", "10.7483/A.B", "S. W."
            ),
            DatasetRow("Run2012B", "Run 2012B", "measured", 13_572, "CC0-1.0", "10.7483/A.B", "S. W."),
            DatasetRow("proton", "proton showers", "simulated", 4000, origin="made by this study"),
            DatasetRow(
                "auger", "Auger", "published", None, "MIT", "", "Phys. Rev. D 90", "https://example.org/a?b=c&d"
            ),
        ),
        "command": "law run Report --study htautau --campaign 2012B",
        "environment": {"commit": "bcd6b61435f49520ef164323203d4a7812e91dde", "lock file": "5e574d8a16d5"},
        "versions": {"Python": "3.11.7", "jax": "0.10.2", "law": "0.1.21"},
    }
    return Page(**(described | changes))  # type: ignore[arg-type]
