"""How urgent the tasks of a graph are: whose followers form the longest chain comes first, then whose are most.

What a graph takes with several workers is bounded by its longest chain of tasks. How long each of them takes is not
known before it ran, so all count the same (Kasahara and Narita, IEEE Trans. Comput. C-33 (1984) 1023, "critical path,
most immediate successors first").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

__all__ = ["Urgency", "urgencies"]

#: length of the longest chain of tasks that need one, and how many do, directly or not
Urgency = tuple[int, int]


def urgencies(needed: Mapping[str, Collection[str]]) -> dict[str, Urgency]:
    """Urgency of each task of a graph.

    Args:
        needed: what each task needs, by name; others than the keys count for nothing.

    Examples:
        >>> urgencies({"fit": ["scale", "events"], "scale": ["events"], "events": []})
        {'fit': (0, 0), 'scale': (1, 1), 'events': (2, 2)}
    """
    waits = {name: {one for one in some if one in needed} for name, some in needed.items()}
    followers = dict.fromkeys(needed, 0)  # of all that need one, as bits
    length = dict.fromkeys(needed, 0)
    missing = dict.fromkeys(needed, 0)
    for some in waits.values():
        for one in some:
            missing[one] += 1
    bit = {name: 1 << number for number, name in enumerate(needed)}
    ready = [name for name, number in missing.items() if not number]
    for name in ready:
        for one in waits[name]:
            followers[one] |= followers[name] | bit[name]
            length[one] = max(length[one], length[name] + 1)
            missing[one] -= 1
            if not missing[one]:
                ready.append(one)
    return {name: (length[name], followers[name].bit_count()) for name in needed}
