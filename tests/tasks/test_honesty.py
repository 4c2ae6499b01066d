"""Keys are honest: what runs while a record is made stands in its key, or in the short list of what need not.

The examples are watched in test_examples.py.
"""

from __future__ import annotations

import pytest

from tests.tasks.conftest import NOTES
from tests.tasks.project import Project
from tests.tasks.ran import check_honesty, made_records

pytestmark = pytest.mark.long


def test_airshower(author: Project):
    check_honesty(author, made_records(author, author.folder.parent / NOTES), "airshower")


def test_htautau(trained: Project, collisions: Project):
    # the networks were trained by another command, in another folder
    records = [one for project in (trained, collisions) for one in made_records(project, project.folder.parent / NOTES)]
    check_honesty(collisions, records, "htautau")
