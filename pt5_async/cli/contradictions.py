"""Options of which one rules out another, for every command that has them."""

from collections.abc import Mapping

from ..errors import UsageError
from .flags import Flags
from .verify_flags import VerifyFlags


def refuse(flags: Flags | VerifyFlags, own: Mapping[str, bool]) -> None:
    """Refuse what contradicts itself; `own` are the command's sentences.

    Each has whether it is called for; those of all commands come first.

    Raises:
        UsageError: with the first that is.
    """
    shared = {
        "--to names bucket and prefix; give it, or --bucket and --prefix": (
            flags.to is not None
            and (flags.bucket is not None or flags.prefix is not None)
        ),
        "--state and --no-journal contradict each other": (
            flags.no_journal and flags.state is not None
        ),
        "--ca-bundle and --no-verify-ssl contradict each other": (
            flags.no_verify_ssl and flags.ca_bundle is not None
        ),
        "--quiet and --verbose contradict each other": (
            flags.quiet and flags.verbose
        ),
    }
    for sentence, given in (*shared.items(), *own.items()):
        if given:
            raise UsageError(sentence)
