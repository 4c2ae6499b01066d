from __future__ import annotations

import pytest

from analysis.errors import StudyError
from analysis.learning.pretrained_settings import Pretrained, rate_of, values_of
from analysis.learning.settings import TrainingSettings
from analysis.provenance.keys import describe
from analysis.validated import override

START = Pretrained("/somewhere", "0" * 64, frozen=("encoder.*",), slow=("encoder.*", "station.*"))


def test_rates():
    assert [rate_of(name, START) for name in ("encoder.x.kernel", "station.bias", "head.bias")] == [0.0, 0.1, 1.0]
    assert rate_of("encoder.x.kernel", None) == 1.0


def test_commands_and_searches_change_a_start():
    settings = TrainingSettings(start=START)
    changed = override(settings, {"start.rate": "0.3", "start.new": "output.*,head.*"}).start
    assert changed is not None
    assert (changed.rate, changed.new, changed.sha256) == (0.3, ("output.*", "head.*"), START.sha256)
    assert override(settings, {"start": "none"}).start is None


def test_the_address_is_in_no_key():
    described = [describe(TrainingSettings(start=Pretrained(one, "0" * 64))) for one in ("/here", "zenodo:7")]
    assert described[0] == described[1]
    assert described[0] != describe(TrainingSettings(start=Pretrained("/here", "1" * 64)))


def test_cards_tell_the_content_and_no_address():
    told = values_of(TrainingSettings(start=Pretrained("/networks/shower", files={"model.safetensors": "0" * 64})))
    assert {"frozen", "rate", "sha256"} <= told["start"].keys()
    assert not {"address", "files"} & told["start"].keys()
    assert "start" not in values_of(TrainingSettings())


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"rate": 0.0}, "rate is 0.0"), ({"frozen": "encoder.*"}, "frozen is 'encoder"), ({"rate": 2.0}, "rate")],
)
def test_wrong_values_are_told(values, expected):
    with pytest.raises(StudyError, match=expected):
        Pretrained("/somewhere", "0" * 64, **values)
