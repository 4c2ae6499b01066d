"""How far other processors and other ways to run move the results: each study, once as usual and once each other way.

    python benchmarks/other_processors.py [--studies airshower,htautau] [--ways avx2,one_device] [--folder FOLDER]
        [--law ARGUMENTS] [--check]

Libraries choose their code by the processor, and can be told not to use its newer instructions: so one processor shows
what another would compute. ``--check`` runs no study; it says which libraries compute other digits in which way. What
is in FOLDER from an earlier call is not computed again, so another interpreter may run the way ``as_usual_again``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from analysis.preservation.comparison import first_difference  # noqa: E402
from analysis.preservation.expectations import expectations  # noqa: E402
from analysis.preservation.stored import StoredRecords, preserved_records  # noqa: E402
from tasks.training import TrainModel  # noqa: E402

LAW = str(Path(sys.executable).parent / "law")


@dataclass(frozen=True)
class Way:
    """How a study is run.

    Args:
        variables: of the environment.
        law: arguments of the command.
        cores: that it may use; 0 for all.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    law: tuple[str, ...] = ()
    cores: int = 0


def numpy_without(*names: str) -> str:
    """Value of ``NPY_DISABLE_CPU_FEATURES``: the sets of instructions of these names that NumPy would use here."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__  # type: ignore[attr-defined]

    return " ".join(n for n in __cpu_dispatch__ if __cpu_features__[n] and n.startswith(names))


def ways() -> dict[str, Way]:
    # processors since 2013, and one of 2012; older ones lack half floats, which JAX then cannot compile
    xla, numpy, openblas = (
        {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
        {"NPY_DISABLE_CPU_FEATURES": numpy_without("X86_V4", "AVX512")},
        {"OPENBLAS_CORETYPE": "Haswell"},
    )
    without_fma = {
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
        "NPY_DISABLE_CPU_FEATURES": numpy_without("X86_V3", "X86_V4", "AVX"),
        "OPENBLAS_CORETYPE": "Sandybridge",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4",
    }
    many = ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHON_CPU_COUNT")
    return {
        "as_usual_again": Way(),
        "one_core": Way(cores=1),
        "sixteen_threads": Way(dict.fromkeys(many, "16")),
        "three_workers": Way(law=("--workers", "3")),
        "three_workers_one_core": Way(law=("--workers", "3"), cores=1),
        "xla_avx2": Way(xla),
        "numpy_avx2": Way(numpy),
        "openblas_haswell": Way(openblas),
        "avx2": Way(xla | numpy | openblas),
        "avx": Way(without_fma),
        "one_device": Way({"JAX_NUM_CPU_DEVICES": "1"}),
        "four_devices": Way({"JAX_NUM_CPU_DEVICES": "4"}),
    }


def run(way: Way, command: list[str], **more: str) -> str:
    """Output of a command that is run so.

    Raises:
        SystemExit: it failed.
    """
    if way.cores:
        cores = sorted(os.sched_getaffinity(0))[: way.cores]
        command = ["taskset", "-c", ",".join(map(str, cores)), *command]
    environment = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES")}
    done = subprocess.run(command, env=environment | way.variables | more, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def records(store: Path, study: str) -> dict[str, dict[str, Any]]:
    """Manifests by name, in the order of the graph."""
    return preserved_records({str(file): file.read_bytes() for file in store.glob(f"{study}/*/*/*manifest.json")})


def numbers(store: Path, study: str) -> list[dict[str, Any]]:
    (file,) = store.glob(f"{study}/CollectResults/*/results.json")
    return list(json.loads(file.read_bytes())["numbers"])


def unlike(family: str, file: str) -> bool:
    """Whether a file holds times."""
    return family == "TrainModel" and file in TrainModel.varying


def shifts(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, float]:
    """How far numbers and uncertainties moved, as a part of what is allowed by the tolerance of 1; by name."""
    new = {number["name"]: number for number in after}
    found = {}
    for one in expectations(before):
        other = new[one.name]
        pairs = [(one.value, other["value"])]
        for kind in ("stat", "syst"):
            if getattr(one, kind):
                pairs += zip(getattr(one, kind), other[kind], strict=True)
        moved = max(abs(a - b) for a, b in pairs)
        found[one.name] = moved / one.allowed * one.tolerance.size if moved else 0.0
    return found


def row(name: str, study: str, usual: Path, other: Path) -> str:
    """A line of the table: what differs between two stores."""
    before, after = records(usual, study), StoredRecords(other, study)
    same = sum(first_difference({n: m}, after.manifest, unlike=unlike) is None for n, m in before.items())
    first = first_difference(before, after.manifest, unlike=unlike)
    moved = shifts(numbers(usual, study), numbers(other, study))
    worst = max(moved, key=lambda n: moved[n])
    largest = f"{moved[worst]:.2g} ({worst})" if moved[worst] else "0"
    many = sum(value > 0 for value in moved.values())
    first_text = f"{first.record} ({', '.join(first.files)})" if first else "none"
    cells = (study, name, f"{same} of {len(before)}", first_text, f"{many} of {len(moved)}", largest)
    return f"| {' | '.join(cells)} |"


PROBE = """
import hashlib, sys
import numpy, scipy.linalg, scipy.special
from analysis.learning.training.processor import divide_processor
divide_processor()
import jax, jax.numpy as jnp

def digest(*arrays):
    return hashlib.sha256(b"".join(numpy.asarray(a).tobytes() for a in arrays)).hexdigest()[:12]

x = numpy.random.default_rng(1).normal(size=(300, 300))
y = abs(x) + 0.1
elements = [f(y.astype(kind)) for f in (numpy.exp, numpy.log, numpy.sin) for kind in ("f4", "f8")]
print("NumPy, element by element", digest(*elements, y ** 1.7, numpy.arctan2(x, y)))
print("NumPy, sums", digest(*(a.sum(axis=i) for a in (x, x.astype("f4")) for i in (None, 0, 1))))
print("NumPy, products of matrices", digest(x @ x, x.astype("f4") @ x.astype("f4")))
print("SciPy, products of matrices", digest(scipy.linalg.blas.dgemm(1.0, x, x)))
print("the system's functions", digest(scipy.special.gammaln(y), scipy.special.erf(x), scipy.special.ndtri(y / 5)))
f = x.astype("f4")
print("XLA, element by element", digest(jax.jit(lambda a: jnp.tanh(a) * jnp.exp(a) + jnp.sin(a))(f)))
print("XLA, sums", digest(*(jax.jit(lambda a, i=i: a.sum(axis=i))(f) for i in (None, 0, 1))))
print("XLA, products of matrices", digest(jax.jit(lambda a: a @ a)(f)))
"""


def check(chosen: Mapping[str, Way]) -> None:
    """Print what computes other digits in which way."""

    def digests(way: Way) -> dict[str, str]:
        lines = run(way, [sys.executable, "-c", PROBE], PYTHONPATH=str(BASE)).splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    usual = digests(Way())
    print("| way | other digits |\n| --- | --- |")
    for name, way in chosen.items():
        found = digests(way)
        print(f"| {name} | {', '.join(k for k in usual if usual[k] != found[k]) or 'none'} |", flush=True)


def main() -> None:
    known = ways()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", default="airshower,htautau", help="separated by commas")
    parser.add_argument("--ways", default=",".join(known), help="separated by commas; default: all")
    parser.add_argument("--folder", type=Path, help="where stores go and stay; default: one that is deleted")
    parser.add_argument("--law", default="", help="arguments of every run, such as '--statistics small'")
    parser.add_argument("--check", action="store_true", help="only say which libraries compute other digits")
    options = parser.parse_args()
    chosen = {name: known[name] for name in options.ways.split(",")}
    if options.check:
        check(chosen)
        return
    print("| study | way | records with the same bits | first that differs | other numbers | largest shift, in sigma |")
    print("| --- | --- | ---: | --- | ---: | --- |")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        for study in options.studies.split(","):
            for name, way in {"as_usual": Way(), **chosen}.items():
                store = folder / name
                command = [LAW, "run", "CollectResults", "--study", study, *options.law.split(), *way.law]
                if not list(store.glob(f"{study}/CollectResults/*/results.json")):
                    run(way, command, ERUMFLOW_STORE=str(store))
                if name != "as_usual":
                    print(row(name, study, folder / "as_usual", store), flush=True)


if __name__ == "__main__":
    main()
