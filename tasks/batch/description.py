"""Shell lines that a worker runs for a job, and the quoting of words that batch systems ask for."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.sites import Site
from tasks.batch.systems.system import Job

__all__ = ["condor_description", "slurm_options", "slurm_script", "start_lines"]

# jobs have no PATH of their own
PATH = "/usr/local/bin:/usr/bin:/bin"
# nor always these
WHO = ('export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}" USER="${USER:-$(id -un)}"',)
NAME_ATTRIBUTE = "ErumflowJob"


# what a batch system gives a job that a container has to have, too
KEPT_VARIABLES = ("CUDA_VISIBLE_DEVICES",)


def command_line(job: Job, site: Site) -> str:
    """The job's command for a shell, run by apptainer if the site has a container.

    Inside are the job's own variables and no others of the worker's, and at the same paths the folders that it uses:
    its own, those that it names, and the scratch folder.
    """
    command = shlex.join(job.command)
    if not site.container:
        return command
    used = dict.fromkeys([*([job.folder, job.log.parent] if job.folder else []), *job.folders])
    bound = [folder for folder in used if not any(folder.is_relative_to(other) for other in used if other != folder)]
    options = [*(f"--bind={folder}" for folder in bound), *(["--nv"] if job.resources.gpus else [])]
    # a folder of the worker in the worker's words; the job reads the same words inside
    words = re.findall(r"\$\{?(\w+)", site.scratch)
    kept = [f'${{{name}+"{name}=${name}"}}' for name in dict.fromkeys([*KEPT_VARIABLES, *words])]
    return " ".join(
        [
            "apptainer exec --cleanenv",
            f'--bind="{site.scratch}" --pwd="$PWD"',
            shlex.join([*options, *site.container_options, site.container, "env"]),
            *kept,
            shlex.join(f"{name}={value}" for name, value in job.environment.items()),
            command,
        ]
    )


def prepare_lines(site: Site) -> list[str]:
    """The site's own lines of shell; one that fails ends the job and is named."""
    said = 'printf "job: a line of prepare failed with exit code %s: %s\\n" "$code"'
    return [
        f'eval {quoted} || {{ code=$?; {said} {quoted} >&2; exit "$code"; }}'
        for quoted in map(shlex.quote, site.prepare)
    ]


def start_lines(job: Job, site: Site) -> list[str]:
    """Lines of shell that start a job's command in its folder, or in a fresh one that they remove in the end."""
    command = command_line(job, site)
    if job.folder is not None:
        # the command takes the shell's place: its signals and its end are the job's
        return [f"cd {shlex.quote(str(job.folder))} || exit 1", *prepare_lines(site), f"exec {command}"]
    files = shlex.join(str(file) for file in job.files)
    return [
        f'folder="$(mktemp -d "{site.scratch}/job.XXXXXXXX")" || exit 1',
        "trap 'rm -rf \"$folder\"' EXIT",
        *([f'cp {files} "$folder" || exit 1'] if files else []),
        'cd "$folder" || exit 1',
        *prepare_lines(site),
        f"{command} &",
        "child=$!",
        # who ends a job sends its signal to the shell
        "trap 'kill -TERM \"$child\" 2>/dev/null' TERM INT",
        'wait "$child"; code=$?',
        'while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done',
        'cd /; exit "$code"',
    ]


# --- HTCondor ---------------------------------------------------------------------------------------------------------


def _condor_text(text: str) -> str:
    """A text in which nothing is a macro or a function of the description; a lone ``$`` is none."""
    return re.sub(r"\$(?=\w*\()", "$(DOLLAR)", text)


def _condor_quoted(words: list[str]) -> str:
    """Words in the syntax of ``arguments`` and ``environment``: all in double quotes, each in single ones."""
    single = ["'" + word.replace("'", "''") + "'" for word in words]
    return '"' + _condor_text(" ".join(single).replace('"', '""')) + '"'


def condor_description(jobs: list[Job], site: Site) -> str:
    """The description of jobs for condor_submit: one cluster, one ``queue`` a job.

    Raises:
        BatchError: a text cannot be written down in a description.
    """
    lines = [
        f"universe = {'container' if site.container else 'vanilla'}",
        *([f"container_image = {site.container}"] if site.container else []),
        "executable = /bin/sh",
        "transfer_executable = False",
        # no getenv: it would write the whole environment, secrets included, into what everybody can read;
        # no max_retries: retries are counted in one place, by the workflow
        "getenv = False",
        "notification = Never",
        # a scheduler that is away for a while finds its jobs again
        "job_lease_duration = 2400",
        *([f"accounting_group = {site.account}"] if site.account else []),
    ]
    own = ["input", "output", "error", "log", "queue"]
    if bad := [line for line in site.submit_lines if line.split("=")[0].split()[0].lower() in own]:
        raise BatchError(
            f"site {site.name!r}: submit_lines cannot set {bad[0].split('=')[0].strip()}; every job has its own",
            cure=f"take it out of [site_{site.name}]",
        )
    lines += site.submit_lines
    for job in jobs:
        lines += _condor_job(job, site)
    return "\n".join(lines) + "\n"


def _condor_job(job: Job, site: Site) -> list[str]:
    resources = job.resources
    shared = job.folder is not None
    # the log is opened by the shell on the worker, and goes on where it was when the job is started anew
    begin = ['exec >>"$0" 2>&1' if shared else "exec 2>&1", *WHO]
    script = "; ".join([*begin, *prepare_lines(site), 'exec "$@"'])
    words = ["-c", script, str(job.log), *job.command]
    environment = {"PATH": PATH, **job.environment}
    for text in [*words, *environment.values()]:
        # there is no way to write this down
        if re.search(r"\$\$\w*[(\[]", text):
            raise BatchError(f"job {job.name}: HTCondor would fill in a machine's attribute in {text[:80]!r}")
    files = ", ".join(str(file) for file in job.files)
    place = (
        [
            "should_transfer_files = NO",
            f"initialdir = {_condor_text(str(job.folder))}",
            "output =",
            "transfer_input_files =",
        ]
        if shared
        else [
            "should_transfer_files = YES",
            "when_to_transfer_output = ON_EXIT",
            'transfer_output_files = ""',
            f"transfer_input_files = {_condor_text(files)}",
            f"initialdir = {_condor_text(str(job.log.parent))}",
            f"output = {_condor_text(str(job.log))}",
        ]
    )
    return [
        f'MY.{NAME_ATTRIBUTE} = "{job.name}"',
        f"batch_name = {job.name}",
        f"arguments = {_condor_quoted(words)}",
        f"environment = {_condor_quoted([f'{name}={value}' for name, value in environment.items()])}",
        *place,
        f"request_cpus = {resources.cpus}",
        f"request_memory = {resources.memory} MB",
        f"request_disk = {resources.disk} MB",
        f"request_gpus = {resources.gpus}" if resources.gpus else "request_gpus =",
        # not allowed_execute_duration: 23.9 looks at that only now and then
        f"allowed_job_duration = {resources.runtime}",
        # what CERN reads; whatever begins with Request would have to be a resource of the machine
        f"MY.MaxRuntime = {resources.runtime}",
        "queue",
    ]


# --- Slurm ------------------------------------------------------------------------------------------------------------


def slurm_options(job: Job, site: Site, output: Path) -> list[str]:
    """Options of sbatch that jobs submitted together have in common.

    Args:
        job: one of them.
        site: where they go.
        output: pattern of the file that a job's streams begin in.
    """
    resources = job.resources
    hours, rest = divmod(resources.runtime, 3600)
    minutes, seconds = divmod(rest, 60)
    return [
        f"--job-name={job.name}",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={resources.cpus}",
        f"--mem={resources.memory}M",
        f"--time={hours}:{minutes:02d}:{seconds:02d}",
        *([f"--gres=gpu:{resources.gpus}"] if resources.gpus else []),
        *([f"--partition={site.partition}"] if site.partition else []),
        *([f"--qos={site.qos}"] if site.qos else []),
        *([f"--account={site.account}"] if site.account else []),
        f"--output={output}",
        # the same job is started again after its node failed or it was preempted, and goes on in the same log
        "--requeue",
        "--open-mode=append",
        # nothing of the submitting shell travels
        "--export=NIL",
        *site.submit_lines,
    ]


def slurm_script(jobs: list[Job], site: Site) -> str:
    """The script of jobs that are submitted together: each finds its own lines by its number in the array."""
    lines = [
        "#!/bin/sh",
        f"export PATH={PATH}",
        *WHO,
        'case "$SLURM_ARRAY_TASK_ID" in',
    ]
    for index, job in enumerate(jobs):
        lines += [
            f"{index})",
            # the name changes, the file stays the one that Slurm writes its own messages to
            f"log={shlex.quote(str(job.log))}",
            f'started={shlex.quote(str(job.log.parent))}/.slurm-"$SLURM_ARRAY_JOB_ID"_{index}.log',
            'if [ -f "$log" ]; then exec >>"$log" 2>&1; rm -f "$started"; else mv "$started" "$log"; fi',
            *(f"export {name}={shlex.quote(value)}" for name, value in job.environment.items()),
        ]
        lines += [*start_lines(job, site), ";;"]
    return "\n".join([*lines, "esac", ""])
