"""The user nobody, by whom a command is run: to root no rights apply.

Root's own Python lies in folders that nobody else may enter. So the command
gets a view of the disk of its own (a mount namespace) where these folders
hold nothing but what it needs, each at its usual place: nothing is copied,
and nothing changes for anybody else.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

NOBODY: Final = 65534

_BECOME: Final = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
)

_UNSHARE: Final = ("unshare", "--mount", "--propagation", "private")

_POWERS: Final = "--bounding-set=-dac_override,-dac_read_search"

_VIEW: Final = """
set -e
here=$(pwd -P)
mount -t tmpfs none /mnt
while [ "$1" != -- ]; do
    case $1 in
    shut) mkdir "/mnt/$3"
        mount --rbind "$2" "/mnt/$3"
        mount -t tmpfs -o mode=755 none "$2" ;;
    bind) if [ -d "/mnt/$3" ]; then mkdir -p "$2"; else
            mkdir -p "$(dirname "$2")"; : >"$2"; fi
        mount --rbind "/mnt/$3" "$2" ;;
    esac
    shift 3
done
shift
cd "$here"
exec "$@"
"""
"""Words in threes, then "--" and the command. `shut FOLDER N` makes a
folder an empty one and keeps it as N, `bind PATH N/REST` shows a part of
what was kept."""

_HERE: Final = Path(__file__).resolve().parents[1]


def nobody(*places: Path) -> tuple[str, ...]:
    """Words before a command that make it nobody's; `places` are its own.

    Who is not root is somebody to whom rights apply, and runs it as it is.
    Where a root may make no view of the disk (in some containers), it stays
    root, without the powers that would pass all rights.
    """
    if os.geteuid() != 0:
        return ()
    for place in places:
        _give(place)
    needed = [Path(sys.prefix), Path(sys.base_prefix), _HERE, *places]
    shut = _shut_above(needed)
    if shut and not _may_unshare():
        return ("setpriv", _POWERS)
    # Nobody may not write where coverage keeps its counts.
    counts = [f"--unset={name}" for name in os.environ if "COVERAGE" in name]
    view = _view(shut, needed) if shut else ()
    return (*view, *_BECOME, "env", *counts)


@cache
def _may_unshare() -> bool:
    return not subprocess.run((*_UNSHARE, "true"), check=False).returncode


def _give(place: Path) -> None:
    for folder, folders, files in os.walk(place):
        for name in (".", *folders, *files):
            os.chown(
                Path(folder) / name, NOBODY, NOBODY, follow_symlinks=False
            )


def _is_shut(folder: Path) -> bool:
    return not folder.stat().st_mode & 0o001


def _shut_above(needed: Iterable[Path]) -> list[Path]:
    """The topmost folders on the way that nobody may not enter."""
    found = []
    for path in needed:
        way = [*reversed(path.parents), path]
        found += [one for one in way if _is_shut(one)][:1]
    return list(dict.fromkeys(found))


def _view(shut: Iterable[Path], needed: Iterable[Path]) -> tuple[str, ...]:
    """Words before a command that let it reach what it needs."""
    words: list[str] = []
    for number, folder in enumerate(shut):
        words += ["shut", str(folder), str(number)]
        for path in dict.fromkeys(needed):
            inside = list(path.iterdir()) if path == folder else [path]
            for one in inside:
                if folder in one.parents:
                    rest = one.relative_to(folder)
                    words += ["bind", str(one), f"{number}/{rest}"]
    return (*_UNSHARE, "sh", "-c", _VIEW, "sh", *words, "--")
