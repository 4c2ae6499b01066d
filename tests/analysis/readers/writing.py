"""Write the same columns to files of all formats."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import uproot
from astropy.io import fits

from analysis.study import Column, Dataset, Schema, SourceFile

EVENTS = 300
MISSING = -999.0


def flat_columns() -> dict[str, Any]:
    """A column of each type, with the smallest and the largest value."""
    random = np.random.default_rng(16)
    found: dict[str, Any] = {"bool": random.random(EVENTS) < 0.5}
    for bits in (8, 16, 32, 64):
        for sign in ("int", "uint"):
            kind = np.dtype(f"{sign}{bits}")
            limits = np.iinfo(kind)
            found[kind.name] = random.integers(limits.min, limits.max, EVENTS, kind, endpoint=True)
            found[kind.name][[3, 4]] = limits.min, limits.max
    found["float32"] = random.normal(size=EVENTS).astype(np.float32)
    found["float64"] = random.normal(size=EVENTS) * 1e200
    found["string"] = np.array([f"event µ{number}" if number % 7 else "e" for number in range(EVENTS)])
    found["lacking"] = np.where(random.random(EVENTS) < 0.3, MISSING, random.normal(size=EVENTS)).astype(np.float32)
    return found


def jagged_columns() -> dict[str, Any]:
    """Lists of numbers, some of them empty."""
    random = np.random.default_rng(17)
    counts = random.integers(0, 4, EVENTS)
    counts[:2] = 0
    pt = random.normal(size=counts.sum())
    return {
        "pt": ak.unflatten(pt.astype(np.float32), counts),
        "charge": ak.unflatten(random.integers(-9, 9, counts.sum(), np.int16), counts),
        "energy": ak.unflatten(np.where(pt > 1, MISSING, pt), counts),
    }


def dataset_of(name: str, *, tree: str = "", columns: tuple[str | Column, ...], **more: Any) -> Dataset:
    """A data set of one file."""
    events = more.pop("events", EVENTS)
    schema = Schema(tree, columns, more.pop("missing", ()), more.pop("missing_value", MISSING))
    return Dataset("some", "", "measured", (SourceFile(name, "", events=events),), schema, **more)


def _root(path: Path, columns: Mapping[str, Any]) -> None:
    with uproot.recreate(path) as content:
        kinds = {name: "string" if name == "string" else ak.type(array).content for name, array in columns.items()}
        content.mktree("Events", kinds)
        # two baskets
        for part in (slice(0, 200), slice(200, None)):
            content["Events"].extend({name: ak.Array(array)[part] for name, array in columns.items()})


def _ntuple(path: Path, columns: Mapping[str, Any]) -> None:
    with uproot.recreate(path) as content:
        content.mkrntuple("Events", {name: ak.Array(array) for name, array in columns.items()})


def _arrow(columns: Mapping[str, Any]) -> pyarrow.Table:
    found = {}
    for name, array in columns.items():
        if isinstance(array, ak.Array):
            optional = ak.mask(array, array != MISSING) if name == "energy" else array
            found[name] = ak.to_arrow(optional, extensionarray=False)
        else:
            found[name] = pyarrow.array(array, mask=array == MISSING if name == "lacking" else None)
    return pyarrow.table(found)


def _parquet(path: Path, columns: Mapping[str, Any]) -> None:
    pyarrow.parquet.write_table(_arrow(columns), path, row_group_size=120)


def _csv(path: Path, columns: Mapping[str, Any]) -> None:
    pyarrow.csv.write_csv(_arrow(columns), path)


def _csv_gz(path: Path, columns: Mapping[str, Any]) -> None:
    with gzip.open(path, "wb") as file:
        pyarrow.csv.write_csv(_arrow(columns), file)


def _npz(path: Path, columns: Mapping[str, Any]) -> None:
    np.savez(path, **columns)


def _npz_packed(path: Path, columns: Mapping[str, Any]) -> None:
    np.savez_compressed(path, **columns)


def _npy(path: Path, columns: Mapping[str, Any]) -> None:
    # the third version of the format, for letters beyond Latin ones in names, warns
    table = np.zeros(
        len(next(iter(columns.values()))), [(name, array.dtype.newbyteorder(">")) for name, array in columns.items()]
    )
    for name, array in columns.items():
        table[name] = array
    np.save(path, table)


def _hdf5(path: Path, columns: Mapping[str, Any]) -> None:
    with h5py.File(path, "w") as content:
        group = content.create_group("Events")
        for name, array in columns.items():
            if isinstance(array, ak.Array):
                kind = ak.to_numpy(ak.flatten(array)).dtype
                rows = group.create_dataset(name, (len(array),), h5py.vlen_dtype(kind))
                for event, values in enumerate(array):
                    rows[event] = ak.to_numpy(values)
            elif array.dtype.kind == "U":
                group[name] = array.astype(h5py.string_dtype())
            else:
                group.create_dataset(name, data=array, chunks=(max(70, len(array) // 10),), compression="gzip")


def _hdf5_table(path: Path, columns: Mapping[str, Any]) -> None:
    kinds = {name: "S12" if array.dtype.kind == "U" else array.dtype for name, array in columns.items()}
    table = np.zeros(len(next(iter(columns.values()))), list(kinds.items()))
    for name, array in columns.items():
        table[name] = np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
    with h5py.File(path, "w") as content:
        content["Events"] = table


_FITS = {"b1": "L", "u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D", "i1": "B", "u2": "I"}
_FITS |= {"u4": "J", "u8": "K"}


def _fits(path: Path, columns: Mapping[str, Any]) -> None:
    made = []
    for name, array in columns.items():
        if isinstance(array, ak.Array):
            content = ak.to_numpy(ak.flatten(array)).dtype
            lists = np.empty(len(array), object)
            for event, values in enumerate(array):
                numbers = ak.to_numpy(values)
                lists[event] = np.where(numbers == MISSING, np.nan, numbers) if name == "energy" else numbers
            made.append(fits.Column(name, f"P{_FITS[content.str[1:]]}()", array=lists))
        elif array.dtype.kind == "U":
            made.append(fits.Column(name, "12A", array=np.char.encode(array, "utf-8")))
        else:
            kind = array.dtype.str[1:]
            zero = {"i1": -128, "u2": 2**15, "u4": 2**31, "u8": 2**63}.get(kind)
            values = np.where(array == MISSING, np.nan, array) if name == "lacking" else array
            made.append(fits.Column(name, _FITS[kind], bzero=zero, array=values))
    fits.BinTableHDU.from_columns(made, name="Events").writeto(path)


def _fits_gz(path: Path, columns: Mapping[str, Any]) -> None:
    plain = path.with_name("plain.fits")
    _fits(plain, columns)
    path.write_bytes(gzip.compress(plain.read_bytes()))


FLAT: dict[str, tuple[str, Callable[[Path, Mapping[str, Any]], None]]] = {
    "tree.root": ("Events", _root),
    "ntuple.root": ("Events", _ntuple),
    "some.parquet": ("", _parquet),
    "some.csv": ("", _csv),
    "some.csv.gz": ("", _csv_gz),
    "some.npz": ("", _npz),
    "packed.npz": ("", _npz_packed),
    "some.npy": ("", _npy),
    "some.h5": ("Events", _hdf5),
    "table.hdf5": ("Events", _hdf5_table),
    "some.fits": ("EVENTS", _fits),
    "some.fits.gz": ("", _fits_gz),
}
"""Trees and writers by names of files."""

JAGGED = ("tree.root", "ntuple.root", "some.parquet", "some.h5", "some.fits")
"""Files of formats that have lists of any length."""
