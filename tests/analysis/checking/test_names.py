from __future__ import annotations

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
        ("µ", "a name with 'µ'"),
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


@pytest.mark.parametrize("name", ["a", "2012BC", "tau_energy_up", "feed-forward", "H125.4l", "Z+jets", "a" * 80, "_"])
def test_names_that_can_be_used(name: str) -> None:
    assert check_name("region", name) == name


def test_two_of_one_name() -> None:
    check_unique("region", ["a", "b"])
    with pytest.raises(StudyError, match=r"two regions are called 'a' \(numbers 1 and 3\)"):
        check_unique("region", ["a", "b", "a"])
    with pytest.raises(StudyError, match="a name with '/'"):
        check_unique("region", ["a", "a/b"])


def test_the_names_of_both_studies_can_be_used() -> None:
    from analysis.registry import find_study

    for study in map(find_study, ("htautau", "airshower")):
        check_name("study", study.name)
        for kind in ("datasets", "campaigns", "stages", "processes", "shifts", "statistics"):
            check_unique(kind, [getattr(item, "name", "") or item.source for item in getattr(study, kind)])
        for stage in study.stages:
            check_unique("figure or workspace", getattr(stage, "names", ()))
            check_unique("network", [network.name for network in getattr(stage, "networks", ())])
