"""A page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, expect

from analysis.report.page import render
from tests.analysis.report.browser import DESKTOP, PHONE, check_page, check_width, open_browser, visit
from tests.analysis.report.example import page, records

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, started once."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything on it, on the disk."""
    file = tmp_path_factory.mktemp("page") / "a page.html"
    file.write_text(render(page()), encoding="utf-8")
    return file


def test_a_page_does_what_is_asked_of_it(browser: Browser, path: Path) -> None:
    check_page(browser, path)


def test_the_command_is_copied(browser: Browser, path: Path) -> None:
    with visit(browser, path, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.page.locator("#copy").click()
        expect(seen.page.locator("#copy")).to_have_text("Copied")
        assert seen.page.evaluate("navigator.clipboard.readText()") == page().command


def test_the_key_of_a_number_leads_to_its_record(browser: Browser, path: Path) -> None:
    with visit(browser, path) as seen:
        key = seen.page.locator("button.key").first
        key.click()
        panel = seen.page.locator("#detail")
        expect(panel.locator("h3")).to_have_text("observed")
        expect(panel.locator("dl.facts dd").first).to_have_text(key.text_content() or "")
        expect(panel).to_be_in_viewport()


def test_a_number_without_its_record_says_its_key(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(render(page(records=records()[:1])), encoding="utf-8")
    with visit(browser, file) as seen:
        expect(seen.page.locator("button.key").first).to_be_disabled()


def test_on_a_phone_an_open_step_leaves_the_graph_in_sight(browser: Browser, path: Path) -> None:
    with visit(browser, path, PHONE) as seen:
        step = seen.page.locator("#graph-steps .box").nth(5)
        step.click()
        panel = seen.page.locator("#detail").bounding_box()
        assert panel is not None
        assert panel["height"] <= 0.7 * PHONE[1]
        assert panel["y"] + panel["height"] == pytest.approx(PHONE[1], abs=1)
        # scrolling takes its time
        seen.page.wait_for_function(
            "([name, top]) => document.querySelector(`#graph-steps .box[data-name=${name}]`)"
            ".getBoundingClientRect().bottom < top",
            arg=[step.get_attribute("data-name"), panel["y"]],
        )


def test_many_records_and_long_words_fit(browser: Browser, tmp_path: Path) -> None:
    names = tuple(f"dataset_with_a_name_that_goes_on_and_on_{number}_tau_energy_scale_up" for number in range(40))
    file = tmp_path / "page.html"
    file.write_text(
        render(
            page(
                records=records(names, chunks=30),
                title="a_title_without_any_space_that_is_longer_than_a_line_of_any_telephone_there_ever_was",
                command="law run Report " + " ".join(f"--parameter-{number}=value" for number in range(30)),
            )
        ),
        encoding="utf-8",
    )
    for size in (DESKTOP, PHONE):
        with visit(browser, file, size) as seen:
            check_width(seen)
            seen.page.locator("label", has_text="All records").click()
            seen.page.locator("#graph-all .box").last.click()
            check_width(seen)


def test_a_page_with_next_to_nothing(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    nothing = dict.fromkeys(("headline", "numbers", "tables", "sections", "records", "datasets"), ())
    file.write_text(render(page(**nothing, simulation_note="", data="asimov")), encoding="utf-8")
    with visit(browser, file) as seen:
        expect(seen.page.locator(".badge")).to_contain_text("Asimov")
        check_width(seen)


def test_text_is_never_markup(browser: Browser, tmp_path: Path) -> None:
    """What studies and records say is shown, not run."""
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    nodes = (*records(), *records((evil,))[:1])
    file = tmp_path / "page.html"
    file.write_text(render(page(title=evil, subtitle=f"${evil}$", command=evil, records=nodes)), encoding="utf-8")
    with visit(browser, file) as seen:
        alerts: list[str] = []

        def note(dialog: Dialog) -> None:
            alerts.append(dialog.message)
            dialog.dismiss()

        seen.page.on("dialog", note)
        expect(seen.page.locator("h1")).to_have_text(evil)
        seen.page.locator("#graph-steps .box", has_text="FetchData").click()
        expect(seen.page.locator("#detail")).to_contain_text(evil)
        assert seen.page.locator("img[src=x]").count() == 0
        assert alerts == []
