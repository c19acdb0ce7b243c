"""What was seen, held against what was promised: (a) to (e) of the issue."""

from collections.abc import Collection, Mapping
from typing import Final

from servers.scripted import ScriptedServer
from servers.world import Object, Visible

from pt5_async.checksum import Algorithm, digests, text
from pt5_async.ifcb.names import Kind

from .telling import Fate, Told
from .tree import Tree, Triple

PREFIX: Final = "p/"
SENDS: Final = frozenset(
    {
        "PutObject",
        "UploadPart",
        "CreateMultipartUpload",
        "CompleteMultipartUpload",
    }
)
_SAME_BYTES: Final = frozenset({"CHECKSUM", "STORE", "JOURNAL", "CHECKED"})
_NOT_PROVEN: Final = frozenset({"", "none", "size-date"})


class Watch:
    """Follows the store's own log of what became visible when.

    `unseen` are bins of which the journal knew nothing when a run might not
    list what is there: what it does not know is sent then, as it says, and
    until it is whole again it may be a mixture.
    """

    def __init__(self, server: ScriptedServer, tree: Tree) -> None:
        self._server, self._tree = server, tree
        self._seen = 0
        self.shown: dict[str, str] = {}
        self.spoilers = False
        self.unseen: set[int] = set()

    def forget(self) -> None:
        """Somebody has emptied the bucket."""
        self._seen = len(self._server.visible)
        self.shown.clear()

    def no_half_bin_was_ever_visible(self) -> None:
        """(a), after each object that became visible."""
        for one in self._server.visible[self._seen :]:
            self._seen += 1
            self._appears(one)

    def _appears(self, one: Visible) -> None:
        key = one.key.removeprefix(PREFIX)
        assert key != one.key, f"{one.key} is not below the prefix"
        self.shown[key] = one.md5
        wrong = self._spoiled(key)
        assert self.spoilers or not wrong, f"{key} has bytes nobody wrote"
        stem, _, kind = key.rpartition(".")
        names = [f"{stem}.{kind}" for kind in Kind]
        adc = names[-1]
        if adc not in self.shown:
            return
        missing = [name for name in names if name not in self.shown]
        assert not missing, f"{adc} is visible without {missing}"
        spoiled = [name for name in names if self._spoiled(name)]
        if spoiled:
            # The store did that; but then nothing goes on top of it.
            on_top = kind == Kind.ADC and spoiled != [adc]
            assert not on_top, f"{adc} came on top of spoiled {spoiled}"
            return
        now = Triple(*(self.shown[name] for name in names))
        number = self._tree.numbers[adc]
        if now in self._tree.states[number]:
            self.unseen.discard(number)
        else:
            known = number not in self.unseen
            assert not known, f"{stem} is a mixture since {key} came"

    def shows_one_state(self, number: int) -> bool:
        """Whether a bin is there in one of its whole states."""
        found = [self.shown.get(name) for name in self._tree.names(number)]
        states = self._tree.states.get(number, ())
        return None not in found and tuple(found) in states

    def _spoiled(self, name: str) -> bool:
        return self.shown[name] not in self._tree.bodies.get(name, ())


def what_is_reported_is_in_the_bucket(
    told: Told,
    objects: Mapping[str, Object],
    disk: Mapping[str, tuple[bytes, int]],
    proofs: Mapping[str, str],
) -> None:
    """(b): bit for bit, what was uploaded or known by its checksum.

    `disk` has the files that did not change meanwhile, `proofs` what the
    journal says of each key.
    """
    for one in told.fates:
        if one.what == "uploaded" and one.proof not in _NOT_PROVEN:
            assert one.key in objects, f"{one} is not there"
            assert _crc(objects[one.key]) == one.checksum, f"{one}"
        if one.what == "skipped" and one.why in _SAME_BYTES:
            proof = proofs.get(one.key, "")
            if one.relative not in disk or proof in _NOT_PROVEN:
                continue
            assert one.key in objects, f"{one} is not there"
            same = objects[one.key].body == disk[one.relative][0]
            assert same, f"{one}: other bytes are there, proof {proof!r}"
        if one.what == "skipped" and one.why == "LISTING":
            proof = proofs.get(one.key, "size-date")
            assert proof == "size-date", f"{one} is not proven by {proof}"


def _crc(thing: Object) -> str:
    assert thing.body is not None
    named = digests({Algorithm.CRC64NVME}, thing.body)
    return f"{Algorithm.CRC64NVME}:{text(named[Algorithm.CRC64NVME])}"


def counts_add_up(told: Told, files: Collection[str] | None) -> None:
    """(c): one outcome for each file found; `files` are those on disk."""
    names = [one.relative for one in told.fates]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"more than one outcome: {twice}"
    end = told.end
    if end is None or end.error == "CancelledError":
        assert files is None, "nobody killed or cancelled it"
        return
    assert end.found == len(names), f"{end}, and {len(names)} were told"
    for what in ("uploaded", "skipped", "held", "failed"):
        assert getattr(end, what) == len(told.all_of(what)), f"{what}: {end}"
    if files is not None and not end.error:
        lost = set(files).symmetric_difference(names)
        assert not lost, f"found otherwise than it is on the disk: {lost}"


def left_alone(fates: Collection[Fate]) -> set[str]:
    """What is there and was looked at no closer, as it was asked for."""
    return {
        one.relative
        for one in fates
        if one.what == "skipped" and one.why in {"EXISTS", "SIZE"}
    }


def held_as_changed(fates: Collection[Fate]) -> set[str]:
    return {
        one.relative
        for one in fates
        if one.what == "held" and one.why == "CHANGED"
    }
