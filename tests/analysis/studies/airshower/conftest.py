import pytest

from analysis.events.resources import copy_resource
from analysis.studies.airshower.published.files import PUBLICATIONS


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Copies of all publications' files, by publication and file name."""
    folder = tmp_path_factory.mktemp("published")
    files = {p.name: {file.name: folder / f"{p.name}.{file.name}" for file in p.files} for p in PUBLICATIONS}
    for publication in PUBLICATIONS:
        for file in publication.files:
            copy_resource(file, files[publication.name][file.name])
    return files
