"""The order in which modules are imported, which counts where several of them do more than define names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from analysis.provenance.definitions import digest
from analysis.provenance.modules import module_source
from analysis.provenance.reach import IMPORT
from analysis.provenance.references import absolute

__all__ = ["with_order"]


def with_order(found: Mapping[str, str], root: str, imported: Collection[str]) -> dict[str, str]:
    """Digests by label, sorted; the order of effects is part of what importing the root does.

    Args:
        found: digest by label.
        root: module that is imported first.
        imported: all modules that are imported.
    """
    digests = dict(found)
    if sum(label.endswith(f":{IMPORT}") for label in found) > 1:
        order = [module for module in _in_order(root, imported) if f"{module}:{IMPORT}" in found]
        label = f"{root}:{IMPORT}"
        digests[label] = digest(" ".join([found.get(label, ""), *order]))
    return dict(sorted(digests.items()))


def _in_order(root: str, imported: Collection[str]) -> list[str]:
    """Modules in the order in which they are run, those that functions import at the end."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    # the last one is next; a module is run when all that it imports has been
    waiting = [*((module, False) for module in sorted(imported, reverse=True)), (root, False)]
    while waiting:
        module, is_ready = waiting.pop()
        if is_ready:
            found[module] = None
        elif module in imported and module not in seen:
            seen.add(module)
            waiting.append((module, True))
            if (source := module_source(module)) is not None:
                for reference in reversed(source.definitions.modules):
                    name, _, inner = absolute(reference.removeprefix("?"), source).partition("|")
                    waiting += [(f"{name}.{inner}", False), (name, False)]
            waiting.append((module.rpartition(".")[0], False))
    return list(found)
