import pytest

from analysis.errors import DataError
from analysis.studies.airshower.published.columns import columns, numbers

TABLE = "#a b\n# a remark\n 1 2.5\n\n3\t-4e1\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text(TABLE)
    return path


def test_rows_are_read_and_remarks_passed_over(table):
    assert numbers(table, 2, 2).tolist() == [[1.0, 2.5], [3.0, -40.0]]


def test_columns_have_the_names_of_the_heading(table):
    read = columns(table, 2)
    assert {name: column.tolist() for name, column in read.items()} == {"a": [1.0, 3.0], "b": [2.5, -40.0]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (TABLE.replace("2.5", "two"), "is no table of numbers .*'two'"),
        (TABLE.replace("2.5", ""), "is no table of numbers"),
        (TABLE.replace("2.5", "nan"), "not finite"),
        (TABLE[:-9], "should hold 2 rows of 2 numbers, and holds 1 x 2"),
        ("", "has no heading"),
        (TABLE[1:], "has no heading"),
        (b"\xff\xfe\x00", "is no text"),
    ],
)
def test_a_damaged_file_says_what_is_wrong_with_it(table, content, fault):
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=fault) as damaged:
        columns(table, 2)
    assert str(table) in str(damaged.value)
    assert "copied anew" in str(damaged.value)


def test_a_missing_file_names_itself(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.txt .* cannot be read \(No such file"):
        numbers(tmp_path / "nothing.txt", 1, 1)
