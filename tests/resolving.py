"""A command line that is complete if nothing is given, resolved."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pt5_async.cli.flags import Flags
from pt5_async.cli.resolve import Resolved, resolve
from pt5_async.errors import UsageError
from pt5_async.settings import Line


def lines(**values: str) -> dict[str, Line]:
    """A .env file with these values, one a line."""
    return {
        name: Line(value, number)
        for number, (name, value) in enumerate(values.items(), 1)
    }


def solved(
    flags: Flags | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Mapping[str, Line] | None = None,
) -> Resolved:
    """`resolve` for a command line that is complete if nothing is given."""
    return resolve(
        flags or Flags(path="/data", to="s3://b/p"),
        {} if environ is None else environ,
        {} if dotenv is None else dotenv,
        state=lambda: Path("/state"),
    )


def refusal(
    flags: Flags,
    environ: Mapping[str, str] | None = None,
    dotenv: Mapping[str, Line] | None = None,
) -> str:
    """What a person is told who gives this."""
    with pytest.raises(UsageError) as caught:
        solved(flags, environ, dotenv)
    return str(caught.value)
