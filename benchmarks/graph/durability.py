"""Cost of records that survive a loss of power: the same records written with and without fsync, in turn.

    python benchmarks/graph/durability.py [--records 1000] [--rounds 5] [--folder STORE'S DISK]

Records are written as tasks do (lock, draft, payload, manifest with checksums), by one process, without a graph around
them: what remains of a branch when its scheduling costs nothing. Time that is no processor time is that of the disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record


def write(store: Path, records: int) -> None:
    where, parts = LocalStore(store), KeyParts("Records")
    for number in range(records):
        with Record(where, f"study/Records/small-{parts.key()}", str(number), ("txt",)).writing(_alone) as draft:
            assert draft is not None
            draft.parts = parts
            draft.path("txt").write_text("result")


def _alone() -> None:
    raise SystemExit("somebody else is writing these records")


@contextmanager
def without_fsync() -> Iterator[None]:
    """Files reach the disk whenever the system likes."""
    original: Callable[[int], None] = os.fsync
    os.fsync = lambda descriptor: None
    try:
        yield
    finally:
        os.fsync = original


def timed(folder: Path, records: int) -> tuple[float, float]:
    """Wall and processor time of a record, ms."""
    os.sync()
    begin, used = time.perf_counter(), time.process_time()
    write(folder, records)
    wall, processor = time.perf_counter() - begin, time.process_time() - used
    return 1e3 * wall / records, 1e3 * processor / records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; default: that of temporary files")
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n")
    # what is read once for all manifests
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        write(Path(folder, "store"), 1)
    with_fsync, without = [], []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            with_fsync.append(timed(Path(folder, f"with{number}"), options.records))
            with without_fsync():
                without.append(timed(Path(folder, f"without{number}"), options.records))
    print("| a record of one small file | wall, ms | processor, ms | rounds |")
    print("| --- | ---: | ---: | ---: |")
    for name, times in (("with fsync", with_fsync), ("without", without)):
        walls, processors = zip(*times, strict=True)
        print(f"| {name} | {statistics.median(walls):.2f} | {statistics.median(processors):.2f} | {options.rounds} |")
    cost = statistics.median(a[0] - b[0] for a, b in zip(with_fsync, without, strict=True))
    print(f"\nfsync costs {cost:.2f} ms of wall time a record (two files)")


if __name__ == "__main__":
    main()
