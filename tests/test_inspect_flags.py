"""What flags, environment and .env ask of an inspection together."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from resolving import lines

from pt5_async.cli.inspect_flags import InspectFlags, ToInspect, to_inspect
from pt5_async.cli.selection_flags import SelectionFlags
from pt5_async.cli.shared_options import ColorChoice
from pt5_async.cli.variables import variables
from pt5_async.errors import UsageError
from pt5_async.ifcb.names import Kind
from pt5_async.selection import Selection
from pt5_async.settings import Settings

HERE = InspectFlags(path="/data")


def solved(flags: InspectFlags = HERE, **environ: str) -> ToInspect:
    return to_inspect(flags, environ, {})


def test_nothing_but_a_source_is_needed() -> None:
    asked = solved()

    assert asked.source == Path("/data")
    assert asked.origin is None
    assert asked.settings == Settings()
    assert asked.color is ColorChoice.AUTO
    assert (asked.verbose, asked.quiet, asked.json) == (False,) * 3


def test_a_flag_beats_the_environment_and_that_beats_dotenv() -> None:
    dotenv = lines(IFCB_DATA_DIR="/dotenv")
    environ = {"IFCB_DATA_DIR": "/environ"}
    nothing = InspectFlags()

    assert to_inspect(HERE, environ, dotenv).source == Path("/data")
    second = to_inspect(nothing, environ, dotenv)
    assert second.source == Path("/environ")
    assert second.origin == "environment variable IFCB_DATA_DIR"
    assert to_inspect(nothing, {}, dotenv).source == Path("/dotenv")


def test_ages_and_recursion_are_those_of_an_upload() -> None:
    flags = InspectFlags(
        path="/data", recursive=False, min_age="2m", broken_after="1d"
    )

    assert solved(flags).settings == Settings(
        recursive=False, min_age=120, broken_after=86400
    )


def test_its_options_have_the_variables_of_an_upload_s() -> None:
    asked = solved(PT5_MIN_AGE="2m", PT5_RECURSIVE="no", PT5_MEMBERS="adc")

    assert asked.settings == Settings(
        recursive=False, min_age=120, members=frozenset({Kind.ADC})
    )
    assert solved(InspectFlags(), PT5_SOURCE="/there").source == Path("/there")
    with pytest.raises(UsageError, match="variable PT5_MIN_AGE: 'soon' is no"):
        solved(PT5_MIN_AGE="soon")


def test_it_takes_the_selection_of_an_upload_and_its_variables() -> None:
    flags = InspectFlags(
        path="/data", include=["2013/**"], files_from="-", follow_links=True
    )
    asked = to_inspect(
        flags,
        {"PT5_SINCE": "2013-05-26", "PT5_EXCLUDE_DIR": "beads 'old ones'"},
        {},
        read=lambda name: f"# {name}\n2013/D20130526\n",
    )

    assert asked.settings.selection == Selection(
        include=("2013/**",),
        exclude_dirs=("beads", "old ones"),
        since=datetime(2013, 5, 26, tzinfo=UTC),
        listed=("2013/D20130526",),
        follow_links=True,
    )
    assert asked.warnings == ()
    nothing = to_inspect(flags, {}, {}, read=lambda _: "")
    assert nothing.warnings == ("--files-from - lists nothing",)


def test_every_option_of_an_upload_s_selection_is_one_of_its_own() -> None:
    mine = {one.name for one in variables(InspectFlags)}

    assert {one.name for one in variables(SelectionFlags)} < mine
    assert {"PT5_KNOWN_BROKEN", "PT5_MEMBERS"} < mine


def test_a_no_on_the_command_line_beats_a_variable_s_yes() -> None:
    flags = InspectFlags(path="/data", recursive=False)

    assert not solved(flags, PT5_RECURSIVE="yes").settings.recursive


def test_what_an_upload_alone_needs_is_not_looked_at() -> None:
    asked = solved(
        AWS_ACCESS_KEY_ID="half a pair", AWS_ENDPOINT_URL="nonsense"
    )

    assert asked == solved()


def test_colours_are_chosen_as_everywhere() -> None:
    assert solved(NO_COLOR="1").color is ColorChoice.NEVER


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (InspectFlags(), "no SOURCE"),
        (InspectFlags(path=""), "SOURCE is given, but empty"),
        (InspectFlags(path="/d", min_age="x"), "--min-age: 'x'"),
        (InspectFlags(path="/d", quiet=True, verbose=True), "contradict"),
    ],
)
def test_what_cannot_be_used_is_refused(
    flags: InspectFlags, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        solved(flags)
