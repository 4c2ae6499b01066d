"""Check a step of a study on some events: the same result always, of what is declared, and no input changed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.checking.calling import call, told
from analysis.checking.digests import compare, digests
from analysis.checking.digests import told as told_digests
from analysis.checking.halves import halves
from analysis.checking.other_process import OtherProcess
from analysis.checking.places import place_of
from analysis.checking.reading import UndeclaredFileWarning, reading
from analysis.checking.signature import arguments_of
from analysis.checking.words import and_more
from analysis.errors import DataError, ErumflowError, FitError
from analysis.provenance.auxiliary import located, steps_in
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms

__all__ = ["CHECKS", "Finding", "Row", "check_filled", "check_step", "in_words"]

#: what is checked, by name
CHECKS: dict[str, str] = {
    "call": "the step takes its arguments and returns",
    "enough": "there are enough events for it",
    "inputs": "the step changes no input",
    "files": "the step reads no file that no key knows",
    "value": "what comes back is what the stage declares",
    "again": "the same result when it runs again",
    "process": "the same result in another process",
    "halves": "the same result for the two halves of the events",
}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a step.

    Args:
        stage: name of the stage.
        step: ``"package.module:function"``.
        dataset: whose events it got; empty for none.
        check: that it does not pass, of :data:`CHECKS`.
        problem: what is wrong.
        file: of the study.
        line: in it.
        cure: what can be done.
    """

    stage: str
    step: str
    dataset: str
    check: str
    problem: str
    file: str
    line: int
    cure: str

    def __str__(self) -> str:
        line = f" ({self.file}, line {self.line})" if self.file else ""
        cure = f"\n  cure: {self.cure}" if self.cure else ""
        return f"{self.what}: {self.problem}{line}{cure}"

    @property
    def what(self) -> str:
        """The stage, and whose events it got."""
        return f"{self.stage} of {self.dataset}" if self.dataset else self.stage


def in_words(findings: Iterable[Finding]) -> Iterator[str]:
    """Tell findings; equal ones of other data sets or under shifts are named, not told again."""
    equal: dict[Finding, list[Finding]] = {}
    for one in findings:
        equal.setdefault(replace(one, stage="", dataset=""), []).append(one)
    for first, *others in equal.values():
        yield str(first)
        if others:
            yield f"  {and_more(len(others), (one.what for one in others))}"


@dataclass(frozen=True)
class Row:
    """A step that was checked, or why it was not.

    Args:
        stage: name of the stage.
        what: that it was checked on.
        seconds: that it took.
        findings: what is wrong.
        skipped: why it was not checked; empty if it was.
    """

    stage: str
    what: str
    seconds: float = 0.0
    findings: Sequence[Finding] = field(default=())
    skipped: str = ""

    def __str__(self) -> str:
        if self.skipped:
            return f"not checked  {self.stage} {self.what}: {self.skipped}"
        verdict = "FAULT" if self.findings else "good "
        return f"{verdict}        {self.stage} {self.what}  ({self.seconds:.1f} s)"


def check_filled(stage: str, histograms: Histograms) -> Iterator[Row]:
    """Find variables whose bins hold next to none of their events; nothing where all is well."""
    from analysis.histograms.losses import check_edges

    try:
        check_edges(histograms)
    except ErumflowError as error:
        yield Row(stage, "", 0.0, [Finding(stage, "", "", "value", error.problem, "", 0, error.cure)])


def check_step(
    step: Step,
    arguments: Mapping[str, Any],
    *,
    stage: str,
    dataset: str = "",
    check: Callable[[Any], Any] | None = None,
    combine: Callable[[Sequence[Any]], Any] | None = None,
    other: OtherProcess | None = None,
    again: bool = True,
) -> list[Finding]:
    """Run a step under guard.

    Args:
        step: to check.
        arguments: of its function, of a first chunk of events.
        stage: name of the stage.
        dataset: whose events these are.
        check: checks what comes back, such as :func:`~analysis.checking.events.check_events` with what the stage
            declares.
        combine: puts values of chunks together (a format's ``combine``): for steps whose result for some events must
            not depend on the others; ``None`` for all other steps.
        other: where the step runs once more; ``None`` leaves this out.
        again: whether the step runs a second time here.

    Returns:
        What is wrong, in the order of :data:`CHECKS`; nothing raises. A step that fails is not checked further.
    """
    run = _Run(step, arguments, stage, dataset)
    return list(run.check(check, combine, other, again))


@dataclass(frozen=True)
class _Run:
    step: Step
    arguments: Mapping[str, Any]
    stage: str
    dataset: str

    def check(
        self,
        check: Callable[[Any], Any] | None,
        combine: Callable[[Sequence[Any]], Any] | None,
        other: OtherProcess | None,
        again: bool,
    ) -> Iterator[Finding]:
        before = digests(dict(self.arguments))
        try:
            with reading({self.step.module.partition(".")[0]}, {**self.arguments, "files": self.declared}) as files:
                value = self.call(self.arguments)
        except ErumflowError as error:
            few = isinstance(error.__cause__, DataError | FitError)
            changes = any(words in error.problem for words in ("in place", "only lent"))
            yield self.failed("inputs" if changes else "enough" if few else "call", error)
            return
        if changed := compare(dict(self.arguments), told_digests(before)):
            yield self.finding("inputs", f"the step changes its inputs: {changed}", "work on a copy of them")
        if files:
            names = ", ".join(sorted(files)[:3])
            yield self.finding(
                "files",
                f"it reads {names}, which no key knows: when that changes, old records stay",
                "say files={...} in its Step, and open what the argument files has; or make it a data set",
            )
        good = True
        if check:
            try:
                with told(self.stage):
                    check(value)
            except ErumflowError as error:
                good = False
                yield self.failed("value", error)
        if again:
            yield from self.check_again(value)
        if other:
            yield from self.check_process(value, other)
        if combine:
            yield from self.check_halves(value, combine, good)

    def check_again(self, value: Any) -> Iterator[Finding]:
        try:
            if wrong := compare(value, self.call(self.arguments)):
                yield self.finding(
                    "again",
                    f"the result is another one when the step runs again: {wrong}",
                    "draw random numbers from a generator that is seeded with the events' identity, and keep nothing "
                    "from one call to the next",
                )
        except ErumflowError as error:
            yield self.failed("again", error, "when it runs again, ")

    def check_process(self, value: Any, other: OtherProcess) -> Iterator[Finding]:
        try:
            found = other.digests(self.step, self.arguments, stage=self.stage)
            if wrong := compare(value, told_digests(found)):
                yield self.finding(
                    "process",
                    f"the result is another one in another process: {wrong}",
                    "sort what comes from a set or from hash(), and use neither clock, nor environment, nor id()",
                )
        except ErumflowError as error:
            yield self.failed("process", error, "in another process, ")

    def check_halves(self, value: Any, combine: Callable[[Sequence[Any]], Any], good: bool) -> Iterator[Finding]:
        cut = halves(self.arguments)
        if cut is None:
            return
        parts = []
        for half in cut:
            try:
                parts.append(self.call(half))
            except ErumflowError as error:
                yield self.failed("halves", error, "with half of the events, ")
                return
        try:
            whole = combine(parts)
        except Exception as error:  # values of any kind
            if not good:
                return
            yield self.finding(
                "halves",
                f"the results of two halves of the events cannot be put together: {type(error).__name__}: {error}",
                "return the same fields and types for any events",
            )
            return
        if wrong := compare(value, whole):
            yield self.finding(
                "halves",
                f"the result depends on which events come together: {wrong}",
                "take nothing from the other events of the chunk (mean, maximum, order, number); derive it in a stage "
                "per data set or study",
            )

    @property
    def declared(self) -> list[Path]:
        return [path for step in steps_in(self.step) for path in located(step).values()]

    def call(self, arguments: Mapping[str, Any]) -> Any:
        with warnings.catch_warnings():
            # it is a fault here
            warnings.simplefilter("ignore", UndeclaredFileWarning)
            return call(self.step, arguments, stage=self.stage)

    def failed(self, check: str, error: ErumflowError, when: str = "") -> Finding:
        # the table has columns for the stage and the line
        problem = error.problem.removeprefix(f"the stage {self.stage!r} failed: ")
        place = place_of(error.__cause__, {self.step.module.partition(".")[0]}) if error.__cause__ else None
        if place and place.own:
            text = problem.replace(f" ({place})", "")
            return self.finding(check, when + text, error.cure, place.file, place.line)
        return self.finding(check, when + problem, error.cure)

    def finding(self, check: str, problem: str, cure: str, file: str = "", line: int = 0) -> Finding:
        if not file:
            file, line = self.defined
        return Finding(self.stage, self.step.function, self.dataset, check, problem, file, line, cure)

    @property
    def defined(self) -> tuple[str, int]:
        try:
            found = arguments_of(self.step)
        except ErumflowError:
            return self.step.module, 0
        module = found.function.partition(":")[0]
        depth = module.count(".") + 1 + found.file.endswith("__init__.py")
        return "/".join(found.file.split("/")[-depth:]), found.line
