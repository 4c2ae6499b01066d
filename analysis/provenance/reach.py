"""Everything that a definition reaches: by name, across modules, and by importing them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache, partial

from analysis.errors import StudyError
from analysis.provenance.definitions import Definition, digest
from analysis.provenance.distributions import content_of, name_of
from analysis.provenance.import_effects import statements_with_effects
from analysis.provenance.modules import ModuleSource, compiled_module, is_namespace, module_source
from analysis.provenance.origin import is_first_party, unlocked_distribution
from analysis.provenance.plumbing import is_left_out, may_be_dynamic
from analysis.provenance.references import absolute, code_of, extended

__all__ = ["IMPORT", "Reach"]

#: label of what importing a module does besides defining names
IMPORT = "(import)"
# every module has these
_GIVEN = {"__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__path__", "__spec__"}


class Reach:
    """Collect all that given definitions reach.

    Args:
        installed: top-level packages that are installed and followed all the same: those of the study's distribution.
        of_tasks: whether a task reaches it.
    """

    def __init__(self, installed: frozenset[str] = frozenset(), *, of_tasks: bool = False) -> None:
        #: digest by label
        self.found: dict[str, str] = {}
        #: what cannot be followed, by file and line
        self.doubts: dict[tuple[str, int], str] = {}
        #: modules that are run
        self.imported: set[str] = set()
        # packages of which all counts that is imported of them
        self._packages: set[str] = set()
        self._subclasses = False
        self._installed, self._of_tasks = installed, of_tasks
        self._seen: set[tuple[str, ...]] = set()
        self._waiting: list[partial[None]] = []

    def add(self, module: str, name: str = "") -> None:
        """Add a definition of a module, or all of the module, and everything that it reaches.

        Raises:
            StudyError: a module does not exist or cannot be read.
        """
        self._attribute(module, [name] if name else [])
        self._finish()

    def add_code(self, label: str, definitions: list[Definition], source: ModuleSource) -> None:
        """Add statements of a class's body and everything that they reach; raises as :meth:`add` does."""
        self.found[label] = code_of(definitions, source)
        self._run(source.name)
        self._use(label, definitions, source)
        self._finish()

    def _finish(self) -> None:
        while self._waiting:
            self._waiting.pop()()

    def _is_new(self, *what: str) -> bool:
        if what in self._seen:
            return False
        self._seen.add(what)
        return True

    def _follows(self, module: str) -> bool:
        top = module.partition(".")[0]
        if not (top in self._installed or is_first_party(top)):
            self._note_distribution(top)
            return False
        return not is_left_out(module, of_tasks=self._of_tasks)

    def _note_distribution(self, top: str) -> None:
        if (info := unlocked_distribution(top)) is not None:
            self.found[f"distribution {name_of(info)}"] = content_of(info)

    def _attribute(self, module: str, names: list[str]) -> None:
        """Follow an attribute of a module; the whole module where there are no names."""
        if not self._is_new("attribute", module, *names) or not self._follows(module):
            return
        source = module_source(module)
        if source is None and compiled_module(module) is None:
            if names and is_namespace(module):
                if _exists(inner := f"{module}.{names[0]}"):
                    self._attribute(inner, names[1:])
                return
            raise StudyError(f"the module {module!r} does not exist", cure="correct its name, or install its package")
        self._run(module)
        if source is None:
            return
        if not names:
            self._whole(source)
            return
        name, rest = names[0], names[1:]
        bound = self._bound(source, name, rest)
        inner = f"{module}.{name}"
        # it may be the one or the other: importing the inner one replaces what the package binds
        if source.is_package and _exists(inner):
            self._attribute(inner, rest)
        elif not bound and not (self._of_star(source, name, rest) or name in _GIVEN):
            if source.binds("__getattr__"):
                self._bound(source, "__getattr__", [])
            else:
                self._whole(source)

    def _bound(self, source: ModuleSource, name: str, rest: list[str]) -> bool:
        """Follow what a module binds a name to, for another module; whether it binds it."""
        if targets := source.definitions.imports.get(name, []):
            if self._is_new("passed on", source.name, name) and name not in source.index:
                self.found[f"{source.name}:{name}"] = digest(" ".join(absolute(target, source) for target in targets))
            for target in targets:
                self._reference(extended(target, rest), source)
        if name in source.index:
            self._define(source, name)
        return source.binds(name)

    def _of_star(self, source: ModuleSource, name: str, rest: list[str]) -> bool:
        """Follow a name to the module that all names are imported from; whether it is there."""
        found = False
        for star in source.definitions.stars if self._is_new("star", source.name, name, *rest) else ():
            module = absolute(star, source).partition("|")[0]
            if not self._follows(module) or (other := module_source(module)) is None:
                continue
            if self._bound(other, name, rest) or self._of_star(other, name, rest):
                found = True
            elif name in other.definitions.exports and _exists(inner := f"{module}.{name}"):
                self._attribute(inner, rest)
                found = True
            if other.definitions.exports:
                self.found[f"{module}:__all__"] = digest(" ".join(other.definitions.exports))
        return found

    def _define(self, source: ModuleSource, name: str) -> None:
        if self._is_new("define", source.name, name):
            definitions = source.index[name]
            label = f"{source.name}:{name}"
            self.found[label] = code_of(definitions, source)
            self._waiting.append(partial(self._use, label, definitions, source))

    def _whole(self, source: ModuleSource) -> None:
        if source.is_package:
            self._packages.add(source.name)
            for module in sorted(self.imported):
                if module.startswith(f"{source.name}."):
                    self._attribute(module, [])
        for name in source.index:
            self._define(source, name)
        for name, targets in source.definitions.imports.items():
            modules = [absolute(target, source).replace("|", ".").strip(".") for target in targets]
            # what it passes on: definitions, and modules of its own package
            if not all(map(_exists, modules)) or any(one.startswith(f"{source.name}.") for one in modules):
                self._bound(source, name, [])
        for star in source.definitions.stars:
            self._reference(star, source)

    def _use(self, label: str, definitions: Iterable[Definition], source: ModuleSource) -> None:
        for one in definitions:
            for reference in one.references:
                # another task, whose records are inputs with keys of their own
                if not (self._of_tasks and reference.endswith(".req")):
                    self._refer(reference, source)
            for module in one.modules:
                self._import(module, source)
            for text in one.strings:
                self._named(*text.split(":"))
            if one.everything:
                self._attribute(source.name, [])
            if one.subclasses and not self._subclasses:
                self._subclasses = True
                for module in sorted(self.imported):
                    self._define_classes(module)
            if not may_be_dynamic(label):
                self.doubts |= {(str(source.path), line): what for line, what in one.doubts}

    def _named(self, module: str, name: str) -> None:
        """Follow the name of a function in a string, if it is one."""
        top = module.partition(".")[0]
        if (top in self._installed or is_first_party(top)) and _exists(module):
            self._attribute(module, [name])

    def _refer(self, reference: str, source: ModuleSource) -> None:
        if "|" in reference:
            self._reference(reference, source)
            return
        name, *rest = reference.split(".")
        if name in source.index:
            self._define(source, name)
        if targets := source.definitions.imports.get(name):
            for target in targets:
                self._reference(extended(target, rest), source)
        if source.definitions.stars:
            self._of_star(source, name, rest)

    def _reference(self, reference: str, source: ModuleSource) -> None:
        module, _, names = absolute(reference, source).partition("|")
        if module_source(module) is None and compiled_module(module) is None and not is_namespace(module):
            # what is tried and not there is told where it has to be there
            self._follows(module)
            return
        self._attribute(module, [name for name in names.split(".") if name and name != "*"])

    def _import(self, reference: str, source: ModuleSource) -> None:
        """Run what an import statement runs."""
        optional = reference.startswith("?")
        module, _, name = absolute(reference.removeprefix("?"), source).partition("|")
        if not self._follows(module):
            return
        if module_source(module) is None and compiled_module(module) is None and not is_namespace(module):
            if optional:
                return
            raise StudyError(f"{source.path} imports {module!r}, which does not exist", cure="correct the import")
        self._run(module)
        starred = module_source(module) if name == "*" else None
        exported = starred.definitions.exports if starred else [name]
        for one in exported:
            if one and _exists(f"{module}.{one}"):
                self._run(f"{module}.{one}")

    def _run(self, module: str) -> None:
        """Note that a module is imported, and with it its packages and what these and it import."""
        if module in self.imported:
            return
        self.imported.add(module)
        parent = module.rpartition(".")[0]
        if parent:
            self._run(parent)
        if is_left_out(module, of_tasks=self._of_tasks):
            return
        source = module_source(module)
        if source is None:
            if (file := compiled_module(module)) is not None:
                self.found[module] = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
            return
        self._waiting.append(partial(self._run_statements, source))
        if any(module.startswith(f"{package}.") for package in self._packages):
            self._attribute(module, [])
        if self._subclasses:
            self._define_classes(module)

    def _define_classes(self, module: str) -> None:
        if (source := module_source(module) if self._follows(module) else None) is None:
            return
        for name in {name for one in source.definitions.statements if one.kind == "class" for name in one.names}:
            self._define(source, name)

    def _run_statements(self, source: ModuleSource) -> None:
        followed, foreign = _imports_of(source, self._installed)
        for reference in followed:
            self._import(reference, source)
        for one in foreign:
            self._follows(one.rpartition("|")[0])
        effects = statements_with_effects(source, self._installed)
        if effects or foreign:
            label = f"{source.name}:{IMPORT}"
            self.found[label] = digest(" ".join([code_of(effects, source), *foreign]))
            self._use(label, effects, source)


@cache
def _imports_of(source: ModuleSource, installed: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Imports of a module that are followed, and those that only others' modules need for what they do."""
    found = source.definitions
    references = {absolute(one.removeprefix("?"), source): one for one in found.modules}
    # others' packages count where they are used
    followed = tuple(one for name, one in references.items() if _is_followed(name, installed))
    unused = sorted(absolute(one, source) for one in found.unused)
    return followed, tuple(one for one in unused if not (_is_followed(one, installed) or _is_pythons(one)))


@cache
def _exists(module: str) -> bool:
    return module_source(module) is not None or compiled_module(module) is not None


def _is_followed(reference: str, installed: frozenset[str]) -> bool:
    top = reference.partition("|")[0].partition(".")[0]
    return top in installed or is_first_party(top)


def _is_pythons(reference: str) -> bool:
    return reference.partition("|")[0].partition(".")[0] in sys.stdlib_module_names
