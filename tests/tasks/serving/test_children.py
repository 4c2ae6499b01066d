"""Questions that law answers: what of a manifest or of an address gets into a command line."""

from __future__ import annotations

import pytest

from tasks.serving.children import compare, explain


@pytest.mark.parametrize(
    "parameters", [{}, {"study": "pulse"}, {"study": "--set", "stage": "x"}, {"study": "a", "stage": "b; ls"}]
)
def test_a_manifest_that_names_no_task_begins_nothing(parameters: dict[str, str]):
    answer = explain("Evil.Task", parameters)
    assert (answer.line, answer.succeeded) == ("", False)
    assert "does not say which task" in answer.text


@pytest.mark.parametrize(
    ("a", "b"), [("", "0123"), ("012", "0123"), ("--help", "0123"), ("0123", "0123456789abc"), ("0123\n", "0123")]
)
def test_what_is_no_key_begins_nothing(a: str, b: str):
    answer = compare(a, b, "pulse")
    assert (answer.line, answer.succeeded) == ("", False)
    assert "name two keys" in answer.text
