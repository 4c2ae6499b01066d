"""``law run Serve`` in a browser, while a graph runs, is killed and runs again."""

from __future__ import annotations

import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

from playwright.sync_api import Browser, expect

from analysis.provenance.local_store import LocalStore
from tests.analysis.provenance.stored import write_record
from tests.analysis.report.browser import DESKTOP, PHONE, open_browser
from tests.tasks.project import Project, new_project
from tests.tasks.pulse_study import CALIBRATE, write_study
from tests.tasks.serving.page_visits import check_accessible, looked_at, served

pytestmark = pytest.mark.services

# seconds of one record of the slow step
SLOW = 2.0
PAGES = ("", "trainings", "records", "reports", "jobs", "disk", "compare")


@pytest.fixture(scope="module")
def slow(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a small study whose calibration takes its time."""
    project = new_project(repository, tmp_path_factory.mktemp("slow"), "airshower", None)
    write_study(project.folder)
    project.replace("pulse_calibration.py", CALIBRATE, f"import time; time.sleep({SLOW}); {CALIBRATE}")
    return project


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def test_a_graph_runs_is_killed_and_runs_again(slow: Project, browser: Browser):
    with served(slow) as (address, server), looked_at(browser, address, DESKTOP, "light") as page:
        # the token has left the address
        expect(page).to_have_url(address.partition("?")[0])
        heading = page.locator("#live h1")
        expect(heading).to_have_text("Nothing has run here yet")
        page.evaluate("window.seen = 'the same page'")

        command = slow.start("run", "CollectResults", "--workers", "2")
        expect(page.locator("#live .run .state").first).to_have_text("running", timeout=30_000)
        expect(heading).to_contain_text("law run CollectResults --workers 2")
        expect(page.locator("#live table")).to_contain_text("CalibrateEvents", timeout=30_000)
        expect(page.locator("#status")).to_have_text("1 running")
        check_accessible(page)
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        expect(heading).to_have_text("The last command died")
        expect(page.locator("#live .note")).to_contain_text("killed by hand")
        expect(page.locator("#status")).to_contain_text("died")
        check_accessible(page)

        command = slow.start("run", "CollectResults", "--workers", "2")
        expect(page.locator("#live .run .state").first).to_have_text("running", timeout=30_000)
        command.communicate(timeout=120)
        assert command.returncode == 0
        expect(heading).to_have_text("Nothing is running")
        expect(page.locator("#live .run .state").first).to_have_text("complete")
        # all of that came by itself
        assert page.evaluate("window.seen") == "the same page"

        # Ctrl-C ends it, though a browser listens
        os.killpg(server.pid, signal.SIGINT)
        output, _ = server.communicate(timeout=20)
        assert server.returncode == 0, output
        assert "the page has ended" in output
        assert "Traceback" not in output
        token = address.partition("token=")[2]
        assert token not in output
        expect(page.locator("#connection")).to_contain_text("not connected")


def test_each_page_in_both_sizes_light_and_dark(slow: Project, browser: Browser):
    with served(slow, "--allow-commands") as (address, _):
        base = address.partition("?")[0]
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for size, scheme in zip((DESKTOP, PHONE), schemes, strict=True):
            with looked_at(browser, address, size, scheme) as page:
                for name in PAGES:
                    page.goto(f"{base}{name}", wait_until="domcontentloaded")
                    check_accessible(page)
                # a search by keyboard, and a record from it
                page.goto(f"{base}records")
                page.locator("input[name=words]").focus()
                page.keyboard.type("summary")
                page.keyboard.press("Enter")
                expect(page.locator("tbody tr")).to_have_count(1)
                page.locator("tbody a").focus()
                page.keyboard.press("Enter")
                expect(page.locator("h1")).to_contain_text("summary")
                check_accessible(page)
        colours = []
        for scheme in schemes:
            with looked_at(browser, address, DESKTOP, scheme) as page:
                colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert colours[0] != colours[1]


def test_a_command_is_started_and_stopped(slow: Project, browser: Browser):
    slow.replace("pulse_calibration.py", "settings.scale * pulse", "1.5 * settings.scale * pulse")
    with (
        served(slow, "--allow-commands") as (address, _),
        looked_at(browser, address, DESKTOP, "light") as page,
    ):
        page.locator("select[name=task]").select_option("CollectResults")
        page.locator("select[name=study]").select_option("pulse")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#live .run .state").first).to_have_text("running", timeout=30_000)
        page.locator("#live summary", has_text="law run CollectResults").first.click()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#live h1").first).to_have_text("The last command was interrupted", timeout=20_000)


def test_what_a_record_can_be_asked(pulse: Project, browser: Browser):
    results = pulse.store / "pulse/CollectResults"
    (first,) = (one.name[-12:] for one in results.iterdir())
    pulse.replace("pulse_calibration.py", "settings.scale * pulse", "1.5 * settings.scale * pulse")
    pulse.law("run", "CollectResults")
    (second,) = (one.name[-12:] for one in results.iterdir() if first not in one.name)
    pulse.replace("pulse.py", "float(values.mean())", "float(values.max())")
    write_record(LocalStore(pulse.store), "CalibrateEvents", study="pulse", days=400.0)
    kept = sorted(pulse.store.glob("pulse/**/*"))
    with served(pulse) as (address, _), looked_at(browser, address, DESKTOP, "light") as page:
        page.set_default_timeout(30_000)
        answer = page.locator("pre.output")
        page.goto(f"{address.partition('?')[0]}records?words={first}", wait_until="domcontentloaded")
        page.locator("tbody a").click()
        page.get_by_role("link", name="--explain").click()
        # what the present code would make, and why: the line that was changed
        expect(answer).to_contain_text("inputs summary")
        expect(answer).to_contain_text("code pulse:summarise changed")
        expect(answer).to_contain_text('+    mean = Number("mean", "mean", float(values.max())')
        check_accessible(page)

        page.go_back(wait_until="domcontentloaded")
        page.get_by_role("link", name="Compare").click()
        expect(page.locator("input[name=a]")).to_have_value(first)
        # the other keys of the same task are offered
        assert [one.get_attribute("value") for one in page.locator("#others option").all()] == [second]
        page.locator("input[name=b]").fill(second)
        page.get_by_role("button", name="Compare").click()
        for text in ("+    return 1.5 * settings.scale * pulse", "9.57 ± 0.10", "12.98 ± 0.10"):
            expect(answer).to_contain_text(text)
        check_accessible(page)

        page.get_by_role("link", name="Disk").click()
        page.get_by_role("link", name="Find it out").click()
        expect(answer).to_contain_text("in all: 1 keys, 1 records")
        expect(answer).to_contain_text("nothing was touched")
        check_accessible(page)
    assert sorted(pulse.store.glob("pulse/**/*")) == kept


def test_it_listens_on_loopback_alone_and_behind_a_prefix(slow: Project):
    with served(slow) as (address, _):
        port = int(address.split(":")[2].partition("/")[0])
        sockets = Path("/proc/net/tcp").read_text().splitlines()
        listening = [
            line.split()[1] for line in sockets if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
        ]
        assert listening == [f"0100007F:{port:04X}"]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address.partition("?")[0])
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(urllib.request.Request(address, headers={"Host": "evil.example"}))
        # no address begins at the root, so any prefix serves
        jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        text = jar.open(address).read().decode()
        assert not re.findall(r'(?:href|src|action|data-events)="/', text)
        # a second one cannot have the port, and says so
        assert "name another one: --port" in slow.law("run", "Serve", "--port", str(port), fails=True)
