"""A capsule run again, with the verdict as a record."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Any

import luigi

from analysis.errors import PreservationError
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from analysis.settings import sections_of
from tasks.framework import reporting
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import base_folder, store
from tasks.framework.targets import RecordTarget, remove_record

__all__ = ["RerunStudy"]

VERDICT = "verdict.json"


class RerunStudy(ProjectTask):
    """Run a capsule again, in an environment and a store made anew, and compare every number with the preserved one.

    The exit status is 0 only if all agree. The verdict is a record; remove it (--remove-output 0,a,y) to run again.
    """

    capsule = luigi.Parameter(description="file of the capsule")
    folder = luigi.Parameter(
        default="", significant=False, description="for all that is made; default: NAME-rerun, where the command runs"
    )
    mirror = luigi.Parameter(
        default="",
        significant=False,
        description="folders with copies of the inputs, for where they cannot be had, with colons between them; "
        "default: $ERUMFLOW_MIRROR",
    )
    workflow = luigi.ChoiceParameter(
        default="",
        choices=("", "htcondor", "slurm"),
        significant=False,
        description="batch system that jobs go to; default: this machine",
    )
    site = luigi.Parameter(
        default="",
        significant=False,
        description="section of law.cfg or law_user.cfg that jobs go to; default: that of the workflow",
    )
    no_network = luigi.BoolParameter(
        default=False, significant=False, description="run where no network is; needs bubblewrap"
    )
    container = luigi.BoolParameter(
        default=False,
        significant=False,
        description="run where the folder and the mirrors are seen and nothing else of yours; needs bubblewrap",
    )
    variables = luigi.Parameter(
        default="",
        significant=False,
        description="names of environment variables that the capsule's code is given besides those that every program "
        "needs, with commas between them; default: none",
    )
    only_verify = luigi.BoolParameter(
        default=False,
        significant=False,
        description="run nothing: compare records that are in this store with the capsule's digests",
    )
    add = luigi.Parameter(
        default="", significant=False, description="file for a copy of the capsule with the verdict; default: none"
    )

    verified = False

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Look into the capsule.

        Raises:
            PreservationError: there is none, or it is damaged.
        """
        params = super().modify_param_values(params)
        params["capsule"] = str(Path(params["capsule"]).expanduser().absolute())
        _study_and_digest(Path(params["capsule"]))
        return params

    @property
    def file(self) -> Path:
        """The capsule."""
        return Path(self.capsule)

    @property
    def copy(self) -> Path:
        """Path of the capsule's copy with the verdict."""
        return Path(self.add).expanduser().absolute()

    @cached_property
    def record(self) -> Record:
        """Of the verdict that all numbers agree; see :meth:`record_of`."""
        return self.record_of("agrees")

    def record_of(self, outcome: str) -> Record:
        """Of a verdict; its key is that of the capsule's digest.

        Args:
            outcome: ``agrees`` or ``differs``.
        """
        study, _ = _study_and_digest(self.file)
        return Record(store(), f"{study}/RerunStudy/{outcome}-{self._parts().key()}", "", (VERDICT,))

    def _parts(self) -> KeyParts:
        _, digest = _study_and_digest(self.file)
        return KeyParts("RerunStudy", {"capsule": digest})

    def complete(self) -> bool:
        if self.only_verify:
            return self.verified
        return self._known() and not (self.add and not self.copy.exists())

    def _known(self) -> bool:
        """Whether the capsule was run again and all agreed."""
        return bool(super().complete())

    def output(self) -> Any:
        return [] if self.only_verify else RecordTarget(self.record)

    def run(self) -> None:
        if self.only_verify:
            self._verify()
            return
        if not self._known():
            self._rerun()
        if self.add:
            from analysis.preservation.adding import with_verdict

            with_verdict(self.file, self.record.path(VERDICT).read_bytes(), self.copy)

    def _verify(self) -> None:
        from analysis.preservation import command

        if command.main([str(self.file), "--only-verify", "--store", str(_folder_of(self.record))]) != command.AGREES:
            raise PreservationError(
                "records of this store are not those of the capsule; which, stands above",
                cure="the capsule itself says why: python3 CAPSULE runs it again",
            )
        self.verified = True

    def _rerun(self) -> None:
        from analysis.preservation import command, verdict

        folder = Path(self.folder or command.folder_for(self.file)).expanduser().absolute()
        options = [f"--folder={folder}"]
        options += [f"--{name}={value}" for name in ("mirror", "workflow", "site") if (value := getattr(self, name))]
        options += [f"--variables={self.variables}"] if self.variables else []
        options += [f"--{name.replace('_', '-')}" for name in ("no_network", "container") if getattr(self, name)]
        # sites that are known here
        own = base_folder() / "law_user.cfg"
        options += [f"--settings={own}"] if self.workflow and sections_of(own, ("site_",)) else []
        status = command.main([str(self.file), *options])
        if status not in (command.AGREES, command.DIFFERS):
            raise PreservationError(
                f"the rerun of {self.file} did not come to its end",
                cure=f"what is wrong stands above; what was made is in {folder}",
            )
        outcome = "agrees" if status == command.AGREES else "differs"
        record = self.record_of(outcome)
        remove_record(record)
        with record.writing(lambda: reporting.waiting(record)) as draft:
            if draft is not None:
                draft.parts = self._parts()
                draft.path(VERDICT).write_bytes((folder / verdict.FILE).read_bytes())
        if outcome == "differs":
            raise PreservationError(
                f"the rerun of {self.file} gives other numbers",
                cure=f"where they begin to differ stands above; the verdict is {record.address}, the rest in {folder}",
            )

    def summary(self) -> Any:
        yield "capsule", str(self.file)
        if not self.only_verify:
            yield "verdict", self.record.store.url(self.record.place, VERDICT)
        if self.add:
            yield "with the verdict", str(self.copy)


@cache
def _study_and_digest(capsule: Path) -> tuple[str, str]:
    """Of a capsule whose every member is what it says."""
    from analysis.preservation.rerunning import checked
    from analysis.preservation.stored import sha256_of

    return checked(capsule).study, sha256_of(capsule.resolve())


def _folder_of(record: Record) -> Path:
    address = record.store.url("")
    folder = Path(address)
    if "://" in address or not folder.is_dir():
        raise PreservationError(
            f"the records of {address} cannot be verified where they are", cure="copy them to a folder: ERUMFLOW_STORE"
        )
    return folder
