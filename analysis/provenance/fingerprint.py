"""Fingerprints of code: digests that change when a result may change, and only then.

The fingerprint of a function is the digests of its module and of every first-party module that this one imports,
directly or not, wherever it lies. Not first-party are Python's own modules and those of installed distributions
(:mod:`analysis.provenance.origin`); their versions stand in the manifest instead.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import sys
import threading
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.errors import StudyError
from analysis.provenance.origin import is_first_party, package_folders, packages_with
from analysis.provenance.syntax import attributes_in, canonical, imports_in_use, imports_left_out, names_imported

__all__ = ["ModuleSource", "digest", "edited_modules", "fingerprint", "module_source", "resolve_imports", "sources"]


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ModuleSource:
    """The source of one module.

    Args:
        name: full name.
        path: file that it was read from.
        is_package: whether it is a package's ``__init__``.
        tree: syntax tree.
        state: time of the last change (ns) and size of the file when it was read.
    """

    name: str
    path: Path
    is_package: bool
    tree: ast.Module
    state: tuple[int, int]


def fingerprint(module: str) -> dict[str, str]:
    """Digests of a module and of all first-party modules that it needs.

    Args:
        module: full name of the module; if an installed distribution has it, all of that counts as first-party.

    Returns:
        Digest by module name, sorted by name. Modules that hold nothing but docstrings are left out.

    Raises:
        StudyError: the module, or a first-party module that it imports, does not exist or cannot be parsed.
    """
    return dict(_fingerprint(module, packages_with(module.partition(".")[0])))


@cache
def _fingerprint(module: str, installed: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [module]
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        value, imports = _digest_and_imports(name, installed)
        if value:
            found[name] = value
        for needed in imports:
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return dict(sorted(found.items()))


@cache
def _digest_and_imports(name: str, installed: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    source = module_source(name)
    parts = name.split(".")
    # a namespace package has no source
    parents = [one for i in range(1, len(parts)) if module_source(one := ".".join(parts[:i])) is not None]
    if source is None:
        if (compiled := _compiled(name)) is None:
            raise StudyError(f"the module {name!r} does not exist", cure="correct its name, or install its package")
        return hashlib.sha256(compiled.read_bytes()).hexdigest()[:16], tuple(parents)
    text = canonical(source.tree)
    # an empty package changes nothing; it still is followed, as it runs when a module in it is imported
    value = "" if text == canonical(ast.parse("")) else digest(text)
    used = attributes_in(source.tree)
    imports = {
        n for statement in imports_in_use(source.tree) for n in resolve_imports(statement, source, installed, used)
    }
    return value, tuple(sorted(imports.union(parents)))


def resolve_imports(
    statement: ast.Import | ast.ImportFrom,
    source: ModuleSource,
    installed: frozenset[str] = frozenset(),
    used: Collection[str] = (),
) -> list[str]:
    """Names of the first-party modules that an import statement of one alias needs.

    That is the module itself, and others that this one imports for its annotations only, but passes on.

    Args:
        statement: the statement, of one alias.
        source: the module that it stands in.
        installed: names of installed top-level packages that count as first-party.
        used: names of attributes that the module uses, perhaps of what it imports here.

    Raises:
        StudyError: a first-party module does not exist.
    """
    needed: list[str] = []
    waiting = [(statement, source, {*used, statement.names[0].name})]
    while waiting:
        statement, source, names = waiting.pop()
        name = _resolve(statement, source, installed)
        if name is None or name in needed:
            continue
        needed.append(name)
        if (found := module_source(name)) is None:
            continue
        passed = [s for s in imports_left_out(found.tree) if "*" in names or names_imported(s) & names]
        waiting += [(one, found, {one.names[0].name}) for one in passed]
    return needed


def _resolve(statement: ast.Import | ast.ImportFrom, source: ModuleSource, installed: frozenset[str]) -> str | None:
    alias = statement.names[0].name
    if isinstance(statement, ast.Import):
        candidates = [alias]
    else:
        base = statement.module or ""
        if statement.level:
            here = source.name.split(".")
            anchor = here[: max(0, len(here) - statement.level + (1 if source.is_package else 0))]
            base = ".".join([*anchor, base] if base else anchor)
        candidates = [f"{base}.{alias}", base]
    top = candidates[0].partition(".")[0]
    if not (top in installed or is_first_party(top)):
        return None
    for name in candidates:
        if module_source(name) is not None or _compiled(name) is not None:
            return name
    if _is_namespace(candidates[-1]):
        return None
    raise StudyError(f"{source.path} imports {candidates[-1]!r}, which does not exist", cure="correct the import")


@cache
def module_source(name: str) -> ModuleSource | None:
    """The source of a module, found without importing it or its packages; ``None`` when there is none.

    Raises:
        StudyError: the file cannot be read or parsed.
    """
    for stem in _stems(name):
        for path, is_package in ((stem / "__init__.py", True), (stem.with_suffix(".py"), False)):
            if path.is_file():
                # the state comes first: an edit in between is noticed later rather than never
                state = _state(path)
                return ModuleSource(name, path, is_package, _parse(path), state)
    return None


@cache
def _compiled(name: str) -> Path | None:
    """The file of a compiled module, whose content is all that can be followed."""
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    files = (stem.with_name(f"{stem.name}{suffix}") for stem in _stems(name) for suffix in suffixes)
    return next((file for file in files if file.is_file()), None)


def sources(labels: Collection[str]) -> dict[str, str]:
    """Return the source text of definitions and modules, by label, as far as it can be read."""
    found = {}
    for label in labels:
        module, _, name = label.partition(":")
        if (source := module_source(module)) is None:
            continue
        lines = source.path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        nodes: list[ast.stmt] = source.tree.body
        for part in name.split(".") if name else ():
            inner = [n for node in nodes for n in (node.body if isinstance(node, ast.ClassDef) else [])]
            nodes = [n for n in (nodes if part == name.split(".")[0] else inner) if getattr(n, "name", "") == part]
        if not name:
            found[label] = "".join(lines)
        elif nodes:
            found[label] = "".join("".join(lines[node.lineno - 1 : node.end_lineno]) for node in nodes)
    return found


def edited_modules(names: Collection[str]) -> list[str]:
    """Those of the modules that were edited since they were read, not yet imported, and so would run as edited.

    Changes that a fingerprint does not see do not count.
    """
    edited = []
    for name in sorted(set(names) - sys.modules.keys()):
        source = module_source(name)
        if source is None or source.state == _state(source.path):
            continue
        if not source.path.is_file() or canonical(_parse(source.path)) != canonical(source.tree):
            edited.append(name)
    return edited


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _is_namespace(name: str) -> bool:
    return any(stem.is_dir() for stem in _stems(name))


def _stems(name: str) -> list[Path]:
    top, *rest = name.split(".")
    return [root.joinpath(*rest) for root in package_folders(top)]


# Python 3.11 counts the depth of all threads' trees together and finds it wrong; filters of warnings are of all, too
_one_at_a_time = threading.Lock()


def _parse(path: Path) -> ast.Module:
    try:
        with _one_at_a_time, warnings.catch_warnings():
            # Python warns of doubtful syntax when it runs the module, and that is often enough
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise StudyError(f"{path}:{error.lineno} is not valid Python: {error.msg}", cure="correct the file") from error
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} cannot be read as Python: {error}", cure="correct the file") from error
