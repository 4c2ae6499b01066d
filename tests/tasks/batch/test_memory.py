"""Memory of the machine, of a control group and of a process."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tasks.batch.memory import _control_group, available_memory, total_memory, used_memory


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


def test_there_is_memory_and_this_process_uses_some():
    now, most = used_memory()
    assert 0 < now <= most < total_memory() <= psutil.virtual_memory().total
    assert 0 < available_memory() <= total_memory()
