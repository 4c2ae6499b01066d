from __future__ import annotations

import re
from typing import Any

import pytest

from analysis.checking.names import check_name, check_unique
from analysis.errors import StudyError


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "the region '' has an empty name"),
        ("a/b", "a name with '/'"),
        ("..", "a name with '..'"),
        ("a..b", "a name with '..'"),
        ("../other", "a name with '/'"),
        ("a,b", "a name with ','"),
        ("a b", "a name with a blank"),
        ("a\tb", r"a name with '\\t'"),
        ("a\nb", r"a name with '\\n'"),
        ("a\n", r"a name with '\\n'"),
        ("a\x00", r"a name with '\\x00'"),
        ("a=b", "a name with '='"),
        ("a:b", "a name with ':'"),
        ("a*", r"a name with '\*'"),
        ("a\\b", r"a name with '\\\\'"),
        ("µ", r"a name with 'µ' \(MICRO SIGN\)"),
        ("H\u0456ggs", r"a name with '\u0456' \(CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I\)"),
        ("Run\uff12", r"a name with '\uff12' \(FULLWIDTH DIGIT TWO\)"),
        ("e\u0301ta", r"a name with '\u0301' \(COMBINING ACUTE ACCENT\)"),
        ("a\u202eb", r"a name with '\\u202e'"),
        ("a\u00a0b", r"a name with '\\xa0'"),
        ("a\u200bb", r"a name with '\\u200b'"),
        ("a\x1b[31m", r"a name with '\\x1b'"),
        ("a\r", r"a name with '\\r'"),
        ("{a,b}", r"a name with '\{'"),
        ("a;b", "a name with ';'"),
        ("$HOME", r"a name with '\$'"),
        ("~a", "a name with '~'"),
        ("a%2Fb", "a name with '%'"),
        ("-a", "a name that begins with '-'"),
        (".a", "a name that begins with '.'"),
        ("a.", r"a name that ends with '\.'"),
        ("a" * 81, "a name of 81 characters"),
        ("a" * 260, "a{80}...' has a name of 260 characters"),
        (None, "the region None has a NoneType as its name"),
        (2, "the region 2 has a int as its name"),
    ],
)
def test_names_that_cannot_be_used(name: Any, message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        check_name("region", name)
    assert "letters" in caught.value.cure


@pytest.mark.parametrize(
    "name",
    [
        *("a", "2012BC", "tau_energy_up", "feed-forward", "H125.4l", "Z+jets", "a" * 80, "_"),
        *("Run2012B_TauPlusX", "GluGluToHToTauTau", "data-2012", "w+jets", "DY1JetsToLL_M-50_TuneZ2Star_8TeV-madgraph"),
    ],
)
def test_names_that_can_be_used(name: str) -> None:
    assert check_name("region", name) == name


def test_two_of_one_name() -> None:
    check_unique("region", ["a", "b"])
    with pytest.raises(StudyError, match=r"the region 'a' is there twice \(numbers 1 and 3\)"):
        check_unique("region", ["a", "b", "a"])
    with pytest.raises(StudyError, match="a name with '/'"):
        check_unique("region", ["a", "a/b"])


@pytest.mark.parametrize("names", [["Dy", "dy"], ["mass", "x", "MASS"], ["w+JETS", "W+jets"]])
def test_names_that_some_disks_do_not_tell_apart(names: list[str]) -> None:
    where = "the study 'lab'"
    said = f"the data set '{names[-1]}' of the study 'lab' differs from '{names[0]}' in capital letters only"
    with pytest.raises(StudyError, match=re.escape(said)) as caught:
        check_unique("data set", names, where)
    assert "a name of its own" in caught.value.cure
    # they are on a disk that tells them apart
    check_unique("file", names, where)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("data set", name) for name in ("simulated", "measured", "nominal", "Simulated", "MEASURED")),
        *(("purpose of data sets", name) for name in ("simulated", "Measured", "nominal")),
        *(("campaign", name) for name in ("nominal", "Nominal")),
        *(("process", name) for name in ("data", "Data")),
        ("workspace", "seeds"),
    ],
)
def test_words_of_lists(kind: str, name: str) -> None:
    with pytest.raises(StudyError, match=rf"the {kind} '{name}' has a name that means something else: ") as caught:
        check_name(kind, name)
    assert "another name" in caught.value.cure
    assert check_name("region", name) == name


@pytest.mark.parametrize(
    ("kind", "name", "form"),
    [("study", "my.study", "STUDY.TASK"), ("data set", "dy.tau_up", "DATASET.SHIFT"), ("data set", "a.b", "DATASET")],
)
def test_names_that_are_written_with_points_between_them(kind: str, name: str, form: str) -> None:
    with pytest.raises(StudyError, match=rf"the {kind} '{name}' has a name with '\.', as in {form}"):
        check_name(kind, name)


def test_the_names_of_both_studies_can_be_used() -> None:
    from analysis.registry import find_study

    for study in map(find_study, ("htautau", "airshower")):
        check_name("study", study.name)
        for kind in ("datasets", "campaigns", "stages", "processes", "shifts", "statistics"):
            check_unique(kind, [getattr(item, "name", "") or item.source for item in getattr(study, kind)])
        for stage in study.stages:
            check_unique("figure or workspace", getattr(stage, "names", ()))
            check_unique("network", [network.name for network in getattr(stage, "networks", ())])
