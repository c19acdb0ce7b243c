"""What the package shows, and what importing it costs."""

import json
import os
import subprocess
import sys

import pytest

import pt5_async

HEAVY = (
    "aiobotocore",
    "aiofiles",
    "aiohttp",
    "asyncio",
    "awscrt",
    "botocore",
    "dotenv",
    "platformdirs",
    "sqlite3",
    "tenacity",
    "tqdm",
    "typer",
    "uvloop",
)


def loaded(code: str) -> set[str]:
    """The heavy modules that a fresh Python has after `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    # Measured, the child would load what coverage needs: sqlite3.
    unmeasured = {k: v for k, v in os.environ.items() if "COV" not in k}
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        env=unmeasured,
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout)) & set(HEAVY)


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import pt5_async") == set()


def test_events_and_errors_can_be_had_without_a_store() -> None:
    code = "from pt5_async import Settings, Target, errors, events, Summary"
    assert loaded(code) == set()


def test_the_client_is_loaded_by_the_first_run_alone() -> None:
    heavy = loaded("from pt5_async import upload_tree, validate_target")
    assert heavy.isdisjoint({"aiobotocore", "botocore", "aiohttp", "typer"})


def test_every_public_name_is_there_and_listed() -> None:
    names = pt5_async.__all__
    assert sorted(names) == [
        "Check",
        "Depth",
        "ObjectOptions",
        "Observer",
        "Order",
        "Selection",
        "Settings",
        "Stop",
        "Summary",
        "Target",
        "errors",
        "events",
        "inspect_tree",
        "upload_tree",
        "validate_target",
        "verify_tree",
    ]
    assert set(names) <= set(dir(pt5_async))
    everything: dict[str, object] = {}
    exec("from pt5_async import *", everything)
    for name in names:
        assert everything[name] is getattr(pt5_async, name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="upload_forest"):
        _ = pt5_async.upload_forest
