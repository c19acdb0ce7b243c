"""The memory of those who want no journal: it never knows anything."""

# ruff: noqa: ARG002 -- to forget its arguments is what it is for

from collections.abc import Mapping, Sequence
from typing import Final, Self

from ..model import Entry
from ..store import Part
from .memory import OpenUpload, Run, Traits, Unsent


class NoJournal:
    """A `Memory` that remembers nothing, and needs no disk for it."""

    lasting: Final = False
    trouble: Final = None

    def look_up(self, keys: Sequence[str]) -> dict[str, Entry]:
        """None of `keys` is known."""
        return {}

    def knows_all(self, files: list[tuple[str, int, int]]) -> bool:
        """None is known."""
        return False

    def record(self, entry: Entry) -> None:
        """Forget it."""

    def touch(self, key: str, mtime_ns: int) -> None:
        """Forget it."""

    def open_upload(self, key: str) -> OpenUpload | None:
        """There is nothing to resume."""

    def begin_upload(self, upload: OpenUpload) -> None:
        """Forget it."""

    def add_part(self, key: str, upload_id: str, part: Part) -> None:
        """Forget it."""

    def end_upload(self, key: str, upload_id: str) -> None:
        """Forget it."""

    def stale_uploads(self, older_than_ns: int) -> list[OpenUpload]:
        """No upload is known."""
        return []

    def first_look(
        self, key: str, *, size: int, mtime_ns: int, now_ns: int
    ) -> int:
        """Every look is the first."""
        return now_ns

    def traits(self) -> Traits:
        """Nothing is known of the endpoint."""
        return Traits()

    def set_traits(self, traits: Traits) -> None:
        """Forget it."""

    def knows(self, prefix: str) -> bool:
        """No object is known."""
        return False

    def newest(self, prefix: str) -> str | None:
        """No object is known."""

    def last_layout(self, prefix: str) -> str | None:
        """No run is known."""
        return None

    def begin_run(self, run: Run) -> None:
        """Forget it."""

    def end_run(
        self,
        run: str,
        *,
        ended_ns: int,
        counts: Mapping[str, int],
        error: str | None = None,
        unsent: Sequence[Unsent] = (),
    ) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
