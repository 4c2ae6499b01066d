"""Events per second of calibration and reconstruction, against a script written by hand.

Real measured events are repeated up to a given number of events. The study's steps (read, calibrate, write,
read, reconstruct, write, chunk by chunk) and the script (handwritten_htautau.py) take turns, each in a process of its
own; the time is that of the work, without interpreter start and imports. The script runs twice, with the file of
calibrated events that the study keeps, and without. The results are compared before anything is printed.

    python benchmarks/calibrate_reconstruct.py --mirror FOLDER [--in-place]

With ``--in-place``, the study also reads the same events where they are, from an XRootD server on loopback that the
scripts of tests/services bring up; what it needs next is read while the steps compute, as tasks do.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]


def enlarge(mirror: Path, events: int, folder: Path) -> None:
    """Measured events of 2012B in random order, again and again, with types and compression as in the original."""
    import numpy as np
    import uproot

    from analysis.studies.htautau.study import study

    source = mirror / study.dataset("Run2012B").files[0].mirror
    with uproot.open(source) as content:
        arrays = content["Events"].arrays(library="np")
    with uproot.recreate(folder / "events.root", compression=uproot.ZLIB(1)) as content:
        content.mktree("Events", {name: array.dtype for name, array in arrays.items()})
        # in the original order, repetitions 54 kB apart would be a gift to some compressions
        generator = np.random.default_rng(1)
        for start in range(0, events, 100_000):
            rows = generator.integers(len(arrays["run"]), size=min(100_000, events - start))
            content["Events"].extend({name: array[rows] for name, array in arrays.items()})


def derive(mirror: Path, folder: Path) -> None:
    from analysis.readers.chunks import read_chunk
    from analysis.studies.htautau.study import study

    dataset = study.dataset("DoubleMuParked")
    dimuons = read_chunk([mirror / dataset.files[0].mirror], dataset, 0, dataset.events)
    step = study.stage("calibration").step
    step.load()({dataset.name: dimuons}, step.settings).save_corrections(folder / "corrections.json")


def of_study(folder: Path, output: Path, events: int, chunk: int) -> float:
    from analysis.readers.chunks import read_chunk

    return steps_of_study(
        folder, output, events, chunk, lambda dataset, a, b: read_chunk([folder / "events.root"], dataset, a, b)
    )


def in_place(folder: Path, output: Path, events: int, chunk: int) -> float:
    from analysis.readers.ahead import ReadAhead
    from analysis.readers.chunks import read_chunk

    ahead: ReadAhead[Any] = ReadAhead()
    served = json.loads((folder / "served.json").read_text())

    def read(dataset: Any, start: int, stop: int) -> Any:
        dataset = replace(dataset, files=(replace(dataset.files[0], sha256="", **served),), in_place=True)
        found = ahead.take(start, lambda: read_chunk(None, dataset, start, stop))
        if stop < events:
            ahead.begin(stop, lambda: read_chunk(None, dataset, stop, min(stop + chunk, events)))
        return found

    return steps_of_study(folder, output, events, chunk, read)


def steps_of_study(folder: Path, output: Path, events: int, chunk: int, read: Callable[..., Any]) -> float:
    from analysis.calibration import load_corrections
    from analysis.events.parquet import read_events, write_events
    from analysis.studies.htautau.study import study

    dataset = study.dataset("Run2012B")
    dataset = replace(dataset, files=(replace(dataset.files[0], events=events),))
    steps = [study.stage(name).step for name in ("calibrated", "reconstructed")]
    (calibrate, calibration), (reconstruct, reconstruction) = ((step.load(), step.settings) for step in steps)
    begin = time.perf_counter()
    corrections = load_corrections(folder / "corrections.json")
    for number, start in enumerate(range(0, events, chunk)):
        raw = read(dataset, start, min(start + chunk, events))
        calibrated = output / f"calibrated_{number}.parquet"
        write_events(calibrate(raw, corrections, dataset, calibration), calibrated)
        del raw
        again = read_events(calibrated)
        reconstructed = reconstruct(again, dataset, dataset.weight_per_fb, reconstruction)
        write_events(reconstructed, output / f"reconstructed_{number}.parquet")
    return time.perf_counter() - begin


def by_hand(folder: Path, output: Path, events: int, chunk: int, keep_calibrated: bool = True) -> float:
    import handwritten_htautau

    begin = time.perf_counter()
    handwritten_htautau.main(folder / "events.root", folder / "corrections.json", output, chunk, keep_calibrated)
    return time.perf_counter() - begin


def by_hand_in_one_go(folder: Path, output: Path, events: int, chunk: int) -> float:
    return by_hand(folder, output, events, chunk, keep_calibrated=False)


IN_PLACE = "study, in place"
WAYS = {"study": of_study, "by hand": by_hand, "by hand, in one go": by_hand_in_one_go}
ALL_WAYS = {**WAYS, IN_PLACE: in_place}


def serve(folder: Path) -> Path:
    """Bring up an XRootD server that has the events, and say where; returns its copy of the file."""
    from analysis.provenance.remote.connecting import locate
    from analysis.provenance.remote.options import Options
    from tests.services.servers import XRootD

    server = XRootD().up()
    copy = server.folder / "store" / "calibrate_reconstruct.root"
    copy.write_bytes((folder / "events.root").read_bytes())
    url = f"{server.url}/{copy.name}"
    files, name = locate(url, Options())
    size, checksum = files.identity(name)
    (folder / "served.json").write_text(json.dumps({"url": url, "size": size, "checksum": checksum.text}))
    return copy


def folder_name(way: str) -> str:
    return way.replace(",", "").replace(" ", "_")


def measure(way: str, folder: Path, events: int, chunk: int) -> dict[str, float]:
    """Run one way in a process of its own."""
    output = folder / folder_name(way)
    output.mkdir(exist_ok=True)
    command = [sys.executable, __file__, "--run", way, "--folder", str(folder), "--events", str(events)]
    result = subprocess.run([*command, "--chunk", str(chunk)], check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def compare(folder: Path, events: int, ways: Sequence[str]) -> None:
    """All ways must have made the same numbers."""
    import awkward as ak
    import numpy as np

    for way in ways:
        read = 0
        for path in sorted((folder / "study").glob("reconstructed_*")):
            one, two = (ak.from_parquet(folder / folder_name(side) / path.name) for side in ("study", way))
            read += len(one)
            names = sorted(set(one.fields) - {"identity"})
            assert set(names) == set(two.fields) - {"identity"}, set(one.fields) ^ set(two.fields)
            for name in names:
                assert ak.all(ak.is_none(one[name]) == ak.is_none(two[name])), (way, name)
                a, b = (np.asarray(ak.drop_none(side[name]), dtype=np.float64) for side in (one, two))
                assert np.allclose(a, b, rtol=2e-5, atol=2e-3), (way, name, np.abs(a - b).max())
        assert read == events, (way, read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("ERUMFLOW_MIRROR"))
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--chunk", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-place", action="store_true", help="read from a server, too (needs root, or XRootD)")
    parser.add_argument("--run", choices=list(ALL_WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        output = options.folder / folder_name(options.run)
        before = time.process_time()
        seconds = ALL_WAYS[options.run](options.folder, output, options.events, options.chunk)
        cpu = time.process_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_MiB": peak}))
        return
    if options.mirror is None:
        parser.error("name the folder with copies of the public files: --mirror, or ERUMFLOW_MIRROR")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        enlarge(Path(options.mirror), options.events, folder)
        derive(Path(options.mirror), folder)
        served = serve(folder) if options.in_place else None
        results: dict[str, list[dict[str, float]]] = {way: [] for way in (ALL_WAYS if served else WAYS)}
        for number in range(options.rounds):
            # the order changes from round to round, so that neither always finds the disk as the other left it
            for way in list(results)[:: 1 if number % 2 == 0 else -1]:
                results[way].append(measure(way, folder, options.events, options.chunk))
        compare(folder, options.events, list(results))
        if served:
            served.unlink()
    print(f"{options.events} events in chunks of {options.chunk}, median of {options.rounds} rounds\n")
    print("| | seconds | events/s | CPU seconds | peak memory / MiB |\n| --- | ---: | ---: | ---: | ---: |")
    median = {way: statistics.median(run["seconds"] for run in runs) for way, runs in results.items()}
    for way, runs in results.items():
        peak = max(run["peak_MiB"] for run in runs)
        cpu = statistics.median(run["cpu"] for run in runs)
        print(f"| {way} | {median[way]:.1f} | {options.events / median[way]:,.0f} | {cpu:.1f} | {peak:,.0f} |")
    print()
    for way in list(results)[1:]:
        ratios = [b["seconds"] / a["seconds"] for a, b in zip(results["study"], results[way], strict=True)]
        spread = f"single rounds {min(ratios):.2f} to {max(ratios):.2f}"
        print(f"events/s of the study / {way}: {median[way] / median['study']:.2f} ({spread})")


if __name__ == "__main__":
    main()
