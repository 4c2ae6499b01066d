"""Cures of faults of law and luigi."""

from __future__ import annotations

from typing import Any

import luigi
from luigi.cmdline_parser import CmdlineParser

from tasks.framework import law_cures

law_cures.apply()


def test_a_parser_is_made_once_until_there_are_more_tasks():
    parser: Any = CmdlineParser
    first = parser._build_parser()
    assert parser._build_parser() is first
    assert parser._build_parser(root_task="Later") is not first

    class Later(luigi.Task):
        bins = luigi.IntParameter(default=3)

    assert parser._build_parser(root_task="Later") is parser._build_parser(root_task="Later")
    for made in (parser._build_parser(), parser._build_parser(root_task="Later")):
        assert made.parse_args(["Later", "--Later-bins", "5"]).Later_bins == "5"
    assert parser._build_parser(root_task="Later").parse_args(["Later", "--bins", "5"]).bins == "5"
