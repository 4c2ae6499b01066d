"""How urgent tasks of a graph are."""

from __future__ import annotations

import itertools
import random

from tasks.batch.urgency import urgencies


def test_of_random_graphs_it_is_what_counting_all_chains_says():
    random_numbers = random.Random(5)
    for _ in range(50):
        names = [f"t{number}" for number in range(9)]
        needed = {
            name: [other for other in names[:number] if random_numbers.random() < 0.3]
            for number, name in enumerate(names)
        }

        def chains(name: str, needed: dict[str, list[str]] = needed) -> list[list[str]]:
            above = [other for other, some in needed.items() if name in some]
            return [[name, *chain] for chain in itertools.chain(*map(chains, above))] or [[name]]

        order = random_numbers.sample(names, len(names))
        found = urgencies({name: needed[name] for name in order})
        for name in names:
            all_chains = chains(name)
            followers = set(itertools.chain(*all_chains)) - {name}
            assert found[name] == (max(map(len, all_chains)) - 1, len(followers))


def test_what_is_done_already_does_not_count():
    assert urgencies({"fit": ["events", "made before"], "events": []}) == {"fit": (0, 0), "events": (1, 1)}
    assert urgencies({}) == {}
