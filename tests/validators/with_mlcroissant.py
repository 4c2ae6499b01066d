"""Run by the validator's Python: whether mlcroissant reads a description of data without a complaint. Usage: FILE."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import mlcroissant


def main(file: Path) -> None:
    complaints: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: complaints.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("absl").addHandler(handler)
    try:
        dataset = mlcroissant.Dataset(jsonld=file)
    except mlcroissant.ValidationError as error:
        sys.exit(str(error))
    if complaints:
        sys.exit("\n".join(complaints))
    rows = {one.id: [_plain(row) for row in dataset.records(one.id)] for one in dataset.metadata.record_sets}
    files = {one.id: one.sha256 or one.md5 for one in dataset.metadata.distribution}
    print(json.dumps({"rows": rows, "files": files}))


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in row.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
