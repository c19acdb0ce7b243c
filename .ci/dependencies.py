"""What an installed pt5-async brings along: licences, known vulnerabilities.

    python .ci/dependencies.py licences SITE_PACKAGES
    pip-audit --path SITE_PACKAGES -f json | python .ci/dependencies.py audit

The first fails for a licence that is not in `ALLOWED`, the second for a
vulnerability that is known. What could not be looked at is said to be
skipped, never to be well: pip-audit itself ends well where it has audited
nothing, as it does without PyPI's own JSON pages.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from typing import Any, Final

ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MPL-2.0",  # of its own files alone, which are not changed here
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)
"""Licences, as SPDX has them, that ask no more of a user than MIT's own."""

_OTHERWISE: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
"""How licences are called where not by SPDX's names."""

_NOT_OURS: Final = {"pip", "setuptools", "pt5-async"}
"""What every environment has, and the thing itself."""


def main(argv: list[str]) -> int:
    """Look at what `argv` asks for; the exit code."""
    match argv:
        case ["licences", place]:
            return licences(place)
        case ["audit"]:
            return audit(sys.stdin.read())
    print(__doc__)
    return 2


def licences(place: str) -> int:
    """Hold every licence in `place` against those that are allowed."""
    found = [
        one
        for one in distributions(path=[place])
        if one.name.lower() not in _NOT_OURS
    ]
    if not found:
        print(f"licences: nothing is installed in {place}")
        return 2
    bad = 0
    for one in sorted(found, key=lambda one: one.name.lower()):
        named = licence(one)
        if not allowed(named):
            bad += 1
            named = named or "none that is named"
            print(f"licences: {one.name} {one.version} is under {named}")
    print(f"licences: {len(found)} packages, {bad} not under an allowed one")
    return 1 if bad else 0


def licence(package: Distribution) -> str:
    """The licence of a package as an SPDX expression; "" if it has none."""
    about = package.metadata
    for name in ("License-Expression", "License"):
        said = str(about.get(name) or "").strip()
        if allowed(said) or (name == "License-Expression" and said):
            return said
    kinds = [
        kind.rpartition(" :: ")[2]
        for kind in about.get_all("Classifier", [])
        if kind.startswith("License :: OSI Approved :: ")
    ]
    # Old classifiers do not say whether all hold, or one may be chosen.
    return " AND ".join(_OTHERWISE.get(kind, kind) for kind in kinds)


def allowed(expression: str) -> bool:
    """Whether an SPDX expression can be kept to by what is allowed."""
    words = expression.replace("(", " ").replace(")", " ")
    return any(
        all(
            _OTHERWISE.get(name.strip(), name.strip()) in ALLOWED
            for name in re.split(r" AND ", choice)
        )
        for choice in re.split(r" OR ", words)
    )


def audit(report: str) -> int:
    """Judge pip-audit's report; "" where it could not make one."""
    try:
        found: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _skipped("pip-audit made no report", "is its network there?")
    found = [one for one in found if one["name"].lower() not in _NOT_OURS]
    left = [one for one in found if "skip_reason" in one]
    known = list(_known(found))
    for line in known:
        print(f"audit: {line}")
    audited = len(found) - len(left)
    if not audited:
        why = left[0]["skip_reason"] if left else "there is nothing"
        return _skipped(f"0 of {len(found)} packages were audited", why)
    print(f"audit: {audited} packages, {len(known)} known vulnerabilities")
    if left:
        names = ", ".join(one["name"] for one in left)
        print(f"audit: SKIPPED {len(left)} packages: {names}")
    return 1 if known else 0


def _known(found: list[dict[str, Any]]) -> Iterator[str]:
    for one in found:
        for hole in one.get("vulns", ()):
            fixed = ", ".join(hole.get("fix_versions", ())) or "none yet"
            yield (
                f"{one['name']} {one['version']} has {hole['id']};"
                f" fixed in: {fixed}"
            )


def _skipped(what: str, why: str) -> int:
    print(f"audit: SKIPPED, nothing is known: {what} ({why})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
