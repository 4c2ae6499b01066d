"""The command of a capsule: run it again, prove its numbers.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import ErumflowError, PreservationError
from analysis.preservation import archive, verdict
from analysis.preservation.description import Description
from analysis.preservation.rerunning import Settings, checked, folder_for, rerun, unpacked, untouched
from analysis.preservation.stored import StoredRecords, preserved_records, sha256_of, verified
from analysis.printable import in_a_line, printable
from analysis.settings import folders_in

__all__ = ["AGREES", "DIFFERS", "REFUSED", "main"]

#: exit statuses
AGREES, DIFFERS, REFUSED = 0, 1, 2

_END = """\
exit status: 0 if all agrees; 1 if something differs; 2 if nothing can be said (the file is damaged or no capsule, an
input or a package cannot be had, a step failed, erumflow itself failed). A rerun that was interrupted goes on when it
is started again.

A capsule is a program, and verifies itself as it likes. Whoever does not trust it lets a clone of erumflow look first,
which runs nothing of it:  python -m tasks.rerun verify FILE
What a rerun does with your rights, --no-network and --container keep in bounds. Of the environment it is given only
what programs need, and no tokens, keys or proxies; --variables hands over what it is to have.
"""


def main(arguments: Sequence[str], capsule: Path | None = None) -> int:
    """Run the command; returns the exit status.

    Args:
        arguments: of the command line.
        capsule: the file; ``None`` if the command line names it.
    """
    words = list(arguments)
    if words[:1] == ["verify"]:
        words[0] = "--only-verify"
    elif words[:1] == ["rerun"]:
        del words[0]
    options = _parser(capsule).parse_args(words)
    try:
        return _run(options, capsule or options.capsule)
    except ErumflowError as error:
        _say(str(error))
        return REFUSED
    except KeyboardInterrupt:
        _say("interrupted; start again in the same folder and it goes on")
        return REFUSED
    except Exception as error:
        # a mistake of this program says nothing about the numbers
        _say(f"{traceback.format_exc()}this is a mistake in erumflow itself, and no verdict: {error!r}")
        return REFUSED


def _run(options: argparse.Namespace, capsule: Path) -> int:
    _say(f"checking every member of {capsule}")
    description = checked(capsule)
    _say(f"{description.title}: as published if this is the published SHA-256: {sha256_of(capsule.resolve())}")
    if options.only_verify:
        return _verify(capsule, description, options.store)
    mirrors = options.mirror or [os.environ.get("ERUMFLOW_MIRROR", "")]
    folder = (options.folder or folder_for(capsule)).absolute()
    settings = Settings(
        folder=folder,
        mirrors=_mirrors(mirrors),
        workflow=options.workflow,
        site=options.site,
        settings=options.settings.absolute() if options.settings else None,
        workers=options.workers,
        jax=options.jax,
        network=not options.no_network,
        container=options.container,
        variables=tuple(name for text in options.variables for name in text.replace(",", " ").split()),
    )
    known = unpacked(capsule, description, folder)
    _say(f"{'going on in' if known else 'everything goes to'} {folder}")
    store = rerun(description, settings, _say)
    untouched(description, folder)
    found = verdict.judge(folder, description, store)
    file = folder / verdict.FILE
    # what a rerun has put there is no place to write to
    file.unlink(missing_ok=True)
    file.write_text(found.as_json(), encoding="utf-8")
    _print(found.as_text())
    _say(f"the verdict: {file}")
    if found.agrees and not options.keep:
        # by far the largest part of the folder, and made again by the lock
        shutil.rmtree(folder / "source" / ".venv", ignore_errors=True)
    return AGREES if found.agrees else DIFFERS


def _verify(capsule: Path, description: Description, store: Path | None) -> int:
    if store is None:
        _print(f"all {len(description.members)} members are what the capsule says")
        return AGREES
    names = [name for name in description.members if name.startswith("records/") and name.endswith("manifest.json")]
    preserved = preserved_records({name: archive.read(capsule, name) for name in names})
    records = StoredRecords(store, description.study)
    found = verified(
        preserved, records, unlike=verdict.unlike(description), report=lambda name: _say(f"reading {name}")
    )
    width = max(len(one.record) for one in found)
    for one in found:
        _print(in_a_line(f"{one.record.ljust(width)}  {one.verdict:7}  {', '.join(one.files)}".rstrip()))
    wrong = [one for one in found if one.verdict != "same"]
    _print(f"{len(found) - len(wrong)} of {len(found)} records have the preserved content, to the last bit")
    return DIFFERS if wrong else AGREES


def _parser(capsule: Path | None) -> argparse.ArgumentParser:
    own = shlex.join(["python3", capsule.name]) if capsule else "python -m tasks.rerun"
    parser = argparse.ArgumentParser(
        prog=own,
        description="Run a preserved study again, in an environment and a store made anew, and compare every number.",
        epilog=_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if capsule is None:
        parser.add_argument("capsule", type=Path, metavar="FILE", help="the capsule")
    parser.add_argument(
        "--folder", type=Path, help="for everything that is made; an earlier rerun in it goes on (default: NAME-rerun)"
    )
    parser.add_argument("--workflow", default="", choices=("htcondor", "slurm"), help="run jobs in a batch system")
    parser.add_argument("--site", default="", help="where jobs run (default: the batch system's own)")
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="file that describes your sites, in the format of law.cfg"
    )
    parser.add_argument("--workers", type=_positive, default=1, help="steps of the graph at a time (default: 1)")
    parser.add_argument(
        "--mirror",
        action="append",
        metavar="FOLDER",
        help="folder with copies of the inputs, for where they cannot be had (several: with colons between them, or "
        "this option again; default: $ERUMFLOW_MIRROR)",
    )
    parser.add_argument(
        "--jax", default="", choices=("cpu", "cuda12", "cuda13"), help="what JAX runs on (default: as preserved)"
    )
    parser.add_argument("--no-network", action="store_true", help="run it where no network is (needs bubblewrap)")
    parser.add_argument(
        "--container",
        action="store_true",
        help="run it where it sees its folder and the mirrors, and nothing else of yours (needs bubblewrap)",
    )
    parser.add_argument(
        "--variables",
        action="append",
        default=[],
        metavar="NAME,NAME",
        help="environment variables that the capsule's code is given besides those that every program needs, such as "
        "X509_USER_PROXY; default: none",
    )
    parser.add_argument("--keep", action="store_true", help="keep the environment (about 2 GB) when all agrees")
    parser.add_argument(
        "--only-verify",
        action="store_true",
        help="run nothing: check the capsule itself and, with --store, the digests of records that exist",
    )
    parser.add_argument("--store", type=Path, help="folder with records, for --only-verify")
    return parser


def _mirrors(named: Sequence[str]) -> tuple[Path, ...]:
    folders = tuple(folder.absolute() for text in named for folder in folders_in(text))
    for folder in folders:
        if not folder.is_dir():
            raise PreservationError(
                f"the mirror {folder} is no folder",
                cure="name one that holds copies: --mirror FOLDER, or unset ERUMFLOW_MIRROR",
            )
    return folders


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _print(text: str) -> None:
    print(printable(text), flush=True)


def _say(text: str) -> None:
    print(f"erumflow: {printable(text)}", file=sys.stderr, flush=True)
