"""Fitting a HistFactory workspace that belongs to no study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, cast

import luigi

from analysis.errors import FitError, StudyError
from tasks.framework.numbers import WholeNumber
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell

__all__ = ["FitWorkspace"]


class FitWorkspace(ProjectTask):
    """Fit any HistFactory workspace (JSON of pyhf): best fit, interval, significance, limit, goodness of fit.

    It needs no study and writes nothing. Parameters that end at a bound are told, and what else a reader has to know.
    """

    exclude_index = False

    workspace = luigi.Parameter(description="file of the workspace, JSON")
    patch = luigi.Parameter(
        default="",
        description="file of a JSON patch that adds a signal to the workspace, or of a patch set; default: none",
    )
    patch_name = luigi.Parameter(
        default="", description="which patch of the patch set; default: the only one that it has"
    )
    measurement = luigi.Parameter(
        default="", description="which of the workspace's measurements; default: the first one"
    )
    poi = luigi.Parameter(
        default="",
        description="parameter of interest, as it is called in the workspace; default: that of the measurement",
    )
    data = luigi.ChoiceParameter(
        default="observed",
        choices=["observed", "asimov"],
        description="'observed': the workspace's own; 'asimov': what is expected at the parameters' start values, the "
        "observations are looked at nowhere; default: observed",
    )
    toys = WholeNumber(
        least=0,
        default=0,
        description="toys that judge the goodness of fit; default: 0, its asymptotic p-value alone",
    )
    json = luigi.BoolParameter(
        default=False,
        description="print one JSON object and nothing else (docs/statistics.md says what is in it); default: a table",
    )

    fitted = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Refuse what names nothing.

        Raises:
            StudyError: ``--workspace`` is empty.
        """
        params = super().modify_param_values(params)
        if not params["workspace"]:
            raise StudyError("--workspace is empty", cure="name a file: --workspace workspace.json")
        return params

    def complete(self):
        return self.fitted

    def output(self):
        return []

    def run(self):
        from analysis.inference.workspace_files import read_workspace_file
        from analysis.inference.workspace_fit import fit_workspace, without_minimum

        file, patch = _path(self.workspace), _path(self.patch) if self.patch else None
        content = read_workspace_file(file, patch, self.patch_name, self.measurement)
        try:
            data = cast(Literal["observed", "asimov"], self.data)
            found = fit_workspace(str(self.workspace), content, self.poi, data, self.toys)
        except FitError as error:
            if self.json:
                poi = self.poi or content["measurements"][0]["config"]["poi"]
                _print_json(without_minimum(poi, error.problem))
            raise
        if self.json:
            _print_json(found.as_json())
        else:
            _show(found)
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.fitted = True


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _print_json(content: dict[str, Any]) -> None:
    tell(json.dumps(content, indent=1, allow_nan=False))


def _show(found: Any) -> None:
    rows, more = found.parameters()
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        tell("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if more:
        tell(f"and {more} more")
    tell("")
    lines = list(found.lines())
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        tell(f"{name:<{width}}  {text}")
