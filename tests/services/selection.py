"""Which runs of pytest the tests of services belong to."""

from __future__ import annotations

import pytest

LATER = "needs a program or a server beside Python; to be asked for by name: pytest -m services"


def asked_for(config: pytest.Config) -> bool:
    """Whether tests of services run: the marks that are asked for name them, or leave out no more than a release's."""
    marks = config.option.markexpr
    return marks in {"", "not release", "release"} or "services" in marks
