"""The C library's memory, told to be used again."""

from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""What glibc calls M_TRIM_THRESHOLD and so on, see mallopt(3)."""

_KEPT: Final = 64 * 1024 * 1024
_LARGEST_KEPT: Final = 32 * 1024 * 1024
"""Bytes; the C library takes no larger one."""


def keep_memory() -> None:
    """Use the memory of one file's bytes for the next one's.

    Else glibc gives it back to the system, and each megabyte that it is
    given anew costs as much as reading it from the cache: a tenth of all
    the CPU that a bin of some megabytes takes. Other C libraries have no
    such switch, and go on as they are.
    """
    import ctypes  # noqa: PLC0415 - only for a run

    with suppress(OSError, AttributeError, TypeError):
        tell = ctypes.CDLL(None).mallopt
        tell(_TRIM_THRESHOLD, _KEPT)
        tell(_MMAP_THRESHOLD, _LARGEST_KEPT)
        tell(_ARENA_MAX, 1)
