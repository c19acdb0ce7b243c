"""What flags, environment and .env ask of a verification together."""

from pathlib import Path

import pytest
from resolving import lines

from pt5_async.cli.shared_options import ColorChoice
from pt5_async.cli.variables import variables
from pt5_async.cli.verify_asked import ToVerify, to_verify
from pt5_async.cli.verify_flags import VerifyFlags
from pt5_async.errors import UsageError
from pt5_async.model import Target
from pt5_async.objects import ObjectOptions
from pt5_async.settings import (
    ChecksumChoice,
    Credentials,
    Depth,
    Lane,
    Settings,
)
from pt5_async.verify import Abort, Deletable

HERE = VerifyFlags(path="/data", to="s3://b/p")
STATE = Path("/state")


def solved(flags: VerifyFlags = HERE, **environ: str) -> ToVerify:
    return to_verify(flags, environ, {}, state=lambda: STATE)


def given(**flags: object) -> VerifyFlags:
    return VerifyFlags(path="/data", to="s3://b/p", **flags)  # type: ignore[arg-type]


def test_a_source_and_a_target_are_all_that_is_needed() -> None:
    asked = solved()

    assert (asked.source, asked.target) == (Path("/data"), Target("b", "p"))
    assert asked.settings == Settings(state=STATE)
    assert (asked.depth, asked.deletable) == (Depth.CHECKSUM, None)
    assert (asked.download, asked.extra, asked.state_named) == (False,) * 3
    assert asked.color is ColorChoice.AUTO


def test_it_takes_what_an_upload_s_variables_say() -> None:
    dotenv = lines(
        AWS_UPLOAD_URL="s3://there/below",
        IFCB_DATA_DIR="/ifcb",
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="secret",
        PT5_LAYOUT="year",
        PT5_RECEIPT="of an upload",
    )
    asked = to_verify(VerifyFlags(), {"PT5_STATE": "/s"}, dotenv)

    assert asked.source == Path("/ifcb")
    assert asked.target == Target("there", "below")
    assert asked.credentials == Credentials("key", "secret")
    assert asked.settings.layout == "year"
    assert asked.settings.state == Path("/s")
    assert asked.state_named
    assert asked.warnings == ()


def test_a_list_has_its_options_and_their_variables() -> None:
    asked = solved(given(safe_to_delete="list", keep_days="7.5", lines=True))
    assert asked.deletable == Deletable(Path("list"), 7.5, 72, lines=True)

    environ = {"PT5_KEEP_DAYS": "90", "PT5_KEEP_NEWEST": "5"}
    assert solved(**environ).deletable is None
    wish = solved(given(safe_to_delete="list"), **environ).deletable
    assert wish == Deletable(Path("list"), 90, 5)
    assert solved(given(), PT5_SAFE_TO_DELETE="x").deletable is not None


@pytest.mark.parametrize(
    "flags",
    [
        given(everyone=True),
        given(abort_stale="0"),
        given(abort_stale="x"),
        given(tag=["a=b"]),
        given(lane=Lane.PLAIN),
        given(checksum=ChecksumChoice.MD5),
        given(grace="1s"),
        given(fix=True, tag=["a"]),
        given(fix=True, limit_rate="1"),
        given(keep_days="3"),
        given(keep_newest=3),
        given(lines=True),
        given(safe_to_delete="x", keep_newest=-1),
        given(safe_to_delete="x", keep_days="-1"),
        given(safe_to_delete="x", keep_days="nan"),
        given(safe_to_delete="x", keep_days="99999"),
        given(safe_to_delete="/"),
        given(safe_to_delete=""),
        given(safe_to_delete="x", level=Depth.LISTING),
        given(download=True, level=Depth.LISTING),
        given(bucket="c"),
        given(quiet=True, verbose=True),
        given(no_journal=True, state="s"),
        given(ca_bundle="c", no_verify_ssl=True),
    ],
)
def test_what_cannot_be_used_is_refused(flags: VerifyFlags) -> None:
    with pytest.raises(UsageError, match=r"--|no file.s name"):
        solved(flags)


def test_how_to_send_counts_with_fix_alone() -> None:
    variables = {"PT5_LIMIT_RATE": "2Mbit/s", "PT5_TAG": "a=b"}
    plain = solved(**variables)
    fixed = solved(given(fix=True, grace="3s"), **variables).settings

    assert plain.settings == Settings(state=STATE)
    assert (fixed.limit_rate, fixed.concurrency, fixed.grace) == (250000, 2, 3)
    assert fixed.objects == ObjectOptions(tags=(("a", "b"),))
    assert solved(given(abort_stale="7d")).abort == Abort(7)
    everyone = solved(given(abort_stale="1", everyone=True))
    assert everyone.abort == Abort(1, everyone=True)


def test_a_certificate_that_is_not_looked_at_is_warned_of() -> None:
    asked = solved(given(no_verify_ssl=True))
    assert not asked.settings.verify_ssl
    [warning] = asked.warnings
    assert "no certificate is checked" in warning


def test_a_variable_for_each_option_but_those_that_others_read() -> None:
    mine = {one.name for one in variables(VerifyFlags)}
    assert {"PT5_LEVEL", "PT5_EXTRA", "PT5_LINES", "PT5_LAYOUT"} < mine
    [warning] = solved(PT5_LEVLE="listing").warnings
    assert "is PT5_LEVEL meant?" in warning
