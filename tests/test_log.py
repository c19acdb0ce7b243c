"""What libraries log is seen above the bar, and never a secret."""

import io
import logging

from pt5_async.cli.log import SayingHandler, logging_on
from pt5_async.cli.screen import Screen
from pt5_async.settings import Credentials

KEYS = Credentials("AKIA", "hunter2", "hunter3")


def logged(*, verbose: bool = False, quiet: bool = False) -> str:
    err = io.StringIO()
    screen = Screen(io.StringIO(), err)
    log = logging.getLogger("some.library")
    with logging_on(screen, verbose=verbose, quiet=quiet, credentials=KEYS):
        log.debug("detail")
        log.info("info")
        log.warning("warning\nin two lines")
        log.error("signed with %s and %s", "hunter2", "hunter3")
    log.error("after the end")
    return err.getvalue()


def test_warnings_are_seen_with_a_utc_time_line_by_line() -> None:
    first, second, third, *_ = logged().splitlines()

    stamp, _, rest = first.partition(" ")
    assert stamp.endswith("Z")
    assert rest == "WARNING some.library: warning"
    assert second == "in two lines"
    assert third.endswith("signed with *** and ***")


def test_tracebacks_are_for_the_verbose() -> None:
    def said(*, verbose: bool) -> str:
        err = io.StringIO()
        screen = Screen(io.StringIO(), err)
        with logging_on(
            screen, verbose=verbose, quiet=False, credentials=KEYS
        ):
            try:
                raise LookupError("deep inside")
            except LookupError:
                logging.getLogger("some.library").exception("it failed")
        return err.getvalue()

    assert "Traceback" in said(verbose=True)
    [line] = said(verbose=False).splitlines()
    assert line.endswith("ERROR some.library: it failed")


def test_verbose_sees_infos_and_nobody_sees_details() -> None:
    assert "info" not in logged()
    assert "info" in logged(verbose=True)
    assert "detail" not in logged(verbose=True)


def test_quiet_sees_nothing() -> None:
    assert logged(quiet=True) == ""


def test_a_record_that_cannot_be_written_raises_nothing() -> None:
    err = io.StringIO()
    bad = logging.LogRecord(
        "some.library", logging.ERROR, "", 1, "not %d", ("a number",), None
    )

    SayingHandler(Screen(io.StringIO(), err).say, ()).handle(bad)

    assert err.getvalue() == "some.library: a record that cannot be written\n"


def test_logging_is_afterwards_as_it_was_before() -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)

    assert "after the end" not in logged(verbose=True)
    assert (root.level, list(root.handlers)) == before
