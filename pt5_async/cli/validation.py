"""What `upload --validate` does: tell where values come from, try the rest."""

from ..errors import Pt5Error
from ..events import Level, Notice
from ..s3.client import AioSession
from ..s3.doctor import Access
from ..validate import Check, validate_target
from .exits import Exit, of_checks
from .jsonlines import JsonLines, Record, checked, told
from .loop import run_until_interrupted
from .resolve import Resolved
from .screen import Screen
from .settled import settings_of
from .state import journal_check
from .words import Said, check_line, notice_line, setting_line


def validate(
    resolved: Resolved, screen: Screen, session: AioSession | None
) -> Exit:
    """Say what `resolved` adds up to and who named it, then try it.

    Raises:
        UsageError: when what was given makes no client; what is known of
            the values is said before.
    """
    teller = _Teller(resolved, screen)
    teller.warn()
    try:
        checks: list[Check] = run_until_interrupted(
            validate_target(
                resolved.target,
                settings=resolved.settings,
                session=session,
                tell=teller.settings,
            )
        )
    except Pt5Error:
        teller.settings(None)
        teller.release()
        raise
    listing = any(one.name == "list" and one.ok for one in checks)
    state, named = resolved.settings.state, resolved.state_named
    checks.append(journal_check(state, named=named, listing=listing))
    for check in checks:
        teller(check_line(check), checked(check))
    code = of_checks(checks)
    if code != Exit.WELL:
        teller.release()
    return code


class _Teller:
    """Says lines as words or as JSON; if quiet, only once `release`d."""

    def __init__(self, resolved: Resolved, screen: Screen) -> None:
        self._resolved = resolved
        self._screen = screen
        self._write = JsonLines(screen.out).write if resolved.json else None
        self._kept: list[Said] | None = [] if resolved.quiet else None
        self._settled = False

    def __call__(self, said: Said, record: Record) -> None:
        if self._write is not None:
            self._write(record)
        elif self._kept is not None:
            self._kept.append(said)
        else:
            self._screen.out(*said)

    def warn(self) -> None:
        warnings = () if self._resolved.quiet else self._resolved.warnings
        for warning in warnings:
            self._screen.say(*notice_line(Notice(Level.WARNING, warning)))

    def settings(self, access: Access | None) -> None:
        """Say where values came from; the first time counts."""
        if not self._settled:
            self._settled = True
            for one in settings_of(self._resolved, access):
                self(setting_line(one), told(one))

    def release(self) -> None:
        """Say what was kept for the case that something is not well."""
        for said in self._kept or ():
            self._screen.say(*said)
