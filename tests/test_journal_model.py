"""The journal holds what a dictionary would, whatever comes in between."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from entries import entry, opened, part, upload
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from pt5_async.journal import OpenUpload
from pt5_async.model import Entry, Proof

KEYS = st.sampled_from(["a", "a/b", "ä", "\U0001f980/c", "Z" * 900])
TIMES = st.integers(min_value=-(2**63), max_value=2**63 - 1)
IDS = st.sampled_from(["one", "two"])
ALL_KEYS = ["a", "a/b", "ä", "\U0001f980/c", "Z" * 900, "never"]
NOW = 2 * 10**18  # so that no look is old enough to be cleaned up


class JournalAndDictionary(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.journal = opened(self.folder)
        self.entries: dict[str, Entry] = {}
        self.uploads: dict[tuple[str, str], OpenUpload] = {}
        self.looks: dict[str, tuple[int, int, int]] = {}
        self.now = NOW

    @rule(
        key=KEYS,
        size=st.integers(0, 2**63 - 1),
        mtime_ns=TIMES,
        proof=st.sampled_from(Proof),
        whole=st.booleans(),
        version=st.none() | st.just("v"),
    )
    def record(
        self,
        key: str,
        size: int,
        mtime_ns: int,
        proof: Proof,
        whole: bool,
        version: str | None,
    ) -> None:
        noted = entry(
            key,
            size=size,
            mtime_ns=mtime_ns,
            proof=proof,
            whole=whole,
            version=version,
        )
        self.journal.record(noted)
        self.entries[key] = noted

    @rule(key=KEYS, mtime_ns=TIMES)
    def touch(self, key: str, mtime_ns: int) -> None:
        self.journal.touch(key, mtime_ns)
        if key in self.entries:
            self.entries[key] = self.entries[key]._replace(mtime_ns=mtime_ns)

    @rule(key=KEYS, upload_id=IDS, parts=st.integers(0, 2))
    def begin_upload(self, key: str, upload_id: str, parts: int) -> None:
        self.now += 1
        begun = upload(key, upload_id, begun_ns=self.now, parts=parts)
        self.journal.begin_upload(begun)
        self.uploads[key, upload_id] = begun

    @rule(key=KEYS, upload_id=IDS, number=st.integers(1, 3))
    def add_part(self, key: str, upload_id: str, number: int) -> None:
        self.now += 1
        more = part(number, etag=str(self.now))
        self.journal.add_part(key, upload_id, more)
        if begun := self.uploads.get((key, upload_id)):
            parts = {one.number: one for one in (*begun.parts, more)}
            self.uploads[key, upload_id] = replace(
                begun, parts=tuple(parts[n] for n in sorted(parts))
            )

    @rule(key=KEYS, upload_id=IDS)
    def end_upload(self, key: str, upload_id: str) -> None:
        self.journal.end_upload(key, upload_id)
        self.uploads.pop((key, upload_id), None)

    @rule(key=KEYS, size=st.integers(0, 1), mtime_ns=st.integers(0, 1))
    def look(self, key: str, size: int, mtime_ns: int) -> None:
        self.now += 1
        seen = self.looks.get(key)
        if seen is None or seen[:2] != (size, mtime_ns):
            self.looks[key] = (size, mtime_ns, self.now)
        first = self.journal.first_look(
            key, size=size, mtime_ns=mtime_ns, now_ns=self.now
        )
        assert first == self.looks[key][2]

    @rule()
    def flush(self) -> None:
        self.journal.flush()

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = opened(self.folder)

    @invariant()
    def the_same_is_known(self) -> None:
        assert self.journal.look_up(ALL_KEYS) == self.entries
        known = sorted(
            (key, one.size, one.mtime_ns) for key, one in self.entries.items()
        )
        for some in (known, known[:2], known[2:]):
            if some and self.journal.knows_all(some):
                self.never_otherwise(some)
        begun = sorted(self.uploads.values(), key=lambda one: one.begun_ns)
        assert self.journal.stale_uploads(2 * NOW) == begun
        for key in ALL_KEYS:
            newest = [one for one in begun if one.key == key][-1:]
            found = self.journal.open_upload(key)
            assert ([found] if found else []) == newest

    def never_otherwise(self, files: list[tuple[str, int, int]]) -> None:
        *rest, (key, size, mtime_ns) = files
        for other in (
            (key, size + 1, mtime_ns),
            (key, size, mtime_ns - 1),
            (f"{key}~", size, mtime_ns),
        ):
            assert not self.journal.knows_all([*rest, other])

    @rule()
    def what_is_written_is_known(self) -> None:
        self.journal.flush()
        known = sorted(
            (key, one.size, one.mtime_ns) for key, one in self.entries.items()
        )
        assert not known or self.journal.knows_all(known)

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


TestJournalAndDictionary = JournalAndDictionary.TestCase
TestJournalAndDictionary.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None
)
