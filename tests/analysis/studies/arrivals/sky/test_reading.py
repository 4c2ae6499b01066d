from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.readers.data_file import DataFile
from analysis.studies.arrivals.sky.reading import read

HEADER = "#Yr\t\tJD\tUTC\t\t\tTh\t\tPh\t\tRA\t\tDec\t\tE\t\tExpo\n"
LINE = "2004\t19\t1074514681\t51.3\t-13.9\t295.6\t-31.0\t50.9\t30.9\n"


def found(folder: Path, text: str, stop: int = 1) -> dict[str, object]:
    path = folder / "events.dat"
    path.write_text(text)
    with DataFile.local(path) as file:
        return {name: values.tolist() for name, values in read(file, 0, stop).items()}


def test_columns_have_their_names(tmp_path: Path):
    event = found(tmp_path, HEADER + LINE)
    assert (event["zenith"], event["right_ascension"], event["energy"]) == ([51.3], [295.6], [50.9])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#Yr JD\n" + LINE, "begins with"),
        (HEADER + LINE, "has 1 lines of 9 numbers, not 2 of 9"),
        (HEADER + "2004 19\n2004 20\n", "lines of 2 numbers"),
        (HEADER + LINE.replace("50.9", "many"), "could not convert"),
    ],
)
def test_what_is_no_event_list_is_told(tmp_path: Path, text: str, said: str):
    with pytest.raises(DataError, match="fetch it again") as caught:
        found(tmp_path, text, 2)
    assert said in str(caught.value)
    assert "events.dat" in str(caught.value)
