from dataclasses import replace

import numpy as np
import pytest

from analysis.studies.airshower.composition.likelihood import read_channels
from analysis.studies.airshower.composition.settings import CompositionSettings
from analysis.studies.airshower.composition.workspace import build

EPOS = CompositionSettings(models=("EPOS-LHC",), toys=100)


@pytest.fixture(scope="session")
def epos():
    """Settings with one interaction model."""
    return EPOS


@pytest.fixture(scope="session")
def workspaces(published):
    """The workspace of one interaction model."""
    return build(published, EPOS)


@pytest.fixture(scope="session")
def channels(workspaces):
    return read_channels(workspaces)


@pytest.fixture(scope="session")
def scale_only(channels):
    """The same without the uncertainties of resolution and acceptance."""
    return replace(channels, nuisances=channels.nuisances[:1], down=channels.down[:, :1], up=channels.up[:, :1])


@pytest.fixture(scope="session")
def generator():
    """Makes generators that do not depend on other tests."""
    return lambda seed: np.random.Generator(np.random.PCG64(seed))
