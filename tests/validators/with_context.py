"""Run by the crate validator's Python: puts the RO-Crate context where the validator keeps what it has fetched.

Usage: CACHE ADDRESS FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

import requests
from requests_cache import CachedSession
from urllib3 import HTTPResponse


def main(cache: str, address: str, file: str) -> None:
    session = CachedSession(cache_name=cache, backend="sqlite", expire_after=-1)
    response = requests.Response()
    response.status_code, response.reason, response.url, response.encoding = 200, "OK", address, "utf-8"
    response.headers["Content-Type"] = "application/ld+json"
    response._content = Path(file).read_bytes()
    response.request = session.prepare_request(requests.Request("GET", address))
    response.raw = HTTPResponse(body=b"", status=200, headers=dict(response.headers), request_url=address)
    session.cache.save_response(response)


if __name__ == "__main__":
    main(*sys.argv[1:])
