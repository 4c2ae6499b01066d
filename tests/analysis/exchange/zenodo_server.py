"""A server that answers like Zenodo, on this machine."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Self

from zenodo_mock import DepositStore, MockZenodoHandler

SECRET = "a-token-that-nobody-may-see"


class Server:
    """The stand-in of zenodo-mock, which notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        asked: list[tuple[str, str, str]] = []

        class Handler(MockZenodoHandler):
            def parse_request(self) -> bool:
                done = super().parse_request()
                if done:
                    asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                return done

            def log_message(self, *_: object) -> None:
                """Nothing: tests look at what was asked."""

        self.asked, self.http = asked, ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        Handler.store = self.store = DepositStore(self.address, folder)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def sent(self) -> list[str]:
        """Names of the files that were sent since the last question."""
        found = [
            path.rpartition("/")[2] for method, path, _ in self.asked if (method, path[:11]) == ("PUT", "/api/files/")
        ]
        self.asked.clear()
        return found
