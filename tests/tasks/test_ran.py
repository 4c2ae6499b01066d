"""What runs while a record is made is noted, in all threads, by every Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.analysis.provenance.pythons import pythons

WATCHING = Path(__file__).parent / "watching" / "sitecustomize.py"
CODE = """
def before():
    pass


def inside():
    return [deeper(x) for x in range(3)]


def deeper(x):
    return x


def in_thread():
    pass


class A:
    def method(self):
        pass
"""
SCRIPT = """
import json, runpy, sys, threading
watching, folder = sys.argv[1:]
sys.path.insert(0, folder)
import code_of_a_study as code
watch = runpy.run_path(watching)["Watch"]((folder,))
code.before()
found = []
for _ in range(2):
    with watch.noting() as ran:
        code.inside()
        thread = threading.Thread(target=code.in_thread)
        thread.start()
        thread.join()
        code.A().method()
        json.dumps({})
    code.before()
    found.append(sorted(one.co_qualname for one in ran if "comp" not in one.co_name))
print(json.dumps(found))
"""


def test_functions_of_all_threads_are_noted_each_time(tmp_path: Path):
    (tmp_path / "code_of_a_study.py").write_text(CODE)
    for python in [sys.executable, *pythons()]:
        command = [python, "-I", "-c", SCRIPT, str(WATCHING), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [["A.method", "deeper", "in_thread", "inside"]] * 2, python


def test_code_elsewhere_is_not(tmp_path: Path):
    (tmp_path / "code_of_a_study.py").write_text(CODE)
    command = [sys.executable, "-I", "-c", SCRIPT.replace("(folder,)", "('/elsewhere',)"), str(WATCHING), str(tmp_path)]
    assert json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == [[], []]
