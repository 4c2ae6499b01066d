import pytest

from analysis.errors import StudyError
from analysis.studies.airshower.composition.settings import FIGURES, CompositionSettings, identifier


def test_the_names_of_the_figures_are_those_of_the_default_models():
    models = CompositionSettings().models
    assert FIGURES[: len(models)] == tuple(f"fractions_{identifier(model)}" for model in models)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"models": ()}, "0 models"),
        ({"primaries": (("proton", 1),)}, "1 primaries"),
        ({"toys": 1}, "1 toys"),
    ],
)
def test_too_little_to_measure_is_an_error(given, problem):
    with pytest.raises(StudyError, match=problem):
        CompositionSettings(**given)
