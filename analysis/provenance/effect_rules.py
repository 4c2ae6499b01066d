"""Rules of what calls of code that is not followed do: of methods of built-in types, and of others' functions."""

from __future__ import annotations

import re

__all__ = ["PURE_METHODS", "foreign"]

#: of built-in types, methods that change nothing; they return what is new
PURE_METHODS = frozenset({
    *("as_posix", "astype", "casefold", "copy", "count", "difference", "encode", "endswith", "findall", "finditer"),
    *("format", "format_map", "fullmatch", "get", "index", "intersection", "isdisjoint", "isidentifier", "issubset"),
    *("issuperset", "items", "join", "keys", "lower", "lstrip", "match", "partition", "removeprefix", "removesuffix"),
    *("replace", "rpartition", "rsplit", "rstrip", "search", "split", "splitlines", "startswith", "strip", "sub"),
    *("symmetric_difference", "title", "translate", "union", "upper", "values", "with_name", "with_suffix", "zfill"),
})  # fmt: skip
_BUILTIN_EFFECTS = frozenset({
    *("__import__", "breakpoint", "delattr", "eval", "exec", "exit", "globals", "input", "open", "print", "quit"),
    "setattr",
})  # fmt: skip
# of others' functions: what they are called if they leave something behind
_FOREIGN_EFFECTS = re.compile(
    r"(?:^|\.)(?:regist\w*|set_\w+|seterr\w*|setattr|setdefault|enable\w*|disable\w*|install\w*|patch\w*|update\w*|use|"
    r"append|insert|seed|filterwarnings|simplefilter|import_module|putenv|configure\w*|basicConfig|run\w*|main|exec\w*|"
    r"system|mkdir|makedirs|write\w*|unlink|remove|chdir|reload|start)$"
)
_HARMLESS_DECORATORS = re.compile(
    r"(?:property|staticmethod|classmethod|functools\.\w+|contextlib\.\w+|dataclasses\.\w+|abc\.\w+|typing\w*\.\w+|"
    r"enum\.\w+|attrs?\.\w+|jax\.(?!.*regist)[\w.]+|equinox\.\w+|flax\.(?!.*regist)[\w.]+|jaxtyping\.\w+|beartype\.\w+|"
    r"numpy\.vectorize|numba\.(?:njit|jit|vectorize|guvectorize|stencil)|\w+\.(?:setter|getter|deleter))"
)


def foreign(kind: str, name: str) -> bool:
    """Whether a condition on what is built in or belongs to a distribution holds.

    Args:
        kind: of condition, see :mod:`analysis.provenance.effects`.
        name: full name.

    Examples:
        >>> foreign("call", "numpy.linspace"), foreign("call", "numpy.random.seed")
        (True, False)
        >>> foreign("decorate", "functools.cache"), foreign("decorate", "atexit.register")
        (True, False)
    """
    if kind == "run":
        return False
    if kind in ("decorate", "factory"):
        return _HARMLESS_DECORATORS.fullmatch(name) is not None
    if kind in ("call", "made"):
        return name not in _BUILTIN_EFFECTS and _FOREIGN_EFFECTS.search(name) is None
    return True
