"""References of a study to its code: functions by name, called with settings."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from analysis.errors import StudyError
from analysis.validated import override

__all__ = ["DIGEST", "NAN", "PRESENTATION", "Step"]

# marks a field that changes no result (a title, an address, a citation): it stays out of every key
PRESENTATION: dict[str, bool] = {"presentation": True}
# marks a field that may be long (thousands of files): keys and manifests hold a digest of it
DIGEST: dict[str, bool] = {"digest": True}
# marks a field that may be not-a-number, which else no key holds
NAN: dict[str, bool] = {"nan": True}


@dataclass(frozen=True)
class Step:
    """A function of a study, by name, and the settings it is called with.

    The name is resolved only when the step runs. Code, settings and the content of files all enter the key of what the
    step makes.

    Args:
        function: ``"package.module:function"``.
        settings: a frozen dataclass, passed as the function's argument ``settings``; ``None`` for no settings.
        files: paths of auxiliary files by name, which the function gets as its argument ``files`` (paths by name) and
            may only read. Relative ones are beside the function's module; ``~`` and ``file://`` serve, too.

    Examples:
        >>> Step("my_study.steps:weights", files={"pileup": "pileup.json"}).module
        'my_study.steps'
    """

    function: str
    settings: Any = None
    files: Mapping[str, str | Path] = field(default_factory=dict, hash=False)

    @property
    def module(self) -> str:
        """The module part of the function's name."""
        return self.function.partition(":")[0]

    def with_settings(self, changes: Mapping[str, str]) -> Step:
        """The same function with changed settings; see :func:`analysis.validated.override`.

        Raises:
            StudyError: there are no settings, or a name or a value is wrong; the message says what there is.
        """
        if self.settings is None:
            raise StudyError(f"{self.function} has no settings that could be changed")
        return replace(self, settings=override(self.settings, changes))

    def load(self) -> Callable[..., Any]:
        """Import and return the function, with its files where it has some.

        Raises:
            StudyError: the module or the function does not exist, or a file was edited since the key was decided.
        """
        module, _, name = self.function.partition(":")
        try:
            found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        except (ModuleNotFoundError, AttributeError, ValueError) as error:
            raise StudyError(
                f"the study's step {self.function!r} cannot be loaded: {error}",
                cure="write it as 'package.module:function', and install what the module imports",
            ) from error
        if not self.files:
            return found
        # not an import that fingerprints follow: how files are found decides no result
        return partial(found, files=importlib.import_module("analysis.provenance.auxiliary").lent(self))
