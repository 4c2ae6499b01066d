"""References between modules, as :mod:`analysis.provenance.scopes` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from analysis.provenance.definitions import Definition, digest
from analysis.provenance.modules import ModuleSource

__all__ = ["absolute", "code_of", "extended"]


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


def code_of(definitions: Iterable[Definition], source: ModuleSource) -> str:
    """Digest of statements and of what the names are that they import."""
    texts = [f"{one.digest} {one.after}" if one.after else one.digest for one in definitions]
    imported: set[str] = set()
    for one in definitions:
        for reference in one.references:
            name = reference.partition(".")[0]
            # what statements bind has a label of its own
            if "|" in reference or name in source.index:
                continue
            if targets := source.definitions.imports.get(name):
                imported.add(f"{name}={' '.join(absolute(target, source) for target in targets)}")
    # what is looked for in all of them
    imported.add(" ".join(absolute(star, source) for star in source.definitions.stars))
    return digest(" ".join([*texts, *sorted(imported)]))


@cache
def _absolute(reference: str, package: str) -> str:
    name = reference.lstrip(".")
    here = package.split(".")
    anchor = ".".join(here[: max(0, len(here) - (len(reference) - len(name)) + 1)])
    return f"{anchor}.{name}" if anchor and not name.startswith("|") else f"{anchor}{name}"
