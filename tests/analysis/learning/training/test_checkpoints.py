from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.errors import StoreError, TrainingError
from analysis.learning.training.checkpoints import NAME, Checkpoint, flatten, load, restore, save

HERE = Path("here")
FINGERPRINT = {"data": "abc", "training.epochs": "5"}


def tree(scale=1.0):
    return {
        "layers": [{"kernel": jnp.arange(6.0).reshape(2, 3) * scale}, {"kernel": jnp.ones(3) * scale}],
        "key": jax.random.split(jax.random.key(7), 2),
        "count": jnp.int32(4),
        "stopped": jnp.array([True, False]),
    }


def checkpoint(scale=1.0):
    return Checkpoint(flatten(tree(scale)), [{"epoch": 1, "seconds": 0.5}], FINGERPRINT)


def test_trees_come_back_to_the_bit():
    arrays = flatten(tree())
    assert set(arrays) == {"layers.0.kernel", "layers.1.kernel", "key", "count", "stopped"}
    back = restore(tree(0.0), arrays, HERE)
    assert jax.tree.map(jnp.shape, back) == jax.tree.map(jnp.shape, tree())
    for name, array in flatten(back).items():
        assert array.dtype == arrays[name].dtype
        assert np.array_equal(array, arrays[name])
    assert np.array_equal(jax.random.normal(back["key"][1], (3,)), jax.random.normal(tree()["key"][1], (3,)))


def test_a_tree_of_other_arrays_is_refused():
    arrays = flatten(tree())
    with pytest.raises(TrainingError, match=r"here does not fit .* 'count' is missing, expected int32 of shape \(\)"):
        restore(tree(), {name: array for name, array in arrays.items() if name != "count"}, HERE)
    with pytest.raises(TrainingError, match=r"'more' is float64 of shape \(2,\), expected missing"):
        restore(tree(), {**arrays, "more": np.zeros(2)}, HERE)
    with pytest.raises(TrainingError, match=r"'stopped' is bool of shape \(3,\)"):
        restore(tree(), {**arrays, "stopped": np.zeros(3, bool)}, HERE)


def test_round_trip(tmp_path):
    save(tmp_path / "new", checkpoint())
    assert os.listdir(tmp_path / "new") == [NAME]
    loaded = load(tmp_path / "new", FINGERPRINT)
    assert loaded is not None
    assert loaded.history == checkpoint().history
    assert loaded.arrays.keys() == checkpoint().arrays.keys()
    for name, array in checkpoint().arrays.items():
        assert np.array_equal(loaded.arrays[name], array)


def test_no_checkpoint(tmp_path):
    assert load(tmp_path, FINGERPRINT) is None
    assert load(tmp_path / "none", FINGERPRINT) is None


def test_a_checkpoint_of_something_else_says_what_differs(tmp_path):
    save(tmp_path, checkpoint())
    with pytest.raises(TrainingError) as caught:
        load(tmp_path, {"data": "abd", "code": "1"})
    message = str(caught.value)
    assert "code: not given there, 1 now" in message
    assert "data: abc there, abd now" in message
    assert "training.epochs: 5 there, not given now" in message
    assert f"cure: remove {tmp_path / NAME}" in message


def test_every_damage_is_noticed(tmp_path):
    save(tmp_path, checkpoint())
    path = tmp_path / NAME
    content = path.read_bytes()
    changed = bytearray(content)
    changed[-3] ^= 1
    for damaged in (b"", content[:20], content[:-1], bytes(changed), b"something else"):
        path.write_bytes(damaged)
        with pytest.raises(TrainingError, match=r"checkpoint\.safetensors is damaged"):
            load(tmp_path, FINGERPRINT)


def test_another_file_is_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3)}, tmp_path / NAME)
    with pytest.raises(TrainingError, match="no checkpoint that this version can read"):
        load(tmp_path, FINGERPRINT)


CHILD = """
import os, resource, signal, sys
from pathlib import Path
import numpy as np
from analysis.errors import StoreError
from analysis.learning.training.checkpoints import Checkpoint, save

def die(event, arguments):
    if event == how and ".part" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)

folder, how = Path(sys.argv[1]), sys.argv[2]
if how in ("open", "os.rename"):
    sys.addaudithook(die)
if how in ("half", "full"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
if how == "half":
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
try:
    save(folder, Checkpoint({"value": np.full(100_000, 2.0)}, [], {"data": "abc", "training.epochs": "5"}))
except StoreError as error:
    print(error)
    sys.exit(3)
"""


def save_in_child(folder, how):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, str(folder), how]
    return subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=False)


@pytest.mark.long
@pytest.mark.parametrize(("how", "written"), [("open", None), ("half", 400_000), ("os.rename", 800_000)])
def test_a_kill_while_saving_leaves_the_checkpoint_before(tmp_path, how, written):
    """Killed before anything is written, in the middle of the file, and just before it gets its name."""
    save(tmp_path, checkpoint())
    child = save_in_child(tmp_path, how)
    assert child.returncode == (-signal.SIGXFSZ if how == "half" else -signal.SIGKILL)
    leftovers = list(tmp_path.glob(".*.part"))
    assert len(leftovers) == (written is not None)
    assert all(path.stat().st_size >= written for path in leftovers)
    loaded = load(tmp_path, FINGERPRINT)
    assert loaded is not None
    assert np.array_equal(loaded.arrays["layers.0.kernel"], checkpoint().arrays["layers.0.kernel"])
    # the next save removes what the killed one left
    save(tmp_path, checkpoint(2.0))
    assert os.listdir(tmp_path) == [NAME]


def test_a_full_device_is_one_clear_message(tmp_path):
    save(tmp_path, checkpoint())
    child = save_in_child(tmp_path, "full")
    assert child.returncode == 3
    assert f"the checkpoint {tmp_path / NAME} cannot be written: File too large" in child.stdout
    assert os.listdir(tmp_path) == [NAME]
    assert load(tmp_path, FINGERPRINT) is not None


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        save(tmp_path / "file" / "folder", checkpoint())


def test_what_a_living_writer_is_at_stays(tmp_path):
    other = tmp_path / f".{NAME}.{socket.gethostname()}.{os.getppid()}.part"
    other.write_bytes(b"half")
    save(tmp_path, checkpoint())
    assert other.exists()
