"""Who may ask for the page, and what a browser may do with it."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from tasks.serving.guard import PAGES, Guard

TOKEN = "the-right-token"


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"seen"})


def ask(
    path: str = "/",
    query: str = "",
    method: str = "GET",
    *,
    host: str = "localhost:8765",
    cookie: str = "",
    origin: str = "",
    site: str = "",
    hosts: tuple[str, ...] = (),
) -> tuple[int, dict[str, str], bytes]:
    headers = [(b"host", host.encode())]
    headers += [(b"cookie", cookie.encode())] if cookie else []
    headers += [(b"origin", origin.encode())] if origin else []
    headers += [(b"sec-fetch-site", site.encode())] if site else []
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(inner, TOKEN, "erumflow-8765", hosts)(scope, None, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"]


RIGHT = f"a=b; erumflow-8765={TOKEN}; c=d"


def test_the_token_becomes_a_cookie_and_leaves_the_address():
    status, headers, body = ask("/records", f"token={TOKEN}&study=a")
    assert (status, headers["location"], body) == (303, "records?study=a", b"")
    assert headers["set-cookie"] == f"erumflow-8765={TOKEN}; HttpOnly; SameSite=Lax"
    # relative: a proxy has a prefix of its own
    assert ask("/", f"token={TOKEN}")[1]["location"] == "./"
    assert ask(cookie=RIGHT)[0] == 200


@pytest.mark.parametrize("cookie", ["", "erumflow-8765=", "erumflow-8765=the-right-toke", f"other={TOKEN}"])
def test_without_it_nothing_is_seen(cookie: str):
    status, _, body = ask(cookie=cookie)
    assert status == 401
    assert b"seen" not in body
    assert ask(query="token=wrong", cookie=RIGHT)[0] == 401


def test_the_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[bytes, bytes]] = []
    compare = secrets.compare_digest

    def noting(a: bytes, b: bytes) -> bool:
        asked.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(secrets, "compare_digest", noting)
    ask(query="token=wrong")
    ask(cookie=RIGHT)
    assert asked == [(b"wrong", TOKEN.encode()), (TOKEN.encode(), TOKEN.encode())]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[::1", "10.0.0.1"]
)
def test_another_name_for_this_machine_is_refused(host: str):
    assert ask(host=host, cookie=RIGHT)[0] == 421


def test_names_of_tunnels_and_named_proxies_serve():
    for host in ("localhost:9000", "127.0.0.1:8765", "[::1]:8765"):
        assert ask(host=host, cookie=RIGHT)[0] == 200
    assert ask(host="hub.example.org", cookie=RIGHT, hosts=("hub.example.org",))[0] == 200


def test_only_the_page_itself_may_change_something():
    assert ask("/start", method="POST", cookie=RIGHT)[0] == 403
    assert ask("/start", method="POST", cookie=RIGHT, origin="http://evil.example")[0] == 403
    assert ask("/start", method="POST", cookie=RIGHT, origin="null")[0] == 403
    for site in ("cross-site", "same-site", "none"):
        assert ask("/start", method="POST", cookie=RIGHT, origin="null", site=site)[0] == 403
    assert ask("/start", method="POST", cookie=RIGHT, origin="null", site="same-origin")[0] == 200
    assert ask("/start", method="POST", origin="http://localhost:8765")[0] == 401
    assert ask("/start", query=f"token={TOKEN}", method="POST", origin="http://localhost:8765")[0] == 401
    assert ask("/start", method="POST", cookie=RIGHT, origin="http://localhost:8765")[0] == 200


@pytest.mark.parametrize("query", ["", "token=wrong"])
def test_every_answer_says_what_a_browser_may_do(query: str):
    for cookie in ("", RIGHT):
        _, headers, _ = ask(query=query, cookie=cookie)
        assert headers["content-security-policy"] == PAGES
        assert "unsafe" not in PAGES
        assert "frame-ancestors 'none'" in PAGES
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
