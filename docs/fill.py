"""Numbers of README and docs, filled in from results of the default settings (docs/results).

    python docs/fill.py             # fill in what the pages' marked places say
    python docs/fill.py --check     # is all as the results are? exit status 1 if not
    python docs/fill.py --make      # first make the results (law run CollectResults of each study), and take them over

A marked place is a comment with a template, the text that is filled in, and an end:

    <!-- results of STUDY [CAMPAIGN]
    | strength | {NUMBER} |
    -->
    ...
    <!-- end of results -->

``{NUMBER}`` is a number of the study with its uncertainties, ``{NUMBER: FORM}`` the same in another form: ``bare``
without the words "(stat)" and "(syst)", ``total`` with one uncertainty, ``value`` alone, or a format of Python's
(``.2g``). ``{TABLE: ROW: COLUMN: FORM}`` is a cell of a table, whose row is named by what stands before it (of several
axes with commas); ``{#TABLE}`` is the number of its values, uncertainties among them; ``{#numbers}`` and ``{#tables}``
count all of the study. ``{> TASK: NAME}`` is what ``law run TASK`` says of a name at its end.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from analysis.errors import DataError, ErumflowError  # noqa: E402 (from where the script is)
from analysis.inference.rounding import measured_text  # noqa: E402
from analysis.results import Number, Table  # noqa: E402

PLACE = re.compile(
    r"(?P<head><!-- results of (?P<study>\w+)(?: (?P<campaign>\w+))?\n(?P<template>.*?)-->\n)(?P<text>.*?)"
    r"(?P<end><!-- end of results -->)",
    re.DOTALL,
)
_MARKED = re.compile(r"\{([#>]?) ?([^{}]+)\}")
# of a number; what made it changes with every edit
KEPT = ("name", "title", "value", "stat", "syst", "unit", "note")


def pages(root: Path = ROOT) -> list[Path]:
    """README and the pages of docs that have a marked place."""
    found = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return [page for page in found if PLACE.search(page.read_text(encoding="utf-8"))]


def asked(root: Path = ROOT) -> dict[tuple[str, str], set[str]]:
    """Studies and campaigns that the pages have numbers of, with the tables, and ``> TASK: NAME``, that they name."""
    found: dict[tuple[str, str], set[str]] = {}
    for page in pages(root):
        for place in PLACE.finditer(page.read_text(encoding="utf-8")):
            tables = found.setdefault((place["study"], place["campaign"] or ""), set())
            for sign, name in _MARKED.findall(place["template"]):
                table = name.partition(": ")[0]
                if sign == ">":
                    # not all of it: a task also says where its files are
                    tables.add(f"> {name}")
                elif (sign or name.count(": ") > 1) and table not in ("numbers", "tables"):
                    tables.add(table)
    return found


def results_file(study: str, campaign: str = "", root: Path = ROOT) -> Path:
    """The file of the results of a study's default settings."""
    return root / "docs" / "results" / f"{study}{f'_{campaign}' if campaign else ''}.json"


def take(results: Mapping[str, Any], tables: set[str], file: Path, printed: Mapping[str, Any] | None = None) -> None:
    """Keep results: all numbers, and the tables that pages name.

    Args:
        results: what CollectResults wrote.
        tables: names.
        file: where they are kept.
        printed: what tasks say at their end, by task and name.
    """
    numbers = [{name: one[name] for name in KEPT} for one in results["numbers"]]
    kept = [one for one in results["tables"] if one["name"] in tables]
    head = {name: results[name] for name in ("study", "campaign", "data")}
    content = {**head, "numbers": numbers, "tables": kept, "count_of_tables": len(results["tables"])}
    content["printed"] = dict(printed or {})
    lines = [f"{json.dumps(name)}: {_lines(value)}" for name, value in content.items()]
    file.parent.mkdir(exist_ok=True)
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _lines(value: Any) -> str:
    """A number or a table a line, so that git shows what changed."""
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n " + ",\n ".join(json.dumps(one, ensure_ascii=False, allow_nan=False) for one in value) + "\n]"


def filled(text: str, root: Path = ROOT) -> str:
    """A page with all its marked places filled in.

    Raises:
        DataError: results are missing, or a template names none.
    """

    def fill(place: re.Match[str]) -> str:
        results = _results(place["study"], place["campaign"] or "", root)
        told = _MARKED.sub(lambda one: _told(one[1], one[2], results), place["template"])
        return f"{place['head']}{told}{place['end']}"

    return PLACE.sub(fill, text)


def _results(study: str, campaign: str, root: Path) -> dict[str, Any]:
    file = results_file(study, campaign, root)
    if not file.is_file():
        raise DataError(f"there are no results {file}", cure="python docs/fill.py --make")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _told(sign: str, marked: str, results: Mapping[str, Any]) -> str:
    name, *rest = marked.split(": ")
    if sign == ">":
        return str(_known(_known(results["printed"], name, results), "".join(rest), results))
    numbers = {one["name"]: Number.from_json({"method": "", **one}) for one in results["numbers"]}
    tables = {one["name"]: Table.from_json(one) for one in results["tables"]}
    if sign:
        counts = {"numbers": len(numbers), "tables": results["count_of_tables"]}
        counts |= {
            title: sum(len(one.values) * (1 + 2 * len(one.errors)) for one in table.columns)
            for title, table in tables.items()
        }
        return str(_known(counts, name, results))
    if len(rest) > 1:
        row, column, *form = rest
        value, errors = _cell(_known(tables, name, results), row, column, results)
        return _formatted(value, errors, "".join(form))
    number = _known(numbers, name, results)
    form = "".join(rest)
    if form == "total" and number.total:
        number = replace(number, stat=number.total, syst=None)
    errors = {kind: pair for kind, pair in (("stat", number.stat), ("syst", number.syst)) if pair}
    return _formatted(number.value, errors, form)


def _cell(table: Table, row: str, column: str, results: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    rows = {
        ", ".join(map(_edge, values)): n for n, values in enumerate(zip(*(a.values for a in table.axes), strict=True))
    }
    number = _known(rows, row, results)
    chosen = _known({one.title: one for one in table.columns}, column, results)
    value = chosen.values[number]
    if value is None:
        raise DataError(f"the table {table.name!r} has no {column!r} of {row!r}", cure="leave it out of the template")
    return value, {kind: pairs[number] for kind, pairs in chosen.errors.items()}


def _edge(value: Any) -> str:
    if isinstance(value, tuple):
        return " to ".join(map(_edge, value))
    return value if isinstance(value, str) else f"{value:g}"


def _formatted(value: float, errors: Mapping[str, Any], form: str) -> str:
    if form in ("", "bare", "total") and errors:
        return measured_text(value, *((kind if not form else "", tuple(pair)) for kind, pair in errors.items()))
    if form == "value" and errors:
        return measured_text(value, *(("", tuple(pair)) for pair in errors.values())).partition(" ")[0]
    return f"{value:{form if form not in ('', 'bare', 'total', 'value') else '.4g'}}".replace("-", "−")


def _known(items: Mapping[str, Any], name: str, results: Mapping[str, Any]) -> Any:
    if name not in items:
        near = ", ".join(get_close_matches(name, items, 3, 0.0))
        raise DataError(
            f"the results of {results['study']} have no {name!r}{f'; there is {near}' if near else ''}",
            cure="correct the template; a table that is new in it comes with python docs/fill.py --make",
        )
    return items[name]


def run(task: str, study: str, campaign: str) -> dict[str, str]:
    """Run a task, and return what it says at its end, by name."""
    words = ["law", "run", task, "--study", study, *(["--campaign", campaign] if campaign else [])]
    print(" ".join(words), flush=True)
    output = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = (re.split(r"  +", line, maxsplit=1) for line in output.rpartition("\n\n")[2].splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


def make(study: str, campaign: str, tables: set[str]) -> None:
    """Make the results of a study's default settings, and keep what the pages name."""
    from tasks.opening import open_study

    run("CollectResults", study, campaign)
    results = dict(open_study(study, **({"campaign": campaign} if campaign else {}))["CollectResults"])
    words = sorted(word[2:].split(": ", 1) for word in tables if word.startswith("> "))
    said = {task: run(task, study, campaign) for task in dict.fromkeys(task for task, _ in words)}
    printed: dict[str, dict[str, str]] = {task: {} for task in said}
    for task, name in words:
        printed[task][name] = _known(said[task], name, results)
    take(results, tables, results_file(study, campaign), printed)


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--make", action="store_true", help="make the results first, and take them over")
    parser.add_argument("--check", action="store_true", help="change nothing; say what is not as the results are")
    options = parser.parse_args()
    if options.make and not options.check:
        for (study, campaign), tables in asked().items():
            make(study, campaign, tables)
    wrong = 0
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            wrong += 1
            print(f"{'other numbers' if options.check else 'filled in'}: {page.relative_to(ROOT)}")
            if not options.check:
                page.write_text(new, encoding="utf-8")
    return int(options.check and wrong > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ErumflowError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
