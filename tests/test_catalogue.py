"""Every failure that has a name has its case on each lane, and is told of."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
from catalogue import ROWS
from readme import rows
from stores import LANES

HERE = Path(__file__).parent
_MARKS = re.compile(r"^\s*@?row\(|\brow\(\"", re.MULTILINE)


def marking() -> Iterator[FunctionType]:
    for path in sorted(HERE.glob("test_*.py")):
        if path.stem != "test_catalogue" and _MARKS.search(path.read_text()):
            module = importlib.import_module(path.stem)
            for name, test in inspect.getmembers(module, inspect.isfunction):
                if name.startswith("test_"):
                    yield test


def takes_a_lane(test: FunctionType) -> bool:
    """Whether a test runs on each lane, by itself or by a fixture of its."""
    asked = set(inspect.signature(test).parameters)
    for name in tuple(asked):
        fixture = test.__globals__.get(name)
        if fixture is not None:
            asked |= set(inspect.signature(fixture).parameters)
    return "lane" in asked


def cases(test: FunctionType) -> set[tuple[str, str]]:
    """The rows of which a test is a case, each with a lane."""
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    named = {name for m in marks if m.name == "row" for name in m.args}
    lanes = set(LANES) if takes_a_lane(test) else set()
    for mark in marks:
        if mark.name != "parametrize":
            continue
        arguments, values = mark.args[:2]
        listed = (
            arguments.split(",") if isinstance(arguments, str) else arguments
        )
        for value in values:
            inner = getattr(value, "marks", ())
            named |= {n for m in inner if m.name == "row" for n in m.args}
        if "lane" in listed:
            assert set(values) == set(LANES), test.__name__
    return {(name, lane) for name in named for lane in lanes}


def test_every_row_has_its_case_on_each_lane() -> None:
    found = {case for test in marking() for case in cases(test)}
    assert found == {(name, lane) for name in ROWS for lane in LANES}


def test_people_read_the_same_rows() -> None:
    told = [tuple(cells) for cells in rows("When something goes wrong")]
    assert told == [(one.event, one.outcome) for one in ROWS.values()]


def test_where_we_judge_otherwise_the_catalogue_says_why() -> None:
    for name, one in ROWS.items():
        assert one.event and one.outcome, name  # noqa: PT018 - both or none
        assert not one.differs or one.reference, name
