"""Sites: named batch systems with their resources and habits, from law.cfg's sections ``[site_NAME]``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from law.config import Config

from analysis.errors import BatchError
from tasks.batch.resources import Resources, configured, unknown_option
from tasks.batch.systems.system import BatchSystem
from tasks.framework.settings import base_folder

__all__ = ["Site", "System", "batch_system", "site_named", "site_names"]

System = Literal["local", "htcondor", "slurm"]
Environment = Literal["shared", "bundle"]


@dataclass(frozen=True)
class Site:
    """A named batch system.

    Args:
        name: of the section, without ``site_``.
        system: ``local`` (processes of this machine), ``htcondor`` or ``slurm``.
        pool: HTCondor: address of the central manager, if it is not the default one.
        schedd: HTCondor: name of the scheduler to submit to, if it is not the default one.
        partition: Slurm: partitions, as ``sbatch --partition`` takes them.
        qos: Slurm: quality of service.
        account: who is charged: Slurm's account, HTCondor's accounting group.
        environment: ``shared``: workers see the project's folder and its setup.sh; ``bundle``: code and lock travel
            through the store, and a worker makes the environment itself.
        container: image that jobs run in: HTCondor's container universe; else the apptainer command.
        container_options: options of the apptainer command, such as binds.
        prepare: shell lines that a worker runs before anything else, such as ``module load python``.
        scratch: folder on the worker for files that need not last; variables are the worker's.
        first_poll: seconds between the first queries after a submission.
        last_poll: seconds between queries in the long run.
        logs: folder for logs and job descriptions on the submitting side; relative to the project's folder.
        resources: what a job asks for unless its task or law.cfg says otherwise; in law.cfg the options ``cpus``,
            ``memory`` (MB), ``disk`` (MB), ``runtime`` (s) and ``gpus``.
        submit_lines: more lines for HTCondor's description, or more options of sbatch, one a line.
        variables: names of environment variables that jobs take over from the submitting shell.
        command_prefix: what commands of the batch system begin with, such as ``ssh login.cluster``.
        slots: local: processor cores that jobs may use together; 0 for all of the machine.
        timeout: seconds after which a command of the batch system counts as unanswered.
    """

    name: str
    system: System = "local"
    pool: str = ""
    schedd: str = ""
    partition: str = ""
    qos: str = ""
    account: str = ""
    environment: Environment = "shared"
    container: str = ""
    container_options: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    scratch: str = "${TMPDIR:-/tmp}"
    first_poll: float = 1.0
    last_poll: float = 30.0
    logs: Path = Path("jobs")
    resources: Resources = field(default_factory=Resources)
    submit_lines: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    command_prefix: tuple[str, ...] = ()
    slots: int = 0
    timeout: float = 60.0
