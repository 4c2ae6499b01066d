"""What law.cfg says of studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from law.config import Config

from analysis.errors import StudyError
from tasks.framework.settings import mirrors, refuse_unknown_settings

Configure = Callable[[str, str], None]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """``configure(section, option)``: an option more in law.cfg."""
    config = Config.instance()
    added: list[tuple[str, str, bool]] = []

    def configure(section: str, option: str) -> None:
        new = not config.has_section(section)
        if new:
            config.add_section(section)
        config.set(section, option, "value")
        added.append((section, option, new))
        refuse_unknown_settings.cache_clear()

    yield configure
    for section, option, new in added:
        config.remove_option(section, option)
        if new:
            config.remove_section(section)
    refuse_unknown_settings.cache_clear()


def test_an_unknown_option_of_studies(configure: Configure) -> None:
    configure("studies", "paths")
    with pytest.raises(StudyError, match=r"section \[studies\]: there is no option 'paths'") as caught:
        refuse_unknown_settings()
    assert caught.value.cure == "use one of: default, modules, path; did you mean 'path'?"


@pytest.mark.parametrize(
    ("section", "meant"), [("study", "studies"), ("Studies", "studies"), ("stores", "store"), ("stor", "store")]
)
def test_a_section_that_nobody_reads(configure: Configure, section: str, meant: str) -> None:
    configure(section, "path")
    with pytest.raises(StudyError, match=rf"a section \[{section}\], which nobody reads") as caught:
        refuse_unknown_settings()
    assert caught.value.cure == f"call it [{meant}]"


@pytest.mark.parametrize("section", ["store_a", "site_mine", "status", "core", "my_store", "luigi_scheduler", "task"])
def test_sections_of_others_are_theirs(configure: Configure, section: str) -> None:
    configure(section, "something")
    refuse_unknown_settings()


def test_folders_with_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERUMFLOW_MIRROR", raising=False)
    assert mirrors() == ()
    one, two = tmp_path / "one", tmp_path / "two: more"
    for folder in (one, two):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    for text, folders in ((f"~/one:{tmp_path}", (one, tmp_path)), (f"file://{two}", (two,)), (f"{one}:", (one,))):
        monkeypatch.setenv("ERUMFLOW_MIRROR", text)
        assert mirrors() == folders
    monkeypatch.setenv("ERUMFLOW_MIRROR", f"{one}:{tmp_path}/three")
    with pytest.raises(StudyError, match="three, which is no folder"):
        mirrors()
