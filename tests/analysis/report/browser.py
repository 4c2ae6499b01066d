"""What every result page has to do in a real browser: checks that tests of any page can use.

with open_browser() as browser:
    check_page(browser, path)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

DESKTOP = (1280, 900)
PHONE = (375, 812)

# as root, as in a container, there is no sandbox; the rest keeps it from asking its maker for anything
_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The machine's Chromium; the test skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page in a window of its own.

    Args:
        page: the window.
        said: errors and warnings of the console, and exceptions.
        asked: addresses that the page wanted.
    """

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def visit(
    browser: Browser,
    path: Path,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    **options: Any,
) -> Iterator[Visit]:
    """Open a page from the disk; at the end it must have been silent and have asked for nothing from anywhere else."""
    window = ViewportSize(width=size[0], height=size[1])
    context = browser.new_context(viewport=window, color_scheme=scheme, **options)
    try:
        seen = Visit(context.new_page())
        seen.page.set_default_timeout(10_000)
        seen.page.on("console", lambda m: seen.said.append(m.text) if m.type in ("error", "warning") else None)
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.goto(path.resolve().as_uri())
        yield seen
        assert seen.said == []
        assert [url for url in seen.asked if not url.startswith(("file:", "data:"))] == []
        assert len([url for url in seen.asked if url.startswith("file:")]) == 1
    finally:
        context.close()


def check_page(browser: Browser, path: Path) -> None:
    """Everything that is asked of a result page."""
    for size in (DESKTOP, PHONE):
        with visit(browser, path, size) as seen:
            check_images(seen)
            check_width(seen)
            check_graph(seen)
            check_figures(seen)
            check_width(seen)
    with visit(browser, path) as seen:
        check_print(seen)
    check_dark(browser, path)


def check_images(seen: Visit) -> None:
    """All figures are there, described, and drawn in their own proportions."""
    found = seen.page.evaluate(
        """() => Promise.all([...document.querySelectorAll('main img')].map(async (image) => {
            await image.decode();
            const box = image.getBoundingClientRect();
            return [image.naturalWidth, image.naturalHeight, box.width, box.height, image.alt];
        }))"""
    )
    assert found
    for natural_width, natural_height, width, height, text in found:
        assert natural_width > 0
        assert width / height == pytest.approx(natural_width / natural_height, rel=0.02)
        assert text.strip()


def check_width(seen: Visit) -> None:
    """The page does not scroll sideways, and nothing sticks out of it but what scrolls by itself."""
    overflowing = seen.page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const scrolls = (element) => element && (getComputedStyle(element).overflowX !== 'visible' ||
                scrolls(element.parentElement));
            const out = [...document.querySelectorAll('body *')].filter((element) =>
                element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement) &&
                !element.closest('dialog'));
            return [document.documentElement.scrollWidth > width, out.map((element) => element.outerHTML.slice(0, 80))];
        }"""
    )
    assert overflowing == [False, []]


def check_graph(seen: Visit) -> None:
    """Steps and records answer the mouse and the keyboard; what is told has key, code and inputs."""
    page = seen.page
    panel = page.locator("#detail")
    boxes = page.locator("#graph-steps .box")
    assert boxes.count() > 1
    # the last step has been made from something
    boxes.last.click()
    expect(panel).to_have_class("open")
    expect(boxes.last).to_have_attribute("aria-pressed", "true")
    if panel.locator("button.up").count() == 0:  # a step with several records: the first one
        panel.locator(".links button").first.click()
    for word in ("key", "made", "time", "memory"):
        assert panel.locator("dt", has_text=word).count() >= 1
    assert panel.locator("summary", has_text="Code").count() == 1
    key = panel.locator("dl.facts dd").first.text_content()
    used = panel.locator("details", has=page.locator("summary", has_text="Made from"))
    if used.get_attribute("open") is None:
        used.locator("summary").click()
    used.locator(".links button").first.click()
    assert panel.locator("dl.facts dd").first.text_content() != key
    page.keyboard.press("Escape")
    expect(panel).not_to_have_class("open")
    boxes.first.focus()
    page.keyboard.press("Enter")
    expect(panel).to_have_class("open")
    panel.locator("button.close").click()

    page.locator("label", has_text="All records").click()
    records = page.locator("#graph-all .box")
    assert records.count() >= boxes.count()
    expect(boxes.first).to_be_hidden()
    records.first.focus()
    page.keyboard.press("Space")
    expect(panel).to_have_class("open")
    expect(records.first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.locator("label", has_text="Steps").click()
    expect(boxes.first).to_be_visible()


def check_figures(seen: Visit) -> None:
    """A figure enlarges, arrow keys go on and round, Escape closes and gives the focus back."""
    page = seen.page
    viewer = page.locator("#viewer")
    buttons = page.locator(".enlarge")
    buttons.first.click()
    expect(viewer).to_be_visible()
    image = viewer.locator("img")
    small = page.locator(".enlarge img").first
    assert image.get_attribute("src") == small.get_attribute("src")
    width = image.evaluate("(image) => image.decode().then(() => image.getBoundingClientRect().width)")
    assert width >= small.evaluate("(image) => image.getBoundingClientRect().width") * 0.9
    box = image.bounding_box()
    window = page.viewport_size
    assert box is not None
    assert window is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    assert box["y"] + box["height"] <= window["height"]
    page.keyboard.press("ArrowLeft")
    assert image.get_attribute("src") == page.locator(".enlarge img").last.get_attribute("src")
    page.keyboard.press("ArrowRight")
    assert image.get_attribute("src") == small.get_attribute("src")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    # of the figure that was seen last
    expect(buttons.last).to_be_focused()


def check_print(seen: Visit) -> None:
    """On paper: the steps, whatever the screen shows, every table open, nothing that only a mouse can use."""
    page = seen.page
    page.locator("label", has_text="All records").click()
    page.locator("#graph-all .box").first.click()
    document = page.pdf()
    assert document.startswith(b"%PDF-")
    assert len(document) > 10_000
    page.emulate_media(media="print")
    expect(page.locator("#graph-steps")).to_be_visible()
    for hidden in ("#graph-all", "#detail", "#viewer", "#copy", "nav"):
        expect(page.locator(hidden)).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert (
        page.locator("main > section details:not([open])").count()
        == page.locator("#detail details:not([open])").count()
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")


def check_dark(browser: Browser, path: Path) -> None:
    """Dark where the reader's system is, also the graph; figures keep their white ground."""

    def look(page: Page, selector: str, what: str) -> str:
        return page.locator(selector).first.evaluate(f"(element) => getComputedStyle(element).{what}")

    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    seen = {}
    for scheme in schemes:
        with visit(browser, path, scheme=scheme) as one:
            seen[scheme] = {
                "paper": look(one.page, "body", "backgroundColor"),
                "ink": look(one.page, "body", "color"),
                "box": look(one.page, "#graph-steps .card", "fill"),
                "figure": look(one.page, ".enlarge", "backgroundColor"),
            }
    light, dark = seen["light"], seen["dark"]
    assert all(light[part] != dark[part] for part in ("paper", "ink", "box"))
    assert light["figure"] == dark["figure"] == "rgb(255, 255, 255)"
    assert _brightness(dark["paper"]) < 60 < 200 < _brightness(dark["ink"])
    assert _brightness(light["ink"]) < 60 < 200 < _brightness(light["paper"])


def _brightness(colour: str) -> float:
    parts = [float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(parts) / len(parts)
