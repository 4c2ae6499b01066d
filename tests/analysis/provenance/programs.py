"""Small programs that really run: packages whose definitions use each other in all the ways that Python knows.

A program is a list of definitions, spread over modules of two packages and a single file. Each definition has numbers
of its own and uses earlier ones; all of them come down to integers, so that the program's result tells whether any of
them changed. How a definition is written and how it is imported are tables of templates.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field

from tests.analysis.provenance.definitions import CHANGES, DEFINITIONS, USES

__all__ = ["ENTRY", "MODULES", "STYLES", "Definition", "Effect", "Program", "Use"]

# in the order in which they may use each other
MODULES = ("farm", "farm.a", "barn", "barn.d", "farm.b", "shed", "farm.sub", "farm.sub.c", "farm.main")
PACKAGES = ("farm", "barn", "farm.sub")
ENTRY = "farm.main:entry"

#: ways to name what another module defines
STYLES = (
    *("name", "renamed", "module", "renamed module", "module from package", "relative", "star", "passed on"),
    *("getattr", "in function"),
)
_LIBRARY = ("contextlib", "dataclasses", "functools", "operator", "typing")


@dataclass(frozen=True)
class Use:
    """What a definition uses.

    Args:
        of: number of the definition.
        style: how it is imported, one of :data:`STYLES`.
    """

    of: int
    style: str


@dataclass(frozen=True)
class Definition:
    """One definition.

    Args:
        module: number of its module.
        kind: what it is used as, a key of :data:`~tests.analysis.provenance.definitions.USES`.
        form: number of its template.
        numbers: the two numbers in it.
        uses: the definitions that it uses, all of them earlier ones.
    """

    module: int
    kind: str
    form: int
    numbers: tuple[int, int]
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True)
class Effect:
    """A statement of a module that changes what another one defined.

    Args:
        module: number of the module.
        use: what it changes.
        form: number of its template.
        number: the number in it.
    """

    module: int
    use: Use
    form: int
    number: int


@dataclass(frozen=True)
class Program:
    """A program, whose last module has the function ``entry``.

    Args:
        definitions: in the order of their modules.
        effects: statements that change what definitions made.
        uses: what the entry uses.
        for_effect: numbers of modules that the entry's module imports and does not use.
    """

    definitions: tuple[Definition, ...]
    effects: tuple[Effect, ...] = ()
    uses: tuple[Use, ...] = ()
    for_effect: tuple[int, ...] = ()

    def files(self) -> dict[str, str]:
        """The text of each file."""
        modules = {name: _Module(name) for name in MODULES}
        for number, one in enumerate(self.definitions):
            self._write(modules, modules[MODULES[one.module]], number, one)
        for number, effect in enumerate(self.effects):
            self._write_effect(modules, modules[MODULES[effect.module]], number, effect)
        main = modules[MODULES[-1]]
        for module in self.for_effect:
            if MODULES[module] != main.name:
                main.imports.append(f"import {MODULES[module]}")
        local: list[str] = []
        value = self._sum(modules, main, self.uses, local)
        main.body.append("\n".join(["def entry():", *(f"    {line}" for line in local), f"    return {value}"]))
        return {module.path: module.text() for module in modules.values()}

    def reached(self) -> frozenset[int]:
        """Numbers of the definitions that the entry uses, directly or not."""
        found: set[int] = set()
        waiting = [use.of for use in self.uses]
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += [use.of for use in self.definitions[number].uses]
        return frozenset(found)

    def with_definition(self, number: int, **changes: object) -> Program:
        """The program with another definition in the place of one."""
        changed = list(self.definitions)
        changed[number] = dataclasses.replace(changed[number], **changes)  # type: ignore[arg-type]
        return dataclasses.replace(self, definitions=tuple(changed))

    def _write(self, modules: dict[str, _Module], home: _Module, number: int, one: Definition) -> None:
        template = DEFINITIONS[one.kind][one.form % len(DEFINITIONS[one.kind])]
        local: list[str] = []
        # a template takes a base class or a decorator, if there is one among the uses
        special = {"BASE": ("class", "object"), "DECORATOR": ("wrapper", "functools.cache")}
        uses = list(one.uses)
        for word, (kind, otherwise) in special.items():
            if word in template:
                fitting = [use for use in uses if self.definitions[use.of].kind == kind]
                text = self._reference(modules, home, fitting[0], None) if fitting else otherwise
                uses = [use for use in uses if use not in fitting[:1]]
                template = template.replace(word, text)
        value = self._sum(modules, home, tuple(uses), local if "LOCAL" in template else None)
        place = re.search(r"^( *)LOCAL\n", template, re.MULTILINE)
        indent = place.group(1) if place else ""
        template = re.sub(r"^ *LOCAL\n", "".join(f"{indent}{line}\n" for line in local), template, flags=re.MULTILINE)
        first, second = one.numbers
        for word, text in (("NAME", f"n{number}"), ("FIRST", str(first)), ("SECOND", str(second)), ("USED", value)):
            template = template.replace(word, text)
        home.body.append(template)

    def _write_effect(self, modules: dict[str, _Module], home: _Module, number: int, effect: Effect) -> None:
        forms = CHANGES[self.definitions[effect.use.of].kind]
        text = self._reference(modules, home, effect.use, None)
        changed = forms[effect.form % len(forms)].replace("CHANGED", text)
        home.body.append(changed.replace("NAME", f"e{number}").replace("FIRST", str(effect.number)))

    def _sum(self, modules: dict[str, _Module], home: _Module, uses: tuple[Use, ...], local: list[str] | None) -> str:
        texts = [self._reference(modules, home, use, local) for use in uses]
        values = [USES[self.definitions[use.of].kind].replace("IT", t) for use, t in zip(uses, texts, strict=True)]
        return f"({' + '.join(values)})" if values else "0"

    def _reference(self, modules: dict[str, _Module], home: _Module, use: Use, local: list[str] | None) -> str:
        """An expression for what is used; imports that it needs are added."""
        name, module = f"n{use.of}", MODULES[self.definitions[use.of].module]
        if module == home.name:
            return name
        package, _, last = module.rpartition(".")
        style, near = use.style, home.package == package and package
        renamed = f"{name}_of_{module.replace('.', '_')}"
        alias = module.replace(".", "_")
        if style == "in function" and local is not None:
            local.append(f"from {module} import {name}")
            return name
        # a package can't pass on its inner one to modules in that
        if style == "passed on" and package and home.name != package and not home.name.startswith(f"{module}."):
            modules[package].passed.append((MODULES.index(module), f"from .{last} import {name}"))
            home.imports.append(f"from {package} import {name}")
            return name
        if style == "module from package" and package and not (near and home.is_package):
            home.imports.append(f"from {package} import {last} as {alias}")
            return f"{alias}.{name}"
        statement, text = {
            "renamed": (f"from {module} import {name} as {renamed}", renamed),
            "module": (f"import {module}", f"{module}.{name}"),
            "renamed module": (f"import {module} as {alias}", f"{alias}.{name}"),
            "relative": (f"from .{last} import {name}" if near else f"from {module} import {name}", name),
            "star": (f"from {module} import *", name),
            "getattr": (f"import {module} as {alias}", f'getattr({alias}, "{name}")'),
        }.get(style, (f"from {module} import {name}", name))
        home.imports.append(statement)
        return text


@dataclass
class _Module:
    name: str
    imports: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    passed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_package(self) -> bool:
        return self.name in PACKAGES

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def path(self) -> str:
        return self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")

    def text(self) -> str:
        # a module that is passed on may use what was passed on before
        blocks = [*self.body, "\n".join(line for _, line in sorted(set(self.passed)))]
        body = "\n\n\n".join(block.strip("\n") for block in blocks if block)
        library = [f"import {name}" for name in _LIBRARY if f"{name}." in body]
        return "\n".join([*library, *dict.fromkeys(self.imports), "", "", body, ""])
