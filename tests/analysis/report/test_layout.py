"""Where boxes go."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.report.layout import Layout, lay_out, spread


def crossings(layout: Layout) -> int:
    """Crossing pairs of edges between neighbouring layers, counted one by one."""
    parts = {(a.layer, a.across, b.across) for route in layout.routes.values() for a, b in itertools.pairwise(route)}
    return sum(
        first[0] == second[0] and (first[1] - second[1]) * (first[2] - second[2]) < 0
        for first, second in itertools.combinations(sorted(parts), 2)
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    number = draw(st.integers(1, 14))
    names = [f"box {i}" for i in range(number)]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    return names, draw(st.lists(pairs, max_size=30))


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_any_graph_is_laid_out(graph: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, edges = graph
    layout = lay_out(names, edges)
    assert set(layout.places) == set(names)
    assert set(layout.routes) == {edge for edge in edges if edge[0] != edge[1]}
    for (first, second), route in layout.routes.items():
        assert (route[0], route[-1]) == (layout.places[first], layout.places[second])
        steps = {b.layer - a.layer for a, b in itertools.pairwise(route)}
        assert steps in ({1}, {-1})
    rows: dict[int, list[float]] = {}
    for place in layout.places.values():
        assert 0 <= place.layer < layout.layers
        assert place.across + 1e-6 >= 0.5
        assert place.across <= layout.width - 0.5 + 1e-6
        rows.setdefault(place.layer, []).append(place.across)
    for row in rows.values():
        assert all(b - a >= 1.0 - 1e-5 for a, b in itertools.pairwise(sorted(row)))
    assert lay_out(names, edges) == layout


@settings(deadline=None, max_examples=100)
@given(graphs())
def test_without_circles_everything_points_forward(graph: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, edges = graph
    acyclic = [edge for edge in edges if names.index(edge[0]) < names.index(edge[1])]
    layout = lay_out(names, acyclic)
    assert all(layout.places[a].layer < layout.places[b].layer for a, b in acyclic)


def test_a_circle_is_drawn_with_one_edge_backwards() -> None:
    layout = lay_out(("a", "b", "c"), [("a", "b"), ("b", "c"), ("c", "a")])
    backwards = [edge for edge in layout.routes if layout.places[edge[0]].layer > layout.places[edge[1]].layer]
    assert backwards == [("c", "a")]
    assert [place.layer for place in layout.routes["c", "a"]] == [2, 1, 0]


def test_what_has_no_inputs_is_beside_its_first_use() -> None:
    chain = [("raw", "events"), ("events", "fit"), ("fit", "plot")]
    layout = lay_out(("raw", "events", "fit", "plot", "published"), [*chain, ("published", "plot")])
    assert layout.places["published"].layer == layout.places["fit"].layer


def test_parallel_chains_are_straight_and_do_not_cross() -> None:
    # given in an order in which they would cross everywhere
    names = [*(f"raw {i}" for i in range(8)), *(f"events {i}" for i in reversed(range(8))), "fit"]
    edges = [(f"raw {i}", f"events {i}") for i in range(8)] + [(f"events {i}", "fit") for i in range(8)]
    layout = lay_out(names, edges)
    assert crossings(layout) == 0
    for i in range(8):
        assert layout.places[f"raw {i}"].across == pytest.approx(layout.places[f"events {i}"].across, abs=0.05)
    assert layout.places["fit"].across == pytest.approx(layout.width / 2, abs=0.05)


def test_few_edges_cross_in_a_random_planar_graph() -> None:
    random = np.random.default_rng(5)
    # a tree can always be drawn without a crossing
    names = [f"box {i}" for i in range(40)]
    edges = [(names[random.integers(0, i)], names[i]) for i in range(1, 40)]
    assert crossings(lay_out(list(random.permutation(names)), edges)) <= 2


def test_nothing_is_laid_out_as_nothing() -> None:
    assert lay_out((), []) == Layout({}, {}, 0, 0.0)


def test_an_edge_to_nowhere() -> None:
    with pytest.raises(KeyError):
        lay_out(("a",), [("a", "b")])


def test_spread_is_the_constrained_minimum() -> None:
    from scipy.optimize import minimize

    random = np.random.default_rng(1)
    wanted, weights, gaps = random.normal(0, 2, 7), random.uniform(0.5, 4, 7), random.uniform(0.3, 1.2, 6)
    found = np.array(spread(wanted.tolist(), gaps.tolist(), weights.tolist()))
    assert np.all(np.diff(found) >= gaps - 1e-12)
    constraint = {"type": "ineq", "fun": lambda x: np.diff(x) - gaps}
    start = np.concatenate([[0], np.cumsum(gaps)])
    best = minimize(lambda x: weights @ (x - wanted) ** 2, start, constraints=constraint, options={"ftol": 1e-14})
    np.testing.assert_allclose(found, best.x, atol=1e-5)
