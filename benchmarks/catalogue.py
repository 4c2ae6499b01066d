"""What a study of thousands of files costs before anything runs: reading its catalogue, keys, and status of all chunks.

    python benchmarks/catalogue.py [--files 5000] [--runs 5]

The catalogue is generated, as DescribeFiles would write it of files on a server: half of them with regular clusters,
half without, 1,500 columns. The files themselves are not looked at, as status needs none of them. Asked for is the
status of a stage of all chunks, with nothing in the store and with all records there (their names: that is what status
looks at). The peer is a program that only imports law; both run in turn. 3 s are allowed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))
LAW = str(Path(sys.executable).parent / "law")

STUDY = """
import analysis.study as s

FILES = s.catalogue("files.{ending}")
READ = FILES.schema("c1", "c2", "c3")
study = s.Study(
    "many",
    title="Many files",
    datasets=(s.Dataset("data", "Data", "measured", FILES.files, READ, in_place=True),),
    stages=(s.Events("selected", s.Step("many.steps:select"), selects=True),),
)
"""
STEPS = """
def select(raw):
    return raw[raw.c1 > 0]
"""
PLACE = """
from tasks.families import task_class
from tasks.framework.settings import study_named
task = task_class(study_named("many").stage("selected"))(study="many", stage="selected")
print(task.place("data"))
print(*task.labels("data"))
"""


def write(files: int, ending: str, folder: Path) -> None:
    """A study with a catalogue of so many files."""
    from analysis.readers.catalogue_writing import write_catalogue

    drawn = random.Random(1)
    entries: list[dict[str, Any]] = []
    for number in range(files):
        events = drawn.randint(200_000, 1_500_000)
        borders = sorted({0, *drawn.sample(range(1000, events), 40)})
        name = f"nano_{number:04d}.root"
        entry = {"name": name, "url": f"{number // 1000:04d}/{name}", "size": 900 * events}
        entry |= {"checksum": f"adler32:{drawn.getrandbits(32):08x}", "events": events}
        entries.append(entry | {"clusters": borders if number % 2 else 10_000})
    columns = {f"c{number}": "float32" for number in range(1500)}
    content = {"format": 1, "folder": "root://eos.example.org//eos/data", "tree": "Events", "columns": columns}
    folder.mkdir(parents=True)
    write_catalogue(content | {"files": entries}, folder / f"files.{ending}")
    (folder / "study.py").write_text(STUDY.format(ending=ending))
    (folder / "steps.py").write_text(STEPS)


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - begin, done.stdout


def keep_all(environment: dict[str, str]) -> int:
    """Names of all records in the store; how many."""
    _, output = timed([sys.executable, "-c", PLACE], environment)
    place, labels = output.splitlines()
    folder = Path(environment["ERUMFLOW_STORE"], place)
    folder.mkdir(parents=True)
    for label in labels.split():
        for name in ("parquet", "manifest.json"):
            (folder / f"{label}.{name}").touch()
    return len(labels.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print("| command | catalogue | wall, s | runs (median) |")
    print("| --- | --- | ---: | ---: |")
    peers: list[float] = []
    worst = 0.0
    for ending in ("json", "yaml"):
        with tempfile.TemporaryDirectory() as folder:
            write(options.files, ending, Path(folder, "studies", "many"))
            shutil.copy(BASE / "law.cfg", folder)
            Path(folder, "law_user.cfg").write_text(f"[studies]\ndefault: many\npath: {folder}/studies\n")
            environment = os.environ | {
                "ERUMFLOW_STORE": f"{folder}/store",
                "LAW_CONFIG_FILE": f"{folder}/law.cfg",
                "LAW_HOME": folder,
                "PYTHONPATH": str(BASE),
            }
            timed([LAW, "index", "-q"], environment)
            status = [LAW, "run", "many.selected", "--print-status", "0"]
            for what, kept in (("nothing there", 0), ("all there", 1)):
                if kept:
                    number = keep_all(environment)
                    what = f"all {number:,} there"
                times = []
                for _ in range(options.runs):
                    seconds, output = timed(status, environment)
                    if ("absent" in output) == bool(kept):
                        raise SystemExit(f"status is wrong with {what}:\n{output}")
                    times.append(seconds)
                    peers.append(timed([sys.executable, "-c", "import law"], environment)[0])
                worst = max(worst, statistics.median(times))
                print(f"| status of all chunks, {what} | {ending} | {statistics.median(times):.2f} | {options.runs} |")
    print(f'| `python -c "import law"` | | {statistics.median(peers):.2f} | {len(peers)} |')
    print(f"\nkeys and status of {options.files:,} files: {worst:.2f} s at most, of 3 s allowed")


if __name__ == "__main__":
    main()
