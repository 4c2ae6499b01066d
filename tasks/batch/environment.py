"""Environment of jobs from the submitting side: code, variables, folders, credentials that last as long as they do."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from law.config import Config

from analysis.settings import folders_in
from analysis.variables import PROJECT, taken_over
from tasks.batch.resources import Resources
from tasks.batch.sites import Site
from tasks.batch.systems.system import Job
from tasks.framework.settings import base_folder, stores, studies_from_outside

__all__ = ["check_credentials_for", "job_folders", "job_variables", "project_job"]

# brings a job from the worker's bare shell to the project's Python
SCRIPT = Path(__file__).with_name("job.sh")
# how long an answer about credentials holds (s): they are asked about for every task
HOLDS = 60.0


def project_job(
    site: Site,
    name: str,
    *,
    request: Path,
    log: Path,
    resources: Resources,
    code: Callable[[], Path],
    more: tuple[Path, ...] = (),
    module: str = "",
    lent: Iterable[Path] = (),
) -> Job:
    """A job that runs a module of the project, as the site's environment has it.

    Args:
        site: where.
        name: of the job.
        request: file that tells the module what to do.
        log: of the job; in a shared environment, it starts in its folder.
        resources: what it asks for.
        code: makes the file of the project's code, for a bundle.
        more: files that a bundle brings besides.
        module: that is run; empty for the worker.
        lent: files that steps of the study declare, which a shared environment reads where they lie.
    """
    shared = site.environment == "shared"
    if shared:
        base = base_folder()
        # somebody's own environment serves as it is; the project's is looked after by setup.sh
        python = "-" if Path(sys.prefix) == base / ".venv" else sys.executable
        words = [str(SCRIPT), "shared", str(base), python, str(request)]
        files: tuple[Path, ...] = ()
    else:
        bundle = code()
        words = [SCRIPT.name, "bundle", bundle.name, site.scratch, request.name]
        files = (SCRIPT, bundle, request, *more)
    own = {"ERUMFLOW_JOB_GPUS": str(resources.gpus)} | ({"ERUMFLOW_JOB_MODULE": module} if module else {})
    return Job(
        name=name,
        command=("/bin/bash", *words),
        environment=job_variables(site) | own,
        resources=resources,
        log=log,
        folder=log.parent if shared else None,
        files=files,
        folders=job_folders(site, lent),
    )


def job_variables(site: Site) -> dict[str, str]:
    """The variables that jobs of a site get of this process and its law.cfg."""
    root = os.environ.get("ERUMFLOW_STORE") or Config.instance().get_expanded("store", "root", "data")
    # where a bundle is unpacked, other folders of this machine's are none
    variables = (*PROJECT, "ERUMFLOW_COMPILED", "PYTHONPATH") if site.environment == "shared" else PROJECT
    named = {name: value for name, value in taken_over(variables).items() if value}
    # for a job, a relative name would be relative to something else
    local = root if re.match(r"[a-z0-9]+://", root) else str(base_folder() / os.path.expanduser(root))
    return {"ERUMFLOW_STORE": local, **named, **site.taken_over()}


def job_folders(site: Site, lent: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The folders of this machine that a container has to show to jobs, at the same paths; none without a container.

    Args:
        site: where.
        lent: see :func:`project_job`.

    Raises:
        StudyError: a store in law.cfg is not described as it should be.
        StoreError: an address is none that can be used.
    """
    if not site.container:
        return ()
    used = [Path(url) for store in stores() if "://" not in (url := store.url(""))]
    for folder in used:
        # nobody can be shown what is not there
        folder.mkdir(parents=True, exist_ok=True)
    if site.environment == "shared":
        used += [base_folder(), Path(sys.prefix)]
        more = [str(folder) for folder in folders_in(os.environ.get("ERUMFLOW_MIRROR", ""))]
        more += os.environ.get("PYTHONPATH", "").split(os.pathsep)
        more += map(str, studies_from_outside().folders)
        used += [folder for name in more if name and (folder := Path(name).expanduser().absolute()).is_dir()]
        used += [file.parent for file in lent if not any(map(file.is_relative_to, used))]
    return tuple(dict.fromkeys(used))


def check_credentials_for(urls: Iterable[str], needed: float) -> None:
    """See that what opens stores has not expired, and will not before it is needed for the last time.

    Args:
        urls: addresses of stores; folders need nothing.
        needed: seconds from now.

    Raises:
        CredentialsError: a token, a proxy or keys; the message names it.
    """
    for url in urls:
        if "://" in url:
            _check(url, needed, int(time.monotonic() / HOLDS))


@cache
def _check(url: str, needed: float, moment: int) -> None:
    from analysis.provenance.remote.credentials import check_credentials

    check_credentials(url, needed=needed)
