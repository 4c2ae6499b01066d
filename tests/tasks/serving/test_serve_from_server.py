"""``law run Serve`` where the records are on a server: a graph runs and writes there."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

from playwright.sync_api import expect

from tests.analysis.report.browser import DESKTOP, open_browser
from tests.services.servers import S3
from tests.tasks.project import Project, new_project
from tests.tasks.pulse_study import write_study
from tests.tasks.serving.page_visits import looked_at, served

pytestmark = pytest.mark.services


@pytest.fixture
def project(repository: Path, tmp_path: Path, s3: S3) -> Project:
    """The project with a small study, whose store is on the S3 server."""
    project = new_project(repository, tmp_path, "airshower", None)
    write_study(project.folder)
    project.variables |= {
        "ERUMFLOW_STORE": f"s3://{s3.bucket}/{uuid.uuid4().hex}",
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_SHARED_CREDENTIALS_FILE": str(s3.credentials),
    }
    with (project.folder / "law_user.cfg").open("a") as file:
        file.write(f"\n[store]\ncache: {tmp_path / 'copies'}\ncache_size: 1\n")
    return project


def test_a_graph_that_writes_to_s3(project: Project, tmp_path: Path):
    with (
        open_browser() as browser,
        served(project) as (address, _),
        looked_at(browser, address, DESKTOP, "light") as page,
    ):
        base = address.partition("?")[0]
        expect(page.locator(".store")).to_have_text(project.variables["ERUMFLOW_STORE"])
        command = project.start("run", "Report", "--workers", "2")
        expect(page.locator("#live .run .state").first).to_have_text("running", timeout=30_000)
        output, _ = command.communicate(timeout=120)
        assert command.returncode == 0, output
        expect(page.locator("#live h1")).to_have_text("Nothing is running")
        expect(page.locator("#live .lead")).to_contain_text("law run Report --workers 2")
        # nothing but copies, locks and journals is here
        assert not list(project.store.glob("**/manifest.json"))

        page.goto(f"{base}records?task=CollectResults", wait_until="domcontentloaded")
        page.locator("tbody a").first.click()
        expect(page.locator("main")).to_contain_text("results.json")
        page.locator("h2", has_text="Made from").locator("+ ul a").first.click()
        expect(page.locator("h1")).to_contain_text("summary")
        expect(page.locator("h2", has_text="Used by").locator("+ ul")).to_contain_text("CollectResults")

        page.goto(f"{base}reports", wait_until="domcontentloaded")
        report = page.request.get(f"{base}{page.locator('.reports .title').get_attribute('href')}")
        assert report.headers["content-type"].startswith("text/html")
        assert "The mean of pulses." in report.text()

        page.goto(f"{base}disk", wait_until="domcontentloaded")
        expect(page.locator("tbody")).to_contain_text("Report")
        expect(page.locator("dl.headline dd").first).to_have_text(re.compile(r"[\d.]+ [kM]B"))

        # what the present code makes is decided by a process of its own, which reads the server, too
        page.goto(f"{base}records?task=CollectResults", wait_until="domcontentloaded")
        until = time.monotonic() + 30
        while page.locator("tbody .state").all_text_contents() != ["current"]:
            assert time.monotonic() < until
            page.wait_for_timeout(500)
            page.reload(wait_until="domcontentloaded")
