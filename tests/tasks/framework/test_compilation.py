"""Where compiled programs are kept: by this user alone, and in no store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.errors import StoreError
from tasks.framework import compilation, kept_programs
from tasks.framework.compilation import cache_compilations

OWN = f"erumflow-{os.geteuid()}"


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder with a home and the system's temporary folder; what JAX was told before comes back afterwards."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    names = [
        *("compilation_cache_dir", "persistent_cache_min_compile_time_secs", "persistent_cache_min_entry_size_bytes"),
        *("persistent_cache_enable_xla_caches", "enable_compilation_cache"),
    ]
    before = {f"jax_{name}": getattr(jax.config, f"jax_{name}") for name in names}
    for name in before:
        monkeypatch.setenv(name.upper(), "")
    for name in ("home", "tmp", "store"):
        (tmp_path / name).mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    monkeypatch.setenv("ERUMFLOW_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    for name in ("ERUMFLOW_COMPILED", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    used = kept_programs._used
    compilation._programs.cache_clear()
    yield tmp_path
    assert not list((tmp_path / "store").iterdir())
    for name, value in before.items():
        jax.config.update(name, value)
    kept_programs._used = used
    compilation._programs.cache_clear()
    compilation_cache.reset_cache()


def kept_in() -> Path:
    """The folder that JAX keeps its programs in, without the one for this kind of processor."""
    import jax

    cache_compilations()
    folder = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
    assert jax.config.values["jax_compilation_cache_dir"] == str(folder)
    for one in (folder, folder.parent):
        assert one.stat().st_mode & 0o777 == 0o700
    return folder.parent


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "home/.cache/erumflow/compiled"),
        ({"XDG_CACHE_HOME": "BASE/xdg"}, "xdg/erumflow/compiled"),
        ({"XDG_CACHE_HOME": "relative"}, "home/.cache/erumflow/compiled"),
        ({"ERUMFLOW_COMPILED": "BASE/named"}, "named"),
        ({"HOME": "BASE/nowhere"}, f"tmp/{OWN}/compiled"),
        ({"HOME": ""}, f"tmp/{OWN}/compiled"),
        ({"HOME": "/proc"}, f"tmp/{OWN}/compiled"),
        ({"ERUMFLOW_COMPILED": "/proc/1/compiled"}, "home/.cache/erumflow/compiled"),
    ],
    ids=str,
)
def test_it_is_this_users(
    variables: dict[str, str],
    expected: str,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("BASE", str(base)))
    assert kept_in() == base / expected
    told = capsys.readouterr().err
    assert ("kept elsewhere: $ERUMFLOW_COMPILED: /proc" in told) == ("/proc/1/compiled" in variables.values())


def test_a_home_that_cannot_be_written(base: Path, monkeypatch: pytest.MonkeyPatch):
    # a file in the way stops everybody, the administrator too
    (base / "home" / ".cache").touch()
    assert kept_in() == base / "tmp" / OWN / "compiled"


def test_a_named_folder_that_others_may_write_to_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch):
    (base / "shared").mkdir()
    (base / "shared").chmod(0o777)
    monkeypatch.setenv("ERUMFLOW_COMPILED", str(base / "shared"))
    with pytest.raises(StoreError, match=r"\$ERUMFLOW_COMPILED: other users may write to the folder .*/shared\n.*cure"):
        cache_compilations()


def test_what_somebody_put_into_the_temporary_folder_is_not_used(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HOME", "")
    (base / "tmp" / OWN).symlink_to(base / "store")
    cache_compilations()
    assert os.environ["JAX_ENABLE_COMPILATION_CACHE"] == "False"
    assert f"compiled programs are not kept: {base}/tmp/{OWN} is a link" in capsys.readouterr().err
