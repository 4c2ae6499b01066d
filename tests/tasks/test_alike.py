"""Errors that are told once."""

from __future__ import annotations

import pytest

from tasks.framework.alike import kind_of, more

STEP = "the stage 'x' failed: KeyError: {what} (lab.py, line {line}) for data set {name}\n  cure: {cure}"
FILE = (
    "the file '{name}.root' is in no mirror and cannot be downloaded: {why}\n  URL: https://x.org/{name}.root\n"
    "  SHA-256: {digest}\n  cure: name a folder that holds it as lab/{name}.root in ERUMFLOW_MIRROR"
)
COPY = (
    "the copy /data/{name}.root in the mirror is not the file '{name}.root' of the catalogue: expected SHA-256 "
    "{digest} ({size} bytes), found {digest} (7 bytes)\n  cure: {cure}"
)
VALUES = {"what": "'pt'", "line": 3, "name": "zz", "cure": "mend it", "why": "404", "digest": "a" * 64, "size": 3}


@pytest.mark.parametrize(
    ("text", "change", "same"),
    [
        (STEP, {"name": "higgs.scale_up, chunk events_0-100"}, True),
        (STEP, {"line": 4}, False),
        (STEP, {"what": "'eta'"}, False),
        (STEP, {"cure": "mend that"}, False),
        (FILE, {"name": "higgs", "digest": "b" * 64}, True),
        (FILE, {"why": "403"}, False),
        (COPY, {"name": "higgs", "digest": "b" * 64, "size": 4}, True),
        (COPY, {"cure": "mend that"}, False),
    ],
)
def test_only_what_an_error_is_about_may_differ(text: str, change: dict[str, object], same: bool) -> None:
    one, other = (text.format(**values) for values in (VALUES, VALUES | change))
    assert (kind_of(one) == kind_of(other)) is same


def test_others_are_named() -> None:
    names = ["zz", "zz, chunk events_0-1", "higgs"]
    steps = [STEP.format(**VALUES | {"name": name}) for name in names]
    assert more(steps) == "... and 3 more of the same kind (data sets zz, higgs)"
    assert more([FILE.format(**VALUES)]) == "... and 1 more of the same kind (file zz.root)"
    assert more(["anything"]) == "... and 1 more of the same kind"
