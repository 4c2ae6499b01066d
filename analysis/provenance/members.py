"""Fingerprints of single methods and what they reach, no more.

Of a task's class only the members count that ``run`` reaches, through the classes that it derives from, so that a
change to one task does not touch its neighbours. What these reach beyond their class counts as everywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cache

from analysis.provenance.definitions import Definition
from analysis.provenance.import_order import with_order
from analysis.provenance.modules import module_source
from analysis.provenance.origin import is_first_party, packages_with
from analysis.provenance.plumbing import is_left_out
from analysis.provenance.reach import Reach
from analysis.provenance.unfollowed import warn_of

__all__ = ["class_fingerprint", "method_fingerprint"]

# what these make is the values of the fields, which enter a key themselves
_MAKERS = {"__init__", "__post_init__"}


@cache
def method_fingerprint(cls: type, method: str, ignored: frozenset[str] = frozenset()) -> dict[str, str]:
    """Digests of a method and of everything first-party that it reaches.

    Followed are ``self.name`` through the classes that ``cls`` derives from, and names as everywhere.

    Args:
        cls: the task's class.
        method: name of the method.
        ignored: attributes whose values enter a key elsewhere (the task's parameters).

    Returns:
        As of :func:`~analysis.provenance.fingerprint.fingerprint`; of members the label is ``module:Class.name``.
    """
    return _digests(cls, [method], ignored)


@cache
def class_fingerprint(cls: type) -> dict[str, str]:
    """Digests of what an object of a dataclass does beyond holding its fields: methods, properties, class variables.

    Returns:
        As of :func:`method_fingerprint`; empty for a class of nothing but fields.
    """
    fields = frozenset(field.name for field in dataclasses.fields(cls))
    members = {name for base in cls.__mro__ for one in _members(base) for name in one.names}
    return _digests(cls, sorted(members - fields - _MAKERS), fields)


def _digests(cls: type, names: Iterable[str], ignored: frozenset[str]) -> dict[str, str]:
    reach = Reach(packages_with(cls.__module__.partition(".")[0]), of_tasks=True)
    # names of attributes; whether they are looked for in every class, as for super()
    waiting = [(name, False) for name in names]
    seen = set(waiting)
    while waiting:
        name, everywhere = waiting.pop()
        for base in cls.__mro__:
            if name not in vars(base):
                continue
            if found := [one for one in _members(base) if name in one.names]:
                source = module_source(base.__module__)
                assert source is not None
                reach.add_code(f"{base.__module__}:{base.__qualname__}.{name}", found, source)
                new = {(one, False) for d in found for one in d.own} | {
                    (one, True) for d in found for one in d.inherited
                }
                new = {one for one in new - seen if one[0] not in ignored}
                seen |= new
                waiting += new
            if not everywhere:
                break
    warn_of(reach.doubts)
    return with_order(reach.found, cls.__module__, reach.imported)


def _members(cls: type) -> list[Definition]:
    """Statements of a class's body, if its code may count; none for others."""
    module = cls.__module__
    top = module.partition(".")[0]
    followed = is_first_party(top) or top in packages_with(top)
    source = module_source(module) if followed and not is_left_out(module, of_tasks=True) else None
    return source.definitions.members.get(cls.__name__, []) if source else []
