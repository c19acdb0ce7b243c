"""What flags, environment and .env ask of a report together."""

from pathlib import Path

import pytest
from resolving import lines

from pt5_async.cli.report_asked import ToReport, to_report
from pt5_async.cli.report_flags import ReportFlags
from pt5_async.cli.variables import variables
from pt5_async.errors import UsageError
from pt5_async.model import Target
from pt5_async.settings import Settings

STATE = Path("/state")


def given(**flags: object) -> ReportFlags:
    return ReportFlags(**({"html": "r.html"} | flags))  # type: ignore[arg-type]


def solved(flags: ReportFlags | None = None, **environ: str) -> ToReport:
    return to_report(flags or given(), environ, {}, state=lambda: STATE)


def test_a_file_is_all_that_is_needed() -> None:
    asked = solved()
    assert (asked.source, asked.target) == (None, None)
    assert (asked.html, asked.png) == (Path("r.html"), None)
    assert asked.settings == Settings(state=STATE)
    assert not asked.state_named


def test_it_takes_what_an_upload_s_variables_say() -> None:
    dotenv = lines(
        AWS_UPLOAD_URL="s3://there/below",
        IFCB_DATA_DIR="/ifcb",
        AWS_SECRET_ACCESS_KEY="secret",
        PT5_MIN_AGE="5s",
        PT5_RECEIPT="of an upload",
    )
    asked = to_report(given(), {"STATE_DIRECTORY": "/s:/t"}, dotenv)
    assert asked.source == Path("/ifcb")
    assert asked.origin is not None
    # Where the next run goes says nothing of where others went.
    assert asked.target is None
    assert asked.settings.min_age == 5
    assert (asked.settings.state, asked.state_named) == (Path("/s"), True)
    assert asked.warnings == ()


def test_what_stands_on_the_command_line_counts() -> None:
    asked = solved(
        given(path="/data", to="s3://b/p/", state="/s", png="c.png"),
        PT5_SOURCE="/other",
        PT5_STATE="/t",
    )
    assert (asked.source, asked.origin) == (Path("/data"), None)
    assert asked.target == Target("b", "p")
    assert asked.settings.state == Path("/s")
    assert asked.png == Path("c.png")


@pytest.mark.parametrize(
    "flags",
    [
        given(html=None),
        given(html=""),
        given(html="folder/"),
        given(png="./r.html"),
        given(html="-"),
        given(png="-"),
        given(to="bucket"),
        given(state=""),
        given(min_age="soon"),
        given(members="jpg"),
        given(instrument=["x"]),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(
    flags: ReportFlags,
) -> None:
    with pytest.raises(UsageError, match="--"):
        solved(flags)


def test_a_variable_for_each_option_but_those_that_others_read() -> None:
    mine = {one.name for one in variables(ReportFlags)}
    assert {"PT5_HTML", "PT5_PNG", "PT5_INSTRUMENT", "PT5_JSON"} < mine
    asked = solved(given(html=None), PT5_HTML="/www/r.html")
    assert asked.html == Path("/www/r.html")
    [warning] = solved(PT5_HTLM="x").warnings
    assert "is PT5_HTML meant?" in warning
