"""The page of ``law run Serve`` in a browser: what its tests share."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.tasks.project import Project

__all__ = ["check_accessible", "looked_at", "served"]


@contextmanager
def served(project: Project, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve the page on a free port; yields its address."""
    process = project.start("run", "Serve", "--port", "0", *options)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]+", line)
        assert found, line
        yield found.group(), process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def looked_at(
    browser: Browser, address: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> Iterator[Page]:
    """Open the page; at the end nothing was said on the console, and nobody else asked for anything."""
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, wait_until="domcontentloaded")
        yield page
        # that a server has gone is told by the browser, too
        assert [text for text in said if "ERR_CONNECTION_REFUSED" not in text and "ERR_INCOMPLETE" not in text] == []
        base = address.partition("?")[0]
        assert [url for url in asked if not url.startswith((base, "data:"))] == []
    finally:
        context.close()


def check_accessible(page: Page) -> None:
    """axe-core finds nothing, and the page does not scroll sideways."""
    found: Any = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
