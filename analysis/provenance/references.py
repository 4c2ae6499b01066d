"""References between modules, as :mod:`analysis.provenance.scopes` writes them."""

from __future__ import annotations

from functools import cache

from analysis.provenance.modules import ModuleSource

__all__ = ["absolute", "extended"]


def absolute(reference: str, source: ModuleSource) -> str:
    """A reference of a module without relative imports.

    Args:
        reference: ``module|name.attribute``; the module may begin with dots.
        source: the module that it stands in.
    """
    return _absolute(reference, source.package) if reference.startswith(".") else reference


def extended(target: str, names: list[str]) -> str:
    """A reference to attributes of what another reference means."""
    module, _, name = target.partition("|")
    return f"{module}|{'.'.join([*([name] if name else []), *names])}"


@cache
def _absolute(reference: str, package: str) -> str:
    name = reference.lstrip(".")
    here = package.split(".")
    anchor = ".".join(here[: max(0, len(here) - (len(reference) - len(name)) + 1)])
    return f"{anchor}.{name}" if anchor and not name.startswith("|") else f"{anchor}{name}"
