"""What stands before every page: who may ask, under which name, and what a browser may do with the answer."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

__all__ = ["PAGES", "SANDBOX", "Guard", "is_known_host"]

#: of pages of this program: nothing but its own files, no script and no style within a page
PAGES = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: of files out of a store: an origin of their own, from which nothing can be asked
SANDBOX = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": PAGES.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Guard:
    """Lets those in who have the token and came to this machine by one of its names; nobody else sees anything.

    Args:
        application: an ASGI application.
        token: that the address has, or a cookie.
        cookie: name of the cookie.
        hosts: names under which a proxy may be asked, besides those of loopback.
    """

    def __init__(self, application: Any, token: str, cookie: str, hosts: Iterable[str] = ()) -> None:
        self._application = application
        self._token = token.encode()
        self._cookie = cookie
        self._hosts = tuple(hosts)

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            # neither web sockets nor a life span are served
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        guarded = _with_headers(send)
        if not is_known_host(host, self._hosts):
            await _answer(guarded, 421, "This page is not known under that name (law run Serve --hosts NAME).")
            return
        if scope["method"] not in ("GET", "HEAD") and not _is_own(headers, host):
            await _answer(guarded, 403, "Only the page itself may ask for this.")
            return
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if "token" in query and scope["method"] in ("GET", "HEAD"):
            if self._is_right(query.pop("token")[0]):
                await self._welcome(guarded, scope["path"], urlencode(query, doseq=True))
            else:
                await _answer(
                    guarded, 401, "This is another page's token. law run Serve has printed the right address."
                )
            return
        if not self._is_right(_cookie(headers.get(b"cookie", b"").decode("latin-1"), self._cookie)):
            await _answer(guarded, 401, "The address needs the token that law run Serve has printed with it.")
            return
        await self._application(scope, receive, guarded)

    def _is_right(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token)

    async def _welcome(self, send: Send, path: str, query: str) -> None:
        """Keep the token in a cookie, for the folder that the browser knows this page by, and out of the address."""
        # relative: there may be a proxy, and only the browser knows its name
        goal = path.rpartition("/")[2] or "./"
        cookie = f"{self._cookie}={self._token.decode()}; HttpOnly; SameSite=Lax"
        headers = [(b"location", f"{goal}{'?' + query if query else ''}".encode()), (b"set-cookie", cookie.encode())]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def is_known_host(host: str, more: Iterable[str] = ()) -> bool:
    """Whether a request's Host is a name of loopback, or one of some more; with any port, as tunnels have their own.

    Examples:
        >>> [is_known_host(host) for host in ("localhost:8765", "127.0.0.1", "[::1]:9", "evil.example:8765", "")]
        [True, True, True, False, False]
        >>> is_known_host("hub.example.org", ["hub.example.org"])
        True
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in (*_LOOPBACK, *more)


def _is_own(headers: MutableMapping[bytes, bytes], host: str) -> bool:
    """Whether a form of this page asks, as browsers tell."""
    # a page that sends no referrer has no origin either, and then only this says where a form is from
    if headers.get(b"sec-fetch-site") == b"same-origin":
        return True
    origin = headers.get(b"origin", b"").decode("latin-1")
    return bool(origin) and urlsplit(origin).netloc == host


def _cookie(text: str, name: str) -> str:
    for part in text.split(";"):
        own, _, value = part.strip().partition("=")
        if own == name:
            return value
    return ""


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower(): value for name, value in message.get("headers", ())}
            message = {**message, "headers": list({**_HEADERS, **own}.items())}
        await send(message)

    return guarded


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
