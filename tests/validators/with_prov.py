"""Run by the validator's Python: whether a PROV-JSON file survives reading and writing by prov. Usage: FILE."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from prov.model import ProvDocument

TIMES = ("prov:startTime", "prov:endTime", "prov:time")


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """What a document says, whatever it calls its relations and however it writes times."""
    said: dict[str, Any] = {"prefix": content["prefix"]}
    for kind in content.keys() - {"prefix"}:
        described = {name: one if isinstance(one, list) else [one] for name, one in content[kind].items()}
        texts = [
            (
                name if not name.startswith("_:") else "",
                json.dumps({key: timed(key, v) for key, v in one.items()}, sort_keys=True),
            )
            for name, ones in described.items()
            for one in ones
        ]
        said[kind] = sorted(texts)
    return said


def timed(key: str, value: Any) -> Any:
    return datetime.fromisoformat(value).isoformat() if key in TIMES else value


def main(file: Path) -> None:
    text = file.read_text(encoding="ascii")
    before = json.loads(text)
    document = ProvDocument.deserialize(content=text, format="json")
    again = document.serialize(format="json")
    after = json.loads(again)
    if ProvDocument.deserialize(content=again, format="json") != document:
        sys.exit("written and read again, it is another document")
    if len(document.get_records()) != sum(len(ones) for kind, ones in before.items() if kind != "prefix"):
        sys.exit(f"{len(document.get_records())} statements were understood")
    old, new = plain(before), plain(after)
    for kind in old.keys() | new.keys():
        if old.get(kind) != new.get(kind):
            sys.exit(f"{kind} differs:\n{old.get(kind)}\n{new.get(kind)}")
    print(len(document.get_records()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
