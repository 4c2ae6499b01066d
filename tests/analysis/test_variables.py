"""Variables that programs of others are given."""

from __future__ import annotations

import pytest

from analysis.variables import BATCH, PACKAGES, PROJECT, SYSTEM, has_password, taken_over

OPENING = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "GITHUB_TOKEN", "API_TOKEN"),
    *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "X509_USER_PROXY", "X509_USER_KEY", "KRB5CCNAME", "BEARER_TOKEN"),
    *("BEARER_TOKEN_FILE", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XAUTHORITY", "GPG_AGENT_INFO"),
    *("NETRC", "PGPASSWORD", "HF_TOKEN", "SUDO_USER", "LD_PRELOAD", "BASH_ENV", "PYTHONPATH", "BASH_FUNC_cd%%"),
    *("LCX", "PATHS", "MYHOME", "UV_PUBLISH_TOKEN", "PIP_TOKEN", "TWINE_PASSWORD", "CONDOR_TOKEN"),
)


def test_no_list_names_what_opens_a_door() -> None:
    environment = dict.fromkeys(OPENING, "secret")
    assert taken_over((*SYSTEM, *PACKAGES, *PROJECT, *BATCH), environment) == {}


def test_what_programs_need_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_NUMERIC", "C")
    monkeypatch.delenv("TZ", raising=False)
    found = taken_over(SYSTEM)
    assert {"PATH", "LC_NUMERIC"} <= found.keys()
    assert "TZ" not in found


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://me:secret@packages.example.org/simple", True),
        ("https://token@packages.example.org/simple", True),
        ("https://pypi.example.org/simple https://me:x@other.example.org/", True),
        ("me:secret@proxy.example.org:3128", True),
        ("https://pypi.example.org/simple", False),
        ("http://proxy.example.org:3128/a@b", False),
        ("/usr/bin:/home/me@work/bin", False),
        ("en_GB.UTF-8@euro", False),
    ],
)
def test_passwords_in_addresses(text: str, secret: bool) -> None:
    assert has_password(text) is secret
