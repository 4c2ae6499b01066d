"""Base of every task of the project, before it knows any study: law's cures, and messages to users."""

from __future__ import annotations

from typing import Any, ClassVar

import law
import luigi

from analysis.learning.training.processor import divide_processor
from tasks.batch import side_by_side
from tasks.framework import due, law_cures, limits, mistakes, reporting
from tasks.framework import help as command_help
from tasks.framework.inputs import forget_listings
from tasks.framework.parameters import DepthParameter
from tasks.framework.settings import collect_garbage_rarely, limit_cores, studies_from_outside

__all__ = ["ProjectTask"]

law_cures.apply()
limit_cores()
divide_processor()
collect_garbage_rarely()
# tasks of a study from outside are imported from there
studies_from_outside()
reporting.install()
side_by_side.install()
# before processes are made
limits.install()
due.install()
command_help.install()
mistakes.install()


class ProjectTask(law.Task):
    """A task of the project."""

    exclude_index = True

    explain = DepthParameter(
        default="",
        significant=False,
        description="print the tree with keys and states, and why what is missing would be made anew: parameter, "
        "setting, file, input, or code with its difference; takes a depth (0: the task alone; default: the whole "
        "tree); nothing is run",
    )
    dry_run = luigi.BoolParameter(
        default=False,
        significant=False,
        description="print what would be made, with time and disk estimated from earlier records, and what would be "
        "downloaded; nothing is run",
    )

    interactive_params: ClassVar[list[str]] = [*law.Task.interactive_params, "explain", "dry_run"]

    def _explain(self, depth: str) -> None:
        from tasks.framework.explaining import explain

        due.decide_due([self])
        explain(self, depth)
        forget_listings()
        reporting.tell_pins()

    def _dry_run(self, _: Any) -> None:
        from tasks.framework.forecast import print_forecast

        due.decide_due([self])
        print_forecast(self)
        forget_listings()
        reporting.tell_pins()
