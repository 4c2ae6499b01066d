"""The look of all figures: the field's style, its label, and files whose bytes depend on the content alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.style
import mplhep
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "NEUTRAL",
    "FigureLabel",
    "add_label",
    "axis_title",
    "colour_of",
    "figure_style",
    "new_figure",
    "save_figure",
]

COLOURS = ("#3f90da", "#ffa90e", "#bd1f01", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#92dadd", "#94a4a2")
"""Colours that people with any colour vision tell apart (M. A. Petroff, arXiv:2107.02270); grey is the last one."""

NEUTRAL = "#717581"
"""For lines that are not data: references, limits."""

# a collaboration, and what its data are
_QUALIFIED = re.compile(r"^(.+?) ((?:Open Data|Preliminary|Internal|Work in progress).*)$")
_SETTINGS: dict[str, Any] = {
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.unicode_minus": True,
    "font.size": 22.0,
    "legend.fontsize": 18.0,
    # the style's font has no Greek letters
    "mathtext.fallback": "stixsans",
    # outlines within the file: the figure looks the same where the fonts are not installed
    "pdf.fonttype": 3,
    "savefig.dpi": 100.0,
}


@dataclass(frozen=True)
class FigureLabel:
    """Label above a figure.

    Args:
        experiment: whose data these are, such as ``"CMS Open Data"``; the collaboration is set in bold, what the
            data are (open, preliminary) is not.
        simulation: whether nothing but simulated events are shown.
        luminosity: in 1/fb.
        energy: centre-of-mass energy in TeV.
    """

    experiment: str
    simulation: bool = False
    luminosity: float | None = None
    energy: float | None = None


@contextmanager
def figure_style() -> Iterator[None]:
    """The field's style, for figures that are made and saved within the block; settings outside stay as they are.

    The style is mplhep's CMS; its fonts come with it, so that no font of the machine is needed. A user's own
    matplotlibrc has no say: the same figure looks the same everywhere.
    """
    with matplotlib.style.context([mplhep.style.CMS, _SETTINGS], after_reset=True):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, which belongs to no window and to no list of open figures."""
    return Figure(figsize=(width, height))


def add_label(axes: Axes, label: FigureLabel) -> None:
    """Write the label above the axes: experiment on the left, luminosity and energy on the right."""
    name, _, rest = _QUALIFIED.sub(r"\1\n\2", label.experiment).partition("\n")
    mplhep.label.exp_text(
        exp=name,
        text=" ".join(word for word in (rest, "Simulation" if label.simulation else "") if word),
        loc=0,
        ax=axes,
        # otherwise the whole figure is drawn to find out where the axis' exponent is
        scilocator_adjust=False,
    )
    axes.text(1.0, 1.012, _conditions(label), transform=axes.transAxes, ha="right", va="bottom", fontsize=20)


def axis_title(quantity: str, unit: str) -> str:
    """A quantity with its unit in brackets; without, if it has none.

    Examples:
        >>> axis_title("mass", "GeV"), axis_title("score", "")
        ('mass [GeV]', 'score')
    """
    return f"{quantity} [{unit}]" if unit else quantity


def colour_of(index: int) -> str:
    """The colour of a class; they begin anew when there are more classes than colours."""
    return COLOURS[index % len(COLOURS)]


def save_figure(figure: Figure, *paths: Path) -> None:
    """Write a figure as PDF or PNG, by the end of each path's name; the same figure gives the same bytes.

    A PNG has at most 256 colours, which takes a third of the space and is not to be seen.

    Raises:
        ValueError: a path ends in neither ``.pdf`` nor ``.png``.
    """
    for path in paths:
        suffix = Path(path).suffix
        if suffix == ".pdf":
            figure.savefig(path, format="pdf", metadata={"CreationDate": None})
        elif suffix == ".png":
            _save_png(figure, path)
        else:
            raise ValueError(f"{path}: figures are written as .pdf or .png")


def _save_png(figure: Figure, path: Path) -> None:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    with Image.open(buffer) as image:
        # this method keeps rare colours, such as those of a thin line; dithering would cost what colours save
        few = image.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        # the highest level takes seven times as long for a tenth of the bytes
        few.save(path, format="png", compress_level=6, dpi=image.info["dpi"])


def _conditions(label: FigureLabel) -> str:
    energy = f"({label.energy:g} TeV)" if label.energy is not None else ""
    luminosity = rf"{label.luminosity:.3g} $\mathrm{{fb}}^{{-1}}$" if label.luminosity is not None else ""
    return " ".join(word for word in (luminosity, energy) if word)
