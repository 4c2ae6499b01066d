"""Addresses are taken apart and put together; none may hold a secret."""

from __future__ import annotations

import pytest

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import SCHEMES, Address
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options


@pytest.mark.parametrize(
    "url",
    [
        "root://eos.example.org:1094//eos/user/j/jane",
        "sftp://jane@[2001:db8::1]:2222/data",
        "s3://bucket/a folder/#1",
        "davs://host/store",
        "file:///data/store",
        "memory://tests",
    ],
)
def test_there_and_back(url: str) -> None:
    assert Address.parse(url).url == url
    assert Address.parse(url + "/").url == url


def test_one_slash_does_for_root() -> None:
    assert Address.parse("root://host/store") == Address.parse("root://host//store")


@pytest.mark.parametrize(
    "url",
    ["root://jane:hush@host//store", "davs://host/store?authz=hush", "https://host?token=hush", "s3://hush:hush@b/c"],
)
def test_no_secret_in_an_address(url: str) -> None:
    with pytest.raises(StoreError, match="password") as error:
        connect(url)
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("/data/store", "no address"),
        ("gsiftp://host/store", "no address"),
        ("root:///store", "no host"),
        ("root://host:port//store", "no port"),
        ("sftp://host/a/../b", "no folder"),
        ("sftp://host/a\nb", "no folder"),
    ],
)
def test_no_address(url: str, problem: str) -> None:
    with pytest.raises(StoreError, match=problem):
        connect(url)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_asked_before_it_is_used(scheme: str) -> None:
    assert connect(f"{scheme}://nowhere.invalid/store").url.startswith(scheme)


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0.5}, {"attempts": 0}, {"wait": -1}, {"chunk": 0}, {"timeout": float("nan")}]
)
def test_options_that_make_no_sense(wrong: dict) -> None:
    with pytest.raises(StoreError, match="must be at least"):
        Options(**wrong)
