"""The site of docs: it builds without a warning, needs no other host, leads nowhere else, and is read in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from docs.site.command_line import tasks
from docs.site.references import cited, known
from tests.analysis.report.browser import DESKTOP, PHONE, open_browser

pytest.importorskip("myst_nb")
ROOT = Path(__file__).resolve().parents[1]
# it is built for them
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    command = [sys.executable, "docs/build.py", "--no-open", "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """Anchors of a page, addresses that it leads to, and those that it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.leads.append(named["href"])
        elif tag == "link" and named.get("rel") in ("search", "next", "prev", "index", "author"):
            self.leads.append(named.get("href", ""))
        else:
            self.loads += [named[name] for name in ("src", "href", "data", "poster") if name in named]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    found = {path: Links(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    # opened by scripts alone, with what is searched for
    return {path: links for path, links in found.items() if "_static" not in path.parts}


def test_pages_load_nothing_from_another_host(site: Path, pages: dict[Path, Links]):
    assert len(pages) > 60
    loads = {address for links in pages.values() for address in links.loads}
    assert [one for one in loads if urlsplit(one).scheme not in ("", "data") or one.startswith("//")] == []
    for path in [*site.rglob("*.css"), *site.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\"']*", text) == [], path
        assert re.findall(r"(?:import|fetch|importScripts)\(?\s*[\"']https?://", text) == [], path


def test_links_lead_to_pages_and_anchors(pages: dict[Path, Links]):
    wrong = set()
    for path, links in pages.items():
        for address in {*links.leads, *links.loads}:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in pages and unquote(parts.fragment) not in pages[target].anchors):
                wrong.add(f"{path.name}: {address}")
    assert sorted(wrong) == []


def test_every_page_and_task_is_there(site: Path):
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs").with_suffix(".html")).exists(), page
    commands = (site / "command-line.html").read_text(encoding="utf-8")
    for task in (task for classes in tasks().values() for task in classes):
        assert f'id="task-{task.__name__.lower()}"' in commands


def test_every_paper_has_its_title():
    numbers = cited()
    assert len(numbers) > 50
    assert numbers.keys() == known().keys(), "docs/references.yaml has authors and titles"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.services
@pytest.mark.parametrize("page", ["index.html", "concepts/key.html", "command-line.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_sees_it_from_disk(site: Path, browser: Browser, page: str, scheme: Any):
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, color_scheme=scheme)
    window = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    window.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on("request", lambda request: asked.append(request.url))
    window.goto((site / page).as_uri())
    # nothing scrolls sideways on a phone
    assert not window.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert said == []
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
    # axe would read the style sheets once more, which a browser forbids for files
    found = Axe().run(window, options={"preload": False}).response["violations"]
    told = [(one["id"], [node["html"][:150] for node in one["nodes"]][:3]) for one in found]
    assert [one for one, rule in zip(told, found, strict=True) if rule["impact"] in ("serious", "critical")] == []
    context.close()


@pytest.mark.services
def test_a_reader_searches_from_disk(site: Path, browser: Browser):
    window = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    window.goto((site / "search.html").as_uri() + "?q=fingerprint")
    window.locator("ul.search li a").first.wait_for()
    assert window.locator("ul.search li a", has_text="Glossary").count() > 0
    window.close()
