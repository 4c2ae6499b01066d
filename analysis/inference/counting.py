"""HistFactory workspaces of counting experiments, from plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.inference.building import channel, free, normalisation, sample, statistics, workspace

if TYPE_CHECKING:
    from analysis.inference.counting_settings import Counting, Expected

__all__ = ["count"]


def count(settings: Counting) -> dict[str, dict[str, Any]]:
    """Build the workspace of a counting experiment; fit it with :func:`analysis.inference.measurement.measure`.

    An uncertainty of a single number is a Gaussian factor of its own, one of a source a log-normal factor. Limits of
    the fit are asymptotic; of less than about ten events, see :mod:`analysis.inference.few_events`.

    Args:
        settings: what is expected and observed.

    Returns:
        The HistFactory workspace by its name.

    Examples:
        >>> from analysis.inference.counting_settings import Count, Counting, Expected
        >>> signal, background = Expected("signal", 4.0), Expected("background", 1.2, sources={"flux": 0.2})
        >>> made = count(Counting((Count("tracks", 3, (signal, background)),), {"signal": "mu"}))["counts"]
        >>> made["channels"][0]["samples"][1]["modifiers"]
        [{'name': 'flux', 'type': 'normsys', 'data': {'hi': 1.2, 'lo': 0.8}}]
    """
    channels = [
        channel(
            one.region,
            [
                sample(e.process, [e.events], _modifiers(settings, one.region, e))
                for e in one.expected
                if e.events > 0.0
            ],
        )
        for one in settings.counts
    ]
    observed = {one.region: [one.observed] for one in settings.counts}
    parameters = [
        {"name": name, "bounds": [[float(low), float(high)]]} for name, (low, high) in _bounds(settings).items()
    ]
    interest = next(iter(settings.parameters), "")
    return {settings.name: workspace(channels, observed, interest, parameters)}


def _modifiers(settings: Counting, region: str, expected: Expected) -> list[dict[str, Any]]:
    modifiers = [
        free(names[expected.process]) for names in (settings.strength, settings.free) if expected.process in names
    ]
    if expected.uncertainty:
        # alone in its name, a factor of its own
        modifiers.append(statistics(f"{expected.process}_{region}", [expected.uncertainty**2]))
    for source, size in expected.sources.items():
        modifiers.append(normalisation(source, *(size if isinstance(size, tuple) else (size, size))))
    return modifiers


def _bounds(settings: Counting) -> dict[str, tuple[float, float]]:
    """Bounds of the strengths, wide enough for what is observed, and what the settings say."""
    found: dict[str, tuple[float, float]] = {}
    for process, parameter in settings.strength.items():
        most = max(
            (
                10.0 * (one.observed + 10.0) / e.events
                for one in settings.counts
                for e in one.expected
                if e.process == process and e.events > 0.0
            ),
        )
        found[parameter] = (0.0, max(most, found.get(parameter, (0.0, 10.0))[1]))
    return found | dict(settings.bounds)
