"""Keys of generated programs: every change of what a program does changes its key, and nothing else does.

The programs run before and after each change, so that it is measured what changed.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from tests.analysis.provenance.definitions import DEFINITIONS, USES
from tests.analysis.provenance.programs import ENTRY, MODULES, STYLES, Definition, Effect, Program, Use
from tests.analysis.provenance.pythons import pythons
from tests.analysis.provenance.rewriting import REWRITINGS, with_unrelated
from tests.analysis.provenance.running import Workplace, workplace
from tests.analysis.provenance.traps import TRAPS, Trap

QUICK = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
DEEP = settings(QUICK, max_examples=400)

KINDS = st.sampled_from(sorted(USES))
FORMS = st.integers(0, max(map(len, DEFINITIONS.values())) - 1)
NUMBERS = st.integers(1, 99)
PAIRS = st.tuples(NUMBERS, st.integers(2, 5))


@st.composite
def uses(draw: st.DrawFn, number: int, least: int = 0) -> tuple[Use, ...]:
    """Of the definitions before a number, the last ones first."""
    if number == 0:
        return ()
    of = draw(st.lists(st.integers(1, number).map(lambda back: number - back), min_size=least, max_size=2, unique=True))
    return tuple(Use(one, draw(st.sampled_from(STYLES))) for one in of)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    modules = sorted(draw(st.lists(st.integers(0, len(MODULES) - 1), min_size=2, max_size=7)))
    found = [
        Definition(module, draw(KINDS), draw(FORMS), draw(PAIRS), draw(uses(number, min(number, 1))))
        for number, module in enumerate(modules)
    ]
    effects = []
    for _ in range(draw(st.integers(0, 2))):
        of = draw(st.integers(0, len(found) - 1))
        module = draw(st.integers(found[of].module, len(MODULES) - 1))
        effects.append(Effect(module, Use(of, draw(st.sampled_from(STYLES))), draw(FORMS), draw(NUMBERS)))
    entry = draw(uses(len(found), 1))
    for_effect = draw(st.lists(st.integers(0, len(MODULES) - 1), max_size=1))
    return Program(tuple(found), tuple(effects), entry, tuple(for_effect))


@st.composite
def changed_programs(draw: st.DrawFn) -> tuple[Program, Program]:
    """A program, and the same with a change of one definition, of one effect or of what the entry uses."""
    program = draw(programs())
    what = draw(st.sampled_from(["number", "number", "form", "uses", "effect", "entry"]))
    number = draw(st.sampled_from(sorted(program.reached())))
    one = program.definitions[number]
    if what == "number":
        first, second = one.numbers
        numbers = draw(st.sampled_from([(first + 1, second), (first, second + 1)]))
        return program, program.with_definition(number, numbers=numbers)
    if what == "form":
        return program, program.with_definition(number, form=draw(FORMS))
    if what == "uses":
        return program, program.with_definition(number, uses=draw(uses(number)))
    if what == "entry":
        return program, dataclasses.replace(program, uses=draw(uses(len(program.definitions), 1)))
    assume(program.effects)
    first_effect, *others = program.effects
    changed = draw(st.sampled_from([(), (dataclasses.replace(first_effect, number=first_effect.number + 1),)]))
    return program, dataclasses.replace(program, effects=(*changed, *others))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with workplace(tmp_path_factory.mktemp("programs") / "code") as found:
        yield found


# which names of a module such text uses is not known before it runs
SEES_ALL_NAMES = re.compile(r"globals\(|vars\(|import \*|getattr\(")


def told(files: dict[str, str]) -> str:
    return "\n".join(f"# --- {name}\n{text.strip()}" for name, text in files.items() if text.strip())


def check_never_stale(place: Workplace, pair: tuple[Program, Program]) -> None:
    files, changed = (program.files() for program in pair)
    assume(files != changed)
    place.write(files)
    result = place.result(ENTRY)
    assume(isinstance(result, int))
    key = place.key(ENTRY)
    place.write(changed)
    new_result = place.result(ENTRY)
    if new_result == result:
        return
    note(told(files))
    note(f"result {result}, then {new_result}, with")
    note(told({name: text for name, text in changed.items() if text != files[name]}))
    assert place.key(ENTRY) != key, "the result changed, the key did not"


def check_never_anew(place: Workplace, program: Program, way: str) -> None:
    files = program.files()
    rewritten = {name: REWRITINGS[way](text) for name, text in files.items()}
    # this way brings names of its own; a program that sees all names of a module may use them
    assume(way != "annotations" or not any(map(SEES_ALL_NAMES.search, files.values())))
    place.write(files)
    key, result = place.key(ENTRY), place.result(ENTRY)
    assume(isinstance(result, int))
    place.write(rewritten)
    assume(place.result(ENTRY) == result)
    if way == "order of imports":
        # it counts where it may decide: of several effects, and of imports that may bring the same names
        assume(not program.effects and not any("import *" in text for text in files.values()))
    note(told(files))
    assert place.key(ENTRY) == key, f"{way} changed the key"


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_traps(place: Workplace, trap: Trap):
    place.write(trap.files)
    result, key = place.result("t.main:entry"), place.key("t.main:entry")
    assert isinstance(result, int)
    assert place.key("t.main:entry") == key
    place.write(trap.changed)
    assert place.result("t.main:entry") != result
    assert place.key("t.main:entry") != key


def test_a_module_that_appears_where_it_was_tried_counts(place: Workplace):
    files = {
        "t/__init__.py": "",
        "t/slow.py": "def f():\n    return 1\n",
        "t/main.py": "try:\n    from t.fast import f\nexcept ImportError:\n    from t.slow import f\n\n\n"
        "def entry():\n    return f()\n",
    }
    place.write(files)
    result, key = place.result("t.main:entry"), place.key("t.main:entry")
    place.write(files | {"t/fast.py": "def f():\n    return 2\n"})
    assert place.result("t.main:entry") != result
    assert place.key("t.main:entry") != key


def all_definitions() -> Program:
    """Every template of a definition, each using the two before it."""
    forms = [(kind, form) for kind in sorted(DEFINITIONS) for form in range(len(DEFINITIONS[kind]))]
    found = []
    for number, (kind, form) in enumerate(forms):
        of = [one for one in (number - 1, number - 7) if one >= 0]
        used = tuple(Use(one, STYLES[(number + one) % len(STYLES)]) for one in of)
        found.append(Definition(number * len(MODULES) // len(forms), kind, form, (number + 2, 3), used))
    return Program(tuple(found), uses=(Use(len(forms) - 1, "name"),))


STORED = "16b2f14a7cde6180"


def test_every_python_gives_the_same_keys(repository: Path, tmp_path: Path):
    with workplace(tmp_path / "code") as folder:
        folder.write(all_definitions().files())
        assert isinstance(folder.result(ENTRY), int)
    script = (
        "import sys; sys.path[:0] = sys.argv[1:3]; from analysis.provenance.fingerprint import digest, fingerprint;"
        "print(digest(str(sorted(fingerprint(sys.argv[3]).items()))))"
    )
    for python in [sys.executable, *pythons()]:
        command = [python, "-I", "-c", script, str(repository), str(tmp_path / "code"), ENTRY]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == STORED, python


def check_unrelated(place: Workplace, program: Program, data: st.DataObject) -> None:
    files = program.files()
    open_files = [name for name, text in files.items() if not SEES_ALL_NAMES.search(text)]
    assume(open_files)
    name = data.draw(st.sampled_from(sorted(open_files)))
    which = data.draw(st.lists(st.integers(0, 8), min_size=1, max_size=2, unique=True))
    place.write(files)
    key, result = place.key(ENTRY), place.result(ENTRY)
    assume(isinstance(result, int))
    for number in (1, 2):
        place.write(files | {name: with_unrelated(files[name], which, number)})
        assert place.result(ENTRY) == result
        note(told(files | {name: with_unrelated(files[name], which, number)}))
        assert place.key(ENTRY) == key, "an unrelated definition changed the key"


@pytest.mark.long
@given(programs(), st.data())
@QUICK
def test_definitions_that_nothing_uses_do_not_count(place: Workplace, program: Program, data: st.DataObject):
    check_unrelated(place, program, data)


@given(changed_programs())
@QUICK
def test_a_change_of_what_a_program_does_changes_its_key(place: Workplace, pair: tuple[Program, Program]):
    check_never_stale(place, pair)


@given(programs(), st.sampled_from(sorted(REWRITINGS)))
@QUICK
def test_other_ways_to_write_a_program_do_not(place: Workplace, program: Program, way: str):
    check_never_anew(place, program, way)


@pytest.mark.long
@given(changed_programs())
@DEEP
def test_many_changes_of_what_a_program_does(place: Workplace, pair: tuple[Program, Program]):
    check_never_stale(place, pair)


@pytest.mark.long
@given(programs(), st.sampled_from(sorted(REWRITINGS)))
@DEEP
def test_many_other_ways_to_write_a_program(place: Workplace, program: Program, way: str):
    check_never_anew(place, program, way)
