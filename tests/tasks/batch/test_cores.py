"""How a job keeps to its cores."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tasks.batch.cores import VARIABLES, keep_to

THREADS = """
from pathlib import Path
from tasks.batch.cores import keep_to
keep_to(3)
import jax
jax.jit(lambda x: x @ x)(jax.numpy.ones((9, 9))).block_until_ready()
names = [file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")]
print(names.count("tf_XLAEigen"))
"""


@pytest.mark.long
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the system does not show threads")
def test_jax_uses_no_more_threads_than_cores():
    without = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    done = subprocess.run([sys.executable, "-c", THREADS], env=without, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


@pytest.mark.parametrize(("said", "found"), [("2", "2"), ("8", "4"), ("", "4"), ("4,2", "4"), ("0", "4")])
def test_what_the_batch_system_says_holds_too(monkeypatch: pytest.MonkeyPatch, said: str, found: str):
    for name in VARIABLES:
        monkeypatch.setenv(name, said)
    keep_to(4)
    assert {os.environ[name] for name in VARIABLES} == {found}
