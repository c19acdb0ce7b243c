"""The list of bins that are known to be broken, as an operator keeps it."""

from pathlib import Path

from ..errors import UsageError
from ..ifcb.names import parse_pid


def known_broken(path: Path) -> frozenset[str]:
    """The bins that are named in the file, one a line.

    "#" begins a comment, and a name may have a member's extension.

    Raises:
        UsageError: when it cannot be read, or for a line that names no bin.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(
            f"--known-broken: cannot read {path}: {why};"
            " name a file with a bin's name on each line"
        ) from error
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        if name := line.partition("#")[0].strip():
            stem = name.removesuffix(Path(name).suffix)
            if parse_pid(stem) is None:
                raise UsageError(
                    f"--known-broken: {path}, line {number}: {name!r} names"
                    " no bin (as in D20130526T095207_IFCB013)"
                )
            found.add(stem)
    return frozenset(found)
