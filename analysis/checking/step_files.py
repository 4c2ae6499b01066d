"""Check the files that steps of a study declare: that they are there, and that functions take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analysis.checking.signature import arguments_of
from analysis.errors import StudyError
from analysis.provenance.auxiliary import located, steps_in
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.study import Study

__all__ = ["check_step_files", "steps_of"]


def check_step_files(study: Study) -> None:
    """Check the files of all steps of a study.

    Raises:
        StudyError: a file is not there; a step declares files that its function does not take, or the other way round.
    """
    for step, what, called in _steps(study):
        if not called and not step.files:
            continue
        signature = arguments_of(step)
        line = f"({signature.file}, line {signature.line})"
        if step.files and "files" not in signature.names and not signature.any_keyword:
            raise StudyError(
                f"{what} declares the files {', '.join(step.files)}, but {signature} has no argument 'files' {line}",
                cure="give it one, which brings their paths by name; or leave files={...} out of its Step",
            )
        if not step.files and "files" in signature.required:
            raise StudyError(
                f"{what}: {signature} takes files, and its Step declares none {line}",
                cure=f"say Step({step.function!r}, files={{NAME: PATH}}), with paths beside its module",
            )
        located(step)


def steps_of(study: Study) -> list[Step]:
    """All steps of a study, those in settings of others included."""
    return [step for step, _, _ in _steps(study)]


def _steps(study: Study) -> Iterator[tuple[Step, str, bool]]:
    """Steps, what they are of, and whether a command calls them by their arguments' names."""
    for dataset in study.datasets:
        made = (dataset.generate, dataset.simulate)
        for step in steps_in(dataset):
            yield step, f"the data set {dataset.name!r}", any(step is one for one in made)
    for stage in study.stages:
        called = () if "files" in stage.of else (stage.step, getattr(stage, "weights", None))
        for step in steps_in(stage):
            yield step, f"the stage {stage.name!r}", any(step is one for one in called)
