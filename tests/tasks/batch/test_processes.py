"""Pieces of work side by side in warm processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks.batch import processes as processes_module
from tasks.batch.processes import Outcome, Processes, Work

# pytest's own process has JAX and threads
PRELUDE = """
import json, os, signal, sys, threading, time
from tasks.batch.processes import Processes, Work
"""


def python(code: str) -> Any:
    """Run Python code in a process of its own and return what it printed as JSON."""
    done = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
