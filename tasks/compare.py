"""Two results side by side: what was different in their making, and what that changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import luigi

from analysis.chapters import Histograms
from analysis.errors import StudyError
from tasks.framework.numbers import WholeNumber
from tasks.framework.options import DataOptions
from tasks.framework.parameters import OutputParameter
from tasks.framework.reporting import tell
from tasks.framework.study_task import StudyTask

if TYPE_CHECKING:
    from analysis.comparison.contents import HistogramPair
    from tasks.sides import Side

__all__ = ["Compare"]

_SHOWN = 4


class Compare(DataOptions, StudyTask):
    """Compare two results, a and b: what differs in their making, and in numbers, metrics and histograms.

    Each is named by a record's key (its beginning is enough), or by a revision of git (tag, branch, commit, HEAD~1) of
    the repository that holds the study: the records that the code of the revision decides. Both have to be in the
    store; nothing is made. The exit status is 0 whether they differ or not.
    """

    a = luigi.Parameter(significant=False, description="key or revision of the first result")
    b = luigi.Parameter(
        default="",
        significant=False,
        description="key or revision of the second result; default: the working tree, as it is now",
    )
    of = luigi.Parameter(
        default="CollectResults",
        significant=False,
        description="stage or task to compare, where no key says it; default: CollectResults, all results",
    )
    output = OutputParameter(
        default="",
        significant=False,
        description="folder for comparison.json and figures; default: comparison-KEY-KEY, where the command runs",
    )
    figures = WholeNumber(
        least=0,
        default=4,
        significant=False,
        description="number of spectra that are drawn, those first that moved most; default: 4",
    )

    compared = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Refuse what names nothing.

        Raises:
            StudyError: ``--a`` is empty.
        """
        params = super().modify_param_values(params)
        if not params["a"]:
            raise StudyError("--a is empty", cure="name a key or a revision: --a HEAD")
        return params

    def complete(self):
        return self.compared

    def run(self):
        from analysis.comparison.contents import compare_contents
        from analysis.comparison.making import causes, conditions, marks
        from analysis.comparison.pairs import pair_records
        from analysis.comparison.written import FILE, as_json
        from tasks.comparison_tables import show_contents, show_making
        from tasks.finding import stores_to_read
        from tasks.sides import matched, resolve

        a, b = resolve((self.a, self.b), self.of, self._options())
        results = matched(a, b)
        for name, side in (("a", a), ("b", b)):
            tell(f"{name}  {_described(side)}")
        pairs = pair_records(results, stores_to_read())
        if not pairs:
            tell("\nthese are the same records")
        found, marked, around = causes(pairs), marks(pairs, ("a", "b")), conditions(pairs, ("a", "b"))
        contents = compare_contents(pairs, _varying())
        if pairs:
            show_making(found, marked, around)
            show_contents(contents)
        folder = self._folder(a, b)
        folder.mkdir(parents=True, exist_ok=True)
        drawn = self._draw(contents.histograms, folder, (a.short, b.short))
        sides = {name: {"from": side.origin, "records": _places(side)} for name, side in (("a", a), ("b", b))}
        text = json.dumps(as_json(sides, found, marked, around, contents, drawn), indent=1, allow_nan=False)
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8")
        tell(f"\nwritten to {folder}: {', '.join((FILE, *drawn))}")
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.compared = True

    def _options(self) -> dict[str, str]:
        names = ("study", "campaign", "statistics", "set")
        values = {name: str(parameter.serialize(getattr(self, name))) for name, parameter in self.get_params()}
        return {name: values[name] for name in names}

    def _folder(self, a: Side, b: Side) -> Path:
        keys = (next(iter(side.records.values()))[0].key for side in (a, b))
        return Path(str(self.output) or f"comparison-{'-'.join(keys)}").expanduser()

    def _draw(self, histograms: Sequence[HistogramPair], folder: Path, names: tuple[str, str]) -> list[str]:
        """Draw what moved most, as PNG and PDF; returns the names of the files that are looked at first."""
        if not histograms:
            return []
        from analysis.comparison.drawing import draw_spectra
        from analysis.plotting.style import FigureLabel, figure_style, save_figure

        study = self.definition
        stages = study.stages_of(Histograms)
        variables = {one.name: one for stage in stages for one in stage.variables}
        named = [*study.processes, *(one for stage in stages for one in (*stage.regions, *stage.processes))]
        label = FigureLabel(study.experiment, luminosity=self.luminosity, energy=study.energy)
        legend = (f"a: {names[0]}", f"b: {names[1]}")
        with figure_style():
            titles = {one.name: one.title for one in named}
            drawn = draw_spectra(histograms, self.figures, legend, label, variables, titles)
            for name, figure in drawn.items():
                save_figure(figure, folder / f"{name}.png", folder / f"{name}.pdf")
        return [f"{name}.png" for name in drawn]


def _described(side: Side) -> str:
    """Tell what is compared: its records, and where they come from."""
    first = next(iter(side.records.values()))[0].manifest()
    keys = ", ".join(f"{series} {of[0].key}" for series, of in list(side.records.items())[:_SHOWN])
    more = f" and {len(side.records) - _SHOWN} more" if len(side.records) > _SHOWN else ""
    made = first["made"]["end"][:16].replace("T", " ")
    origin = f"{side.origin}: " if side.origin else ""
    return f"{origin}{first['record']['family']} {keys}{more}, made {made} UTC"


def _places(side: Side) -> list[str]:
    return sorted({record.place for records in side.records.values() for record in records})


def _varying() -> frozenset[str]:
    """Names of files that hold times, so that no two records have the same."""
    from tasks.report import Report
    from tasks.training import TrainModel

    return frozenset({*Report.varying, *TrainModel.varying})
