"""The uploads in parts of one target that are under way, by key.

They are few, and no other run has the same target, so they are read once
and asked in memory: nobody waits for the disk to hear that there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..store import Part
from .memory import OpenUpload
from .statements import Found


@dataclass(slots=True)
class _Begun:
    head: OpenUpload
    parts: dict[int, Part] = field(default_factory=dict)

    def whole(self) -> OpenUpload:
        parts = (self.parts[number] for number in sorted(self.parts))
        return replace(self.head, parts=tuple(parts))


class Uploads:
    """Begun and not ended, in the order in which they were begun."""

    def __init__(
        self, uploads: Iterable[Found] = (), parts: Iterable[Found] = ()
    ) -> None:
        """From the answers to UPLOADS and PARTS."""
        self._begun: dict[str, dict[str, _Begun]] = {}
        for upload in uploads:
            self.begin(OpenUpload(*upload))
        for key, upload_id, *part in parts:
            self.add_part(key, upload_id, Part(*part))

    def newest(self, key: str) -> OpenUpload | None:
        """The one of `key` begun last; of equals, the one noted last."""
        newest: _Begun | None = None
        for begun in tuple(self._begun.get(key, {}).values()):
            if not newest or begun.head.begun_ns >= newest.head.begun_ns:
                newest = begun
        return newest.whole() if newest else None

    def begin(self, upload: OpenUpload) -> None:
        """One more, in place of one with the same key and id."""
        self.end(upload.key, upload.upload_id)
        parts = {part.number: part for part in upload.parts}
        head = replace(upload, parts=())
        self._begun.setdefault(upload.key, {})[upload.upload_id] = _Begun(
            head, parts
        )

    def add_part(self, key: str, upload_id: str, part: Part) -> None:
        """A part of an upload; of one that is not known, nothing."""
        if begun := self._begun.get(key, {}).get(upload_id):
            begun.parts[part.number] = part

    def end(self, key: str, upload_id: str) -> None:
        """One less."""
        same_key = self._begun.get(key, {})
        same_key.pop(upload_id, None)
        if not same_key:
            self._begun.pop(key, None)

    def older_than(self, moment_ns: int) -> list[OpenUpload]:
        """Those begun before a moment, the oldest first."""
        begun = [one for same in self._begun.values() for one in same.values()]
        old = [one for one in begun if one.head.begun_ns < moment_ns]
        old.sort(key=lambda one: one.head.begun_ns)
        return [one.whole() for one in old]
