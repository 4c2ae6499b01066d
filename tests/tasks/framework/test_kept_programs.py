"""Compiled programs in files: what is damaged or another's is compiled anew and replaced."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.private_folder import open_private
from tasks.framework import kept_programs
from tasks.framework.kept_programs import FUNCTION, MODULE, KeptPrograms, use_in_jax

CONTENT = b"a compiled program"
ANEW = "it is compiled anew"


class Folder:
    """A folder of programs, and what is told of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self.programs = KeptPrograms(path, open_private(path.parent, path.name), self.told.append)

    def files(self) -> list[Path]:
        return sorted(self.path.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "processor")


@pytest.fixture
def in_jax(folder: Folder) -> Iterator[Folder]:
    """The folder as JAX's cache; what JAX used before comes back afterwards."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    settings = {
        "jax_compilation_cache_dir": str(folder.path),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in settings}
    used = kept_programs._used
    for name, value in settings.items():
        jax.config.update(name, value)
    use_in_jax(folder.programs)
    jax.clear_caches()
    yield folder
    for name, value in before.items():
        jax.config.update(name, value)
    kept_programs._used = used
    compilation_cache.reset_cache()
    jax.clear_caches()


def test_what_is_kept_is_found_by_the_next_process(folder: Folder):
    assert folder.programs.get("one") is None
    folder.programs.put("one", CONTENT)
    assert Folder(folder.path).programs.get("one") == CONTENT
    assert [file.stat().st_mode & 0o777 for file in folder.files()] == [0o600]
    assert not folder.told


def _refused_and_replaced(folder: Folder, key: str = "one") -> None:
    folder.told.clear()
    assert folder.programs.get(key) is None
    assert len(folder.told) == 1
    assert str(folder.path / f"{key}-program") in folder.told[0]
    assert ANEW in folder.told[0]
    folder.programs.put(key, CONTENT)
    assert folder.programs.get(key) == CONTENT
    assert len(folder.told) == 1


def test_one_changed_bit_anywhere(folder: Folder):
    folder.programs.put("one", CONTENT)
    (file,) = folder.files()
    whole = file.read_bytes()
    for position in range(len(whole)):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 1 << position % 8]) + whole[position + 1 :])
        _refused_and_replaced(folder)


def test_cut_at_any_place_or_longer(folder: Folder):
    folder.programs.put("one", CONTENT)
    (file,) = folder.files()
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        _refused_and_replaced(folder)
    file.write_bytes(whole + b"\0")
    _refused_and_replaced(folder)


def test_another_program_under_this_name(folder: Folder):
    folder.programs.put("one", CONTENT)
    folder.programs.put("two", b"another program")
    one, two = folder.files()
    os.replace(two, one)
    _refused_and_replaced(folder)


def test_a_program_for_another_processor(folder: Folder, tmp_path: Path):
    other = Folder(tmp_path / "other")
    other.programs.put("one", CONTENT)
    os.replace(other.files()[0], folder.path / "one-program")
    _refused_and_replaced(folder)


def _foreign(file: Path) -> None:
    if os.geteuid():
        pytest.skip("only the administrator can give a file to somebody")
    os.chown(file, 12345, -1)


def _link(file: Path) -> None:
    os.replace(file, file.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent / "elsewhere")


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("spoil", [_foreign, _link, _pipe])
def test_right_content_that_is_not_this_users_file(spoil: Callable[[Path], None], folder: Folder):
    folder.programs.put("one", CONTENT)
    spoil(folder.files()[0])
    _refused_and_replaced(folder)


def test_what_cannot_be_written_is_told_and_leaves_nothing(folder: Folder, tmp_path: Path):
    folder.programs.put("x" * 300, CONTENT)
    assert folder.told == [f"compiled programs cannot be kept in {folder.path}: File name too long"]
    assert not folder.files()


def test_what_is_not_used_for_a_month_goes(folder: Folder):
    for key in ("old", "used"):
        folder.programs.put(key, CONTENT)
    (folder.path / ".1234.part").touch()
    for file in folder.files():
        os.utime(file, (0, time.time() - 40 * 86_400))
    assert folder.programs.get("used") == CONTENT
    Folder(folder.path).programs.put("new", CONTENT)
    assert [file.name for file in folder.files()] == ["new-program", "used-program"]


def _numbers() -> tuple[float, float]:
    """Of two small programs of one shape, compiled or found."""
    import jax

    @jax.jit
    def program_one(x: Any) -> Any:
        return 2.0 * x + 1.0

    @jax.jit
    def program_two(x: Any) -> Any:
        return 3.0 * x - 1.0

    jax.clear_caches()
    return float(program_one(5.0)), float(program_two(5.0))


def _flip(one: Path, two: Path) -> None:
    content = bytearray(one.read_bytes())
    content[len(content) // 2] ^= 4
    one.write_bytes(content)


def _cut(one: Path, two: Path) -> None:
    os.truncate(one, one.stat().st_size // 2)


def _swap(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


@pytest.mark.parametrize(("spoil", "spoilt"), [(_flip, 1), (_cut, 1), (_swap, 2)])
def test_jax_compiles_anew_what_is_damaged(spoil: Callable[[Path, Path], None], spoilt: int, in_jax: Folder):
    assert _numbers() == (11.0, 14.0)
    one, two = (next(in_jax.path.glob(f"jit_program_{name}-*-program")) for name in ("one", "two"))
    assert _numbers() == (11.0, 14.0)
    assert not in_jax.told
    spoil(one, two)
    wrong = [one.read_bytes(), two.read_bytes()]
    assert _numbers() == (11.0, 14.0)
    assert len(in_jax.told) == spoilt
    assert all(ANEW in line for line in in_jax.told)
    assert wrong[0] != one.read_bytes()
    # as they were made, and used
    assert _numbers() == (11.0, 14.0)
    assert len(in_jax.told) == spoilt


SCRIPT = """
import sys
from pathlib import Path
from tasks.framework.compilation import cache_compilations
cache_compilations()
assert "jax" not in sys.modules
import jax
print(jax.jit(lambda x: 2 * x)(21))
from {module} import {function}
print(hasattr({function}, "replaced"))
"""


def test_jax_imported_later_has_it_from_the_beginning(tmp_path: Path):
    """Fails when the lock brings a JAX that opens its cache otherwise; it would use one that nobody checks."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module=MODULE, function=FUNCTION)],
        env=os.environ | {"ERUMFLOW_COMPILED": str(tmp_path / "compiled"), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["42", "True"]
    (processor,) = (tmp_path / "compiled").iterdir()
    names = [file.name for file in processor.iterdir()]
    assert names
    assert all(name.endswith("-program") for name in names)


def test_without_the_function_jax_has_its_own(in_jax: Folder, monkeypatch: pytest.MonkeyPatch):
    from jax._src import compilation_cache

    own = compilation_cache.get_file_cache.replaced  # type: ignore[attr-defined]
    monkeypatch.setattr(compilation_cache, "get_file_cache", own)
    compilation_cache.reset_cache()
    monkeypatch.setattr(kept_programs, "FUNCTION", "of_another_version")
    use_in_jax(in_jax.programs)
    assert _numbers() == (11.0, 14.0)
    assert list(in_jax.path.glob("jit_program_one-*-cache"))
