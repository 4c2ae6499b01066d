from dataclasses import replace

import pytest

from analysis.errors import DataError
from analysis.studies.airshower.published.literals import AUGER, literal


def test_a_variable_of_the_module():
    # Pierre Auger Collaboration, JCAP 02 (2013) 026, table 1
    assert literal(AUGER, "DXMAX_PARAMS")["QGSJet01"][:4] == (774.2, 49.7, -0.30, 1.92)


def test_a_local_variable_of_a_function():
    assert literal(AUGER, "params", "gumbel_parameters")["EPOS-LHC"]["sigma"][0] == (29.403, 13.553, -3.154)


@pytest.mark.parametrize(
    ("name", "function", "where"),
    [
        ("params", "", "astrotools/auger.py assigns no literal to 'params'"),
        ("nothing", "gumbel", "astrotools/auger.py, function 'gumbel' assigns no literal to 'nothing'"),
        ("params", "nothing", "function 'nothing' assigns no literal to 'params'"),
        # a call is not a literal, and is not run
        ("DXMAX", "", "assigns no literal to 'DXMAX'"),
    ],
)
def test_what_is_no_literal_is_refused(name, function, where):
    with pytest.raises(DataError, match=where):
        literal(AUGER, name, function)


def test_another_text_is_refused():
    with pytest.raises(DataError, match=r"'auger.py' of the package 'astrotools'"):
        literal(replace(AUGER, sha256="1" * 64), "DXMAX_PARAMS")
