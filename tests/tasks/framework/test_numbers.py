"""Parameters that are numbers of a stated range."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import luigi
import pytest

from tasks.framework.numbers import Number, WholeNumber


def test_only_numbers_of_the_range_are_taken():
    assert WholeNumber(least=1).parse("1") == WholeNumber(least=1).normalize(1) == 1
    assert Number(least=0).parse("2.5e3") == 2500.0
    for number, texts in ((WholeNumber(least=1), ("0", "-1")), (Number(least=0), ("-1e-9", "nan", "inf", "-inf"))):
        for text in texts:
            with pytest.raises(ValueError, match="it takes"):
                number.parse(text)
    with pytest.raises(ValueError, match="it takes whole numbers, 1 or more"):
        WholeNumber(least=1).normalize(0)
    with pytest.raises(ValueError, match="it takes numbers, 0 or more"):
        Number(least=0).normalize(math.nan)


def test_no_task_takes_just_any_number(repository: Path):
    def parameters() -> Iterator[tuple[str, luigi.Parameter]]:
        for file in sorted((repository / "tasks").rglob("*.py")):
            if "Parameter(" in file.read_text() or "Number(" in file.read_text():
                module = import_module(".".join(file.relative_to(repository).with_suffix("").parts))
                for cls in vars(module).values():
                    if isinstance(cls, type) and issubclass(cls, luigi.Task) and cls.__module__ == module.__name__:
                        yield from ((f"{cls.__name__}.{k}", v) for k, v in vars(cls).items())

    numbers = {k: v for k, v in parameters() if isinstance(v, luigi.IntParameter | luigi.FloatParameter)}
    assert {"ChunkWorkflow.chunk_events", "TrainModel.checkpoint_seconds"} <= numbers.keys()
    assert [name for name, one in numbers.items() if not isinstance(one, WholeNumber | Number)] == []
