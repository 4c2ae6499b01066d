"""Memory of the machine, of a control group and of a process."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tasks.batch.memory import _control_group, available_memory, kernel_kills, total_memory, used_memory


@pytest.mark.parametrize(
    ("line", "files", "found"),
    [
        (
            "0::/a\n",
            {"a/memory.max": "1000", "a/memory.current": "400", "a/memory.stat": "inactive_file 100"},
            (1000, 300),
        ),
        ("0::/a\n", {"a/memory.max": "max", "a/memory.current": "400", "a/memory.stat": "inactive_file 100"}, (0, 0)),
        # a container sees its own group as the root
        ("0::/a\n", {"memory.max": "1000", "memory.current": "400", "memory.stat": ""}, (1000, 400)),
        (
            "4:cpu:/b\n5:memory:/b\n",
            {
                "memory/b/memory.limit_in_bytes": "2000",
                "memory/b/memory.usage_in_bytes": "900",
                "memory/b/memory.stat": "total_inactive_file 200",
            },
            (2000, 700),
        ),
        ("0::/a\n", {}, (0, 0)),
    ],
)
def test_limits_of_control_groups(tmp_path: Path, line: str, files: dict[str, str], found: tuple[int, int]):
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text)
    (tmp_path / "cgroup").write_text(line)
    assert _control_group(tmp_path / "groups", tmp_path / "cgroup") == found


@pytest.mark.parametrize(
    ("line", "files", "found"),
    [
        ("0::/a\n", {"a/memory.events": "low 0\nmax 7\noom 3\noom_kill 2\n", "vmstat": "oom_kill 5\n"}, 2),
        ("0::/a\n", {"memory.events": "oom_kill 3\noom_group_kill 0\n", "vmstat": "oom_kill 5\n"}, 3),
        ("4:memory:/b\n", {"memory/b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"}, 4),
        # the root group counts nothing in version 2, and old kernels do not in version 1
        ("0::/\n", {"vmstat": "nr_free_pages 100\noom_kill 5\n"}, 5),
        ("4:memory:/b\n", {"memory/b/memory.oom_control": "oom_kill_disable 0\n", "vmstat": "oom_kill 6\n"}, 6),
        ("", {}, 0),
        ("0::/a\n", {"a/memory.events": "oom_kill many\n", "vmstat": "\n"}, 0),
    ],
)
def test_how_many_processes_the_kernel_has_killed(tmp_path: Path, line: str, files: dict[str, str], found: int):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "cgroup").write_text(line)
    assert kernel_kills(tmp_path, tmp_path / "cgroup", tmp_path / "vmstat") == found


def test_there_is_memory_and_this_process_uses_some():
    now, most = used_memory()
    assert 0 < now <= most < total_memory() <= psutil.virtual_memory().total
    assert 0 < available_memory() <= total_memory()
