"""Rows of a batch command's answer among lines that a site adds."""

from __future__ import annotations

import json
import logging
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import BatchError
from tasks.batch.systems.commands import Commands
from tasks.batch.systems.htcondor import _status
from tasks.batch.systems.rows import Rows
from tasks.batch.systems.slurm_states import ROW, parse_row

BANNER = "Welcome, it is 10:25:29\n   quota: | 12 of 20 TB |\n"
LATER = BANNER.replace("10:25:29", "11:07:01")


def rows(banner: str = "") -> Rows:
    """Of a site whose every answer begins with a banner."""
    return Rows(Commands("farm"), ["printf", "%s", f"{banner}version 25.05\n"], r"version \d")


def matching(rows: Rows, text: str, pattern: str = ROW) -> list[str]:
    answer = Commands("farm").ask(["printf", "%s", text])
    return [match[0] for match in rows.matching("squeue", answer, pattern)]


ONE = "12_0|RUNNING|0:0|None|1700000000|node1|name"
TWO = "  12_[1-3]  |PENDING  |0 |(Priority)|N/A||name "


@pytest.mark.parametrize(
    "text", [f"{ONE}\n{TWO}\n", f"{BANNER}{ONE}\n{TWO}\n", f"{ONE}\n\nslurm_load: x\n{TWO}\n{BANNER}"]
)
def test_lines_that_are_no_rows_are_skipped_and_kept_in_the_log(text: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "erumflow.batch")
    site = rows()
    for _ in range(3):
        assert matching(site, text) == [ONE, TWO.strip()]
    others = {line.strip() for line in text.splitlines()} - {ONE, TWO.strip(), ""}
    assert {message.partition("besides: ")[2] for message in caplog.messages} == others
    # once
    assert len(caplog.messages) == len(others)


def test_an_answer_of_nothing_else_is_one_only_if_that_comes_with_every_answer():
    assert matching(rows(), "") == matching(rows(), "\n  \n") == []
    assert matching(rows(BANNER), LATER) == []
    for banner, text in (
        ("", BANNER),
        (BANNER, f"{LATER}Your password has expired.\n"),
        (BANNER, "<html>log in</html>"),
    ):
        with pytest.raises(BatchError, match="'farm': squeue does not answer what it was asked, but says: ") as error:
            matching(rows(banner), text)
        assert text.strip().splitlines()[-1].strip() in error.value.problem
        assert "see what squeue says by hand" in error.value.cure


def test_a_site_that_answers_everything_alike_answers_nothing():
    page = "Log in first"
    alike = Rows(Commands("farm"), ["echo", page], r"version \d")
    with pytest.raises(BatchError, match=page):
        matching(alike, page)


def objects(rows: Rows, text: str) -> list[dict[str, object]]:
    return rows.objects("condor_q", Commands("farm").ask(["bash", "-c", f"printf %s {shlex.quote(text)}"]))


def test_a_list_of_objects_may_have_lines_around_it():
    ads = [{"ClusterId": 1, "ProcId": 0, "Note": "[\n"}, {"ClusterId": 2}]
    for text in (json.dumps(ads), json.dumps(ads, indent=2)):
        assert objects(rows(), text) == ads
        assert objects(rows(), f"[info] 10:25\n[]x\n{BANNER}{text}\n{BANNER}") == ads
    assert objects(rows(), "") == objects(rows(), "[\n]\n") == []
    assert objects(rows(BANNER), LATER) == []
    for text in ("Failed", f"{BANNER}", 9000 * "[", '[{"ClusterId": 1,', "[1, 2]", '{"ClusterId": 1}'):
        with pytest.raises(BatchError, match="condor_q does not answer what it was asked"):
            objects(rows(), text)


QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)
FIELD = st.one_of(
    st.from_regex(r"[0-9\u00b2\u0663]{0,3}:?[0-9\u00b9]{0,2}", fullmatch=True),
    st.text(st.characters(exclude_characters="|\n", exclude_categories=["Cs"]), max_size=5),
    st.just("9" * 5000),
)


@pytest.mark.long
@QUICK
@given(
    st.sampled_from(["FAILED", "RUNNING", "PENDING", "X", "COMPLETED by 1"]), st.lists(FIELD, min_size=3, max_size=5)
)
def test_no_row_of_slurm_ends_the_following_of_jobs(state: str, fields: list[str]):
    row = "|".join(["7_0", state, *fields, "node1"])
    if re.fullmatch(ROW, row.strip()):
        assert parse_row(row.strip())[0] == "7_0"


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.just("/Expr(undefined)/"), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=3,
)
ATTRIBUTES = st.sampled_from(
    ["JobStatus", "RemoteHost", "JobCurrentStartDate", "ExitBySignal", "ExitSignal", "ExitCode", "HoldReason"]
)


@QUICK
@given(st.integers(0, 7), st.dictionaries(ATTRIBUTES, ANYTHING), st.booleans())
def test_no_ad_of_htcondor_ends_the_following_of_jobs(number: int, ad: dict[str, object], in_queue: bool):
    found = _status({"JobStatus": number} | ad, in_queue=in_queue)
    assert found.exit_code is None or isinstance(found.exit_code, int)
    assert found.started is None or isinstance(found.started, float)
