"""A wish to have put right what a verification finds."""

from collections.abc import Callable
from dataclasses import dataclass

from ..events import Observer, silent
from .totals import Verification


@dataclass(frozen=True, slots=True)
class Fix:
    """A wish to send what is missing, or differs, by the rules of an upload.

    `begin` is told what was found before anything is sent, `observer` what
    an upload tells.
    """

    observer: Observer = silent
    begin: Callable[[Verification], None] = lambda _: None
