import subprocess
import sys

import pytest

from analysis.events.resources import read_resource
from analysis.studies.airshower.published.files import PUBLICATIONS

files = [(publication, file) for publication in PUBLICATIONS for file in publication.files]


@pytest.mark.parametrize(("publication", "file"), files, ids=lambda value: value.name)
def test_every_file_is_in_the_package_with_its_digest(publication, file):
    assert len(read_resource(file)) == file.size


def test_publications_say_what_they_are():
    names = [publication.name for publication in PUBLICATIONS]
    assert len(set(names)) == len(names)
    for publication in PUBLICATIONS:
        assert publication.doi.startswith("10.")
        assert "Pierre Auger Collaboration" in publication.citation
        assert len({file.name for file in publication.files}) == len(publication.files)


def test_a_stated_licence_is_that_of_the_files_own_heading():
    for publication, file in files:
        heading = read_resource(file)[:4000].decode()
        assert ("CC BY-SA 4.0" in heading) == (publication.licence == "CC-BY-SA-4.0")


def test_the_catalogue_costs_no_numpy():
    code = "import sys, analysis.studies.airshower.published.files; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
