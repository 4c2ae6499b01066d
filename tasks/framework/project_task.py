"""Base of every task of the project, before it knows any study: law's cures, and messages to users."""

from __future__ import annotations

import law

from analysis.learning.processor import divide_processor
from tasks.batch import side_by_side
from tasks.framework import help as command_help
from tasks.framework import law_cures, mistakes, reporting
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
command_help.install()
mistakes.install()


class ProjectTask(law.Task):
    """A task of the project."""

    exclude_index = True
