"""The gate's look at dependencies: what was not looked at is not well."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "dependencies.py"


@pytest.fixture(scope="module")
def gate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(place: Path, name: str, *about: str) -> None:
    folder = place / f"{name}-1.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", *about]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages})


WELL = {"name": "well", "version": "1", "vulns": []}
LEFT = {"name": "left", "skip_reason": "not found on PyPI"}
HOLE = {"id": "CVE-1", "fix_versions": ["2"]}


def test_a_licence_is_found_wherever_a_package_names_it(
    gate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = "Classifier: License :: OSI Approved :: "
    package(tmp_path, "a", "License-Expression: Apache-2.0 AND MIT")
    package(tmp_path, "b", "License: MIT")
    package(tmp_path, "c", "License: Dual License", f"{old}BSD License")
    package(tmp_path, "d", "License-Expression: (GPL-3.0-only OR MIT)")

    assert gate.main(["licences", str(tmp_path)]) == 0
    assert "4 packages, 0 not" in capsys.readouterr().out


@pytest.mark.parametrize(
    "about",
    [
        "License-Expression: AGPL-3.0-only",
        "License-Expression: MIT AND GPL-3.0-only",
        "License: Proprietary",
        "Classifier: License :: OSI Approved :: GNU General Public License",
        "Summary: no licence at all",
    ],
)
def test_a_licence_that_is_not_allowed_fails_by_the_packages_name(
    gate: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    about: str,
) -> None:
    package(tmp_path, "well", "License: MIT")
    package(tmp_path, "strange", about)

    assert gate.main(["licences", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "strange 1 is under" in said
    assert "well" not in said


def test_an_empty_environment_is_no_good_one(
    gate: ModuleType, tmp_path: Path
) -> None:
    assert gate.main(["licences", str(tmp_path)]) == 2


@pytest.mark.parametrize("said", ["", "no network", report(), report(LEFT)])
def test_an_audit_of_nothing_is_skipped_and_not_passed(
    gate: ModuleType, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    assert gate.audit(said) == 0
    assert capsys.readouterr().out.startswith("audit: SKIPPED, nothing is")


def test_a_known_vulnerability_fails_by_the_packages_name(
    gate: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    ill = {"name": "ill", "version": "1", "vulns": [HOLE]}

    assert gate.audit(report(WELL, ill)) == 1
    assert "ill 1 has CVE-1; fixed in: 2" in capsys.readouterr().out


def test_the_tools_of_an_environment_are_not_what_is_shipped(
    gate: ModuleType,
) -> None:
    pip = {"name": "pip", "version": "1", "vulns": [HOLE]}

    assert gate.audit(report(WELL, pip)) == 0


def test_what_an_audit_left_out_is_named(
    gate: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.audit(report(WELL, LEFT)) == 0
    said = capsys.readouterr().out
    assert "audit: 1 packages, 0 known" in said
    assert "SKIPPED 1 packages: left" in said
