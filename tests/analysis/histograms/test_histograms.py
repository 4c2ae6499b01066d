from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import hist
import numpy as np
import pytest
import uhi.io.zip
from uhi.io import from_sparse

from analysis.errors import DataError, StudyError
from analysis.histograms.histograms import Histograms, merge, new_histogram

EDGES = (0.0, 1.0, 3.0, 4.0)


def histograms(
    process: str = "z", region: str = "signal", shift: str = "nominal", seed: int = 0, flow: bool = True
) -> Histograms:
    """One variable in one category."""
    shape = (2, 1, 1, 1, 3 + 2 * flow)
    sums = np.random.default_rng(seed).exponential(size=shape)
    filled = new_histogram("mass", EDGES, flow, ([process], [region], [shift]), sums=sums)
    return Histograms({"mass": filled}, {"mass": np.zeros(shape)})


def saved(content: Histograms, path: Path) -> bytes:
    content.save(path)
    return path.read_bytes()


def test_content_has_what_lies_outside_in_the_first_and_last_bin():
    filled = histograms()
    sums = np.random.default_rng(0).exponential(size=(2, 5))
    for found, expected in zip(filled.content("mass", "z", "signal", "nominal"), sums, strict=True):
        np.testing.assert_allclose(found, [expected[0] + expected[1], expected[2], expected[3] + expected[4]])
    np.testing.assert_array_equal(filled.edges("mass"), EDGES)


def test_content_without_flow_is_what_was_filled():
    sums = np.random.default_rng(0).exponential(size=(2, 3))
    np.testing.assert_array_equal(histograms(flow=False).content("mass", "z", "signal", "nominal"), sums)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("score", "z", "signal", "nominal"), r"(?s)'score'.*: mass"),
        (("mass", "zz", "signal", "nominal"), r"(?s)'mass' is not filled for the process 'zz'.*: w, z"),
        (("mass", "z", "sginal", "nominal"), r"(?s)for the region 'sginal'.*: control, signal"),
        (("mass", "z", "signal", "up"), r"(?s)for the shift 'up'.*: nominal"),
    ],
)
def test_what_was_never_filled_is_an_error_and_no_zero(names: tuple[str, str, str, str], message: str):
    filled = histograms() + histograms("w", "control")
    with pytest.raises(StudyError, match=message):
        filled.content(*names)
    # known names without an event between them
    np.testing.assert_array_equal(filled.content("mass", "w", "signal", "nominal"), np.zeros((2, 3)))


def test_content_is_a_copy():
    filled = histograms(flow=False)
    before, _ = filled.content("mass", "z", "signal", "nominal")
    filled.content("mass", "z", "signal", "nominal")[0][:] = 0.0
    np.testing.assert_array_equal(filled.content("mass", "z", "signal", "nominal")[0], before)


def test_merging_unites_categories_in_ascending_order():
    parts = [histograms("z", "signal", "up", 1), histograms("w", "control", "nominal", 2), histograms(seed=3)]
    total = merge(parts)
    assert total.processes == ("w", "z")
    assert total.regions == ("control", "signal")
    assert total.shifts == ("nominal", "up")
    for part, names in zip(parts, (("z", "signal", "up"), ("w", "control", "nominal")), strict=False):
        np.testing.assert_array_equal(total.content("mass", *names), part.content("mass", *names))
    assert not np.any(total.content("mass", "w", "signal", "up"))


def test_merging_adds_and_does_not_change_its_parts():
    first, second = histograms(seed=1), histograms(seed=2)
    before = first.content("mass", "z", "signal", "nominal")
    total = (first + second).content("mass", "z", "signal", "nominal")
    other = second.content("mass", "z", "signal", "nominal")
    np.testing.assert_allclose(total, np.add(before, other), rtol=1e-14)
    np.testing.assert_array_equal(first.content("mass", "z", "signal", "nominal"), before)


def test_order_of_merging_changes_no_byte(tmp_path: Path):
    parts = [histograms("zw"[n % 2], ("signal", "control")[n % 3 == 0], "nominal", n) for n in range(12)]
    expected = saved(merge(parts), tmp_path / "a.zip")
    random = np.random.default_rng(3)
    for _ in range(5):
        shuffled = [parts[n] for n in random.permutation(12)]
        assert saved(merge(shuffled), tmp_path / "b.zip") == expected
        nested = merge([merge(shuffled[:5]), merge([]), merge(shuffled[5:])])
        assert saved(nested, tmp_path / "c.zip") == expected


@pytest.mark.parametrize("other", [(0.0, 1.0, 2.0, 4.0), (0.0, 1.0)])
def test_different_bins_cannot_be_added(other: tuple[float, ...]):
    shape = (2, 1, 1, 1, len(other) + 1)
    filled = new_histogram("mass", other, True, (["z"], ["signal"], ["nominal"]), sums=np.zeros(shape))
    with pytest.raises(DataError, match="mass"):
        merge([histograms(), Histograms({"mass": filled}, {"mass": np.zeros(shape)})])


def test_scaling_multiplies_squares_by_the_square():
    total = histograms("z", seed=1) + histograms("w", seed=2)
    scaled = total.scaled({"w": 3.0})
    sums, squares = total.content("mass", "w", "signal", "nominal")
    np.testing.assert_allclose(scaled.content("mass", "w", "signal", "nominal"), (3.0 * sums, 9.0 * squares))
    same = ("mass", "z", "signal", "nominal")
    np.testing.assert_array_equal(scaled.content(*same), total.content(*same))
    with pytest.raises(DataError, match=r"(?s)'ww'.*w, z"):
        total.scaled({"ww": 1.0})


def test_files_are_read_back(tmp_path: Path):
    total = histograms("z", seed=1) + histograms("w", "control", "up", 2)
    rest = {"mass": np.random.default_rng(5).normal(0, 1e-17, total.rests["mass"].shape)}
    view: Any = total.hists["mass"].view(flow=True)
    view["value"][0, 0, 0, 2] = -1.5
    total = Histograms(total.hists, rest)
    written = saved(total, tmp_path / "a.zip")
    read = Histograms.load(tmp_path / "a.zip")
    assert read.hists["mass"] == total.hists["mass"]
    np.testing.assert_array_equal(read.rests["mass"], rest["mass"])
    assert saved(read, tmp_path / "b.zip") == written


def test_files_are_those_of_uhi(tmp_path: Path):
    filled = histograms(seed=4)
    filled.save(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        read: Any = hist.Hist(from_sparse(uhi.io.zip.read(archive, "mass")))
    np.testing.assert_array_equal(read.view(flow=True), filled.hists["mass"].view(flow=True))


def test_bytes_depend_neither_on_the_time_nor_on_the_hash_seed(tmp_path: Path):
    program = """if True:
        import sys, time
        import numpy as np
        from analysis.histograms.histograms import Histograms, new_histogram
        time.localtime = lambda *_: time.gmtime(float(sys.argv[2]))
        sums = np.arange(40.0).reshape(2, 2, 1, 2, 5)
        filled = new_histogram("x", (0.0, 1.0, 2.0, 3.0), True, (["a", "b"], ["r"], ["s", "t"]), sums=sums)
        Histograms({"x": filled}, {"x": sums / 2.0**60}).save(sys.argv[1])
    """
    files = []
    for seed in ("1", "2", "3"):
        path = tmp_path / f"{seed}.zip"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        arguments = [sys.executable, "-c", program, str(path), f"{seed}000000000"]
        subprocess.run(arguments, check=True, env=environment)
        files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


def test_nothing_at_all_is_written_and_read(tmp_path: Path):
    empty = merge([])
    empty.save(tmp_path / "a.zip")
    read = Histograms.load(tmp_path / "a.zip")
    assert read.variables == read.processes == ()
    assert merge([read, histograms()]).processes == ("z",)


def test_missing_and_damaged_files(tmp_path: Path):
    path = tmp_path / "a.zip"
    with pytest.raises(DataError, match="does not exist"):
        Histograms.load(path)
    written = saved(histograms(), path)
    path.write_bytes(written[: len(written) // 2])
    with pytest.raises(DataError, match=r"a\.zip is damaged"):
        Histograms.load(path)
    position = written.index(b"NUMPY") + 140
    path.write_bytes(written[:position] + bytes([written[position] ^ 1]) + written[position + 1 :])
    with pytest.raises(DataError, match=r"a\.zip is damaged"):
        Histograms.load(path)
