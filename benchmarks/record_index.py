"""Time to list the records of a store from the index, against reading a manifest of each place.

    python benchmarks/record_index.py [--places 50000]

The store is a folder with as many real manifests, one a place. The peer is what ``law run ListRecords`` does without an
index: a listing and a manifest of each place.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from analysis.provenance.inventory import find_places, locations, read_manifests  # noqa: E402
from analysis.provenance.keys import KeyParts  # noqa: E402
from analysis.provenance.local_store import LocalStore  # noqa: E402
from analysis.provenance.manifests import manifest_text  # noqa: E402
from analysis.provenance.record_index import RecordIndex  # noqa: E402
from tests.analysis.provenance.stored import write_record  # noqa: E402


def fill(store: LocalStore, number: int) -> None:
    """Write manifests, without waiting for the disk."""
    manifest = write_record(store, "TrainModel").manifest()
    manifest.pop("digest", None)
    for version in range(1, number):
        family = ("SimulateData", "FitEvents", "ScoreEvents", "FillHistograms")[version % 4]
        parts = KeyParts(family, parameters={"version": str(version), "series": "default"}, inputs={})
        place = f"study{version % 10}/{family}/default-{parts.key()}"
        record = {"study": place.split("/")[0], "family": family, "place": place, "label": "", "key": parts.key()}
        folder = store.root / place
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(manifest_text({**manifest, "record": record, "parts": parts}))
        # written long ago: a folder of this very moment is looked into again
        os.utime(folder, (1e9 + version, 1e9 + version))


def timed(what: str, do: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    do()
    taken = time.perf_counter() - begin
    print(f"{what:<44} {taken:8.3f} s", flush=True)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=50_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder) / "store")
        fill(store, asked.places)
        where = locations([store])
        index = RecordIndex(Path(folder) / "index.sqlite")
        peer = timed("without an index", lambda: read_manifests(find_places(where[0])))
        timed("the index made anew", lambda: index.refresh(where))

        def listed() -> None:
            index.refresh(where)
            _, total = index.search("study3 fit")
            assert total == sum(version % 10 == 3 and version % 4 == 1 for version in range(1, asked.places))

        ours = timed("brought up to date, searched", listed)
        timed("searched alone", lambda: index.search("study3 fit"))
        print(f"ratio {peer / ours:.1f}")


if __name__ == "__main__":
    main()
