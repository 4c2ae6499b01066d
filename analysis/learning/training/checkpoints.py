"""The state of a training on disk: a killed training goes on as if nothing had happened.

One file holds everything, so that no two files can disagree. It is written under a temporary name, flushed to the
device and renamed: the last good checkpoint is there until the next one is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from analysis.errors import StoreError, TrainingError

__all__ = ["Checkpoint", "flatten", "load", "restore", "save"]

FORMAT = "erumflow checkpoint 1"
NAME = "checkpoint.safetensors"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training between two epochs.

    Args:
        arrays: every array of the state, by its path in the state's tree.
        history: one entry for each epoch so far.
        fingerprint: what the training is of; it goes on only if all of this is the same.
    """

    arrays: Mapping[str, np.ndarray]
    history: list[dict[str, Any]]
    fingerprint: Mapping[str, str]


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree by their paths; random keys as their numbers.

    Examples:
        >>> flatten({"layer": {"bias": np.zeros(2)}})
        {'layer.bias': array([0., 0.])}
    """
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {_name(path): np.asarray(_plain(leaf)) for path, leaf in leaves}


def restore(template: Any, arrays: Mapping[str, np.ndarray], source: Path) -> Any:
    """The tree that :func:`flatten` took apart.

    Args:
        template: a tree of the same structure, for its paths, shapes and types.
        arrays: from :func:`flatten`.
        source: where they are from, for messages.

    Raises:
        TrainingError: an array is missing, superfluous, or of another shape or type.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(template)
    expected = {_name(path): jax.eval_shape(_plain, leaf) for path, leaf in leaves}
    for name in sorted(expected.keys() | arrays.keys()):
        found, wanted = arrays.get(name), expected.get(name)
        if found is None or wanted is None or found.shape != wanted.shape or found.dtype != wanted.dtype:
            raise TrainingError(
                f"{source} does not fit the network: {name!r} is {_describe(found)}, expected {_describe(wanted)}",
                cure="use the network and the settings that it was made with, or remove it",
            )
    return jax.tree_util.tree_unflatten(structure, [_typed(arrays[_name(path)], leaf) for path, leaf in leaves])


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Replace the folder's checkpoint; returns its file.

    Raises:
        StoreError: the folder cannot be written or is full; the checkpoint before is still there.
    """
    from safetensors.numpy import save as serialise

    arrays = dict(checkpoint.arrays)
    described = {
        "digest": _digest(arrays),
        "fingerprint": dict(checkpoint.fingerprint),
        "format": FORMAT,
        "history": checkpoint.history,
    }
    content = serialise(arrays, metadata={"checkpoint": json.dumps(described, sort_keys=True)})
    temporary = folder / f".{NAME}.{socket.gethostname()}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, folder / NAME)
        _flush_folder(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise StoreError(
            f"the checkpoint {folder / NAME} cannot be written: {error.strerror}",
            cure="free some space or mend the permissions, then run the same command: it goes on from the last one",
        ) from error
    return folder / NAME


def load(folder: Path, fingerprint: Mapping[str, str]) -> Checkpoint | None:
    """The folder's checkpoint; ``None`` if it has none.

    Args:
        folder: where :func:`save` wrote.
        fingerprint: what the training is of now.

    Raises:
        TrainingError: the checkpoint is damaged, or of another training; the message says what differs.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / NAME
    if not path.exists():
        return None
    cure = f"remove {path} to train from the beginning"
    try:
        with safe_open(path, framework="numpy") as file:
            described = json.loads((file.metadata() or {}).get("checkpoint", "{}"))
            # keys() of the file's handle, which is no mapping
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise TrainingError(f"the checkpoint {path} is damaged: {error}", cure=cure) from error
    if described.get("format") != FORMAT:
        raise TrainingError(f"{path} is no checkpoint that this version can read", cure=cure)
    if described["digest"] != _digest(arrays):
        raise TrainingError(f"the checkpoint {path} is damaged: its content does not match its digest", cure=cure)
    found = described["fingerprint"]
    differences = [
        f"{name}: {found.get(name, 'not given')} there, {fingerprint.get(name, 'not given')} now"
        for name in sorted(found.keys() | fingerprint.keys())
        if found.get(name) != fingerprint.get(name)
    ]
    if differences:
        raise TrainingError(
            f"the checkpoint {path} is of another training; different are\n    " + "\n    ".join(differences), cure=cure
        )
    return Checkpoint(arrays=arrays, history=described["history"], fingerprint=found)


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _is_key(leaf: Any) -> bool:
    return jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _typed(array: np.ndarray, like: Any) -> Any:
    return jax.random.wrap_key_data(jax.numpy.asarray(array)) if _is_key(like) else jax.numpy.asarray(array)


def _describe(array: Any) -> str:
    return "missing" if array is None else f"{array.dtype} of shape {array.shape}"


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    state = hashlib.sha256()
    for name in sorted(arrays):
        state.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        state.update(np.ascontiguousarray(arrays[name]).tobytes())
    return state.hexdigest()


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed writers of this host left; another living one may write at the same time."""
    for path in folder.glob(f".{NAME}.{socket.gethostname()}.*.part"):
        writer = int(path.name.split(".")[-2])
        try:
            os.kill(writer, 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except PermissionError:
            continue  # alive, and somebody else's


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
