"""The catalogue of failures: its rows, and a voyage on which they happen.

Rows are those of the failure table in the reference "The other uploaders",
in its order, and behind them those that an issue added. Each has a case on
each lane: a test that carries `row` with its name and takes a `lane`. People
read the same rows in README.md. `test_catalogue.py` holds all of it together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from commands import bodies, files_below
from fakes import Recorder
from runs import names, pid_text, write_bin
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Summary, upload_tree
from pt5_async.kit import Stop
from pt5_async.model import Failed, Outcome
from pt5_async.settings import Lane


@dataclass(frozen=True, slots=True)
class Row:
    """A failure: its event and outcome as README.md has them.

    `reference` is what the reference does: (R)etry, (P)ause, (F) end the
    run, (X) fail the file, (S)kip. `differs` says why, where we do not.
    """

    event: str
    outcome: str
    reference: str
    differs: str = ""


ROWS: Final[Mapping[str, Row]] = {
    "throttled": Row(
        "the store is overloaded (503, 429, `SlowDown`)",
        "tried again after growing pauses; fewer bins go at once",
        "R",
    ),
    "broken store": Row(
        "the store is broken for the moment (5xx, an empty or HTML answer)",
        "tried again",
        "R",
    ),
    "error in 200": Row(
        "a good status with an error inside, at the end of an upload in parts",
        "tried again; what no repetition mends fails this file",
        "R, X/F",
    ),
    "timeout": Row(
        "the store gave up waiting for a body, or got half of it",
        "tried again",
        "R",
    ),
    "broken connection": Row(
        "the connection is reset, ends or stands still, at any moment",
        "tried again over a new one",
        "R",
    ),
    "no network": Row(
        "no route, no name, nobody listens; a captive portal answers",
        "the run waits, up to `--max-outage`, and goes on; nothing signed is"
        " carried to another host; a proxy that wants a password ends the run"
        " (exit code 6)",
        "P, F",
    ),
    "wrong clock": Row(
        "this machine's clock is wrong by more than 15 minutes",
        "set by the store's for signing, and said; if the store goes on"
        " refusing, the run ends (exit code 6)",
        "R, F",
    ),
    "expired": Row(
        "credentials expire, or are withdrawn, in the middle",
        "looked up again, once; if they stay refused, the run ends (exit code"
        " 6), and the next one goes on where it stood",
        "R, F",
    ),
    "wrong keys": Row(
        "the keys are wrong",
        "the run ends (exit code 6)",
        "F",
        "the reference signs once more after SignatureDoesNotMatch; a proxy"
        " that changes one request changes the next",
    ),
    "denied": Row(
        "the keys may not write there",
        "this file fails; if nothing was ever accepted, the run ends (exit"
        " code 6)",
        "X, F",
        "no limit in a row: a policy may deny one folder and allow the next",
    ),
    "key of the bucket": Row(
        "the key that encrypts the bucket is throttled; or cannot be used",
        "tried again; or as if denied",
        "R, F",
        "the key may be that of one folder's rule",
    ),
    "no bucket": Row(
        "there is no such bucket",
        "the run ends (exit code 2)",
        "F",
    ),
    "region": Row(
        "the bucket is in another region",
        "the run ends (exit code 2) and names the region",
        "R",
        "a region is said once, in .env; following costs every run a detour,"
        " and nothing signed goes to another host",
    ),
    "upload gone": Row(
        "the store has forgotten an upload in parts",
        "if the object is there with these bytes, its answer was lost and it"
        " is uploaded; else it begins anew, twice at most",
        "S, R",
    ),
    "parts": Row(
        "the store misses parts of an upload; or finds them too small",
        "it begins anew, twice at most; or this file fails",
        "R, X",
        "parts of the same size would be too small again",
    ),
    "too large": Row(
        "a file is larger than the store takes",
        "this file fails",
        "X",
    ),
    "other bytes": Row(
        "the network, or the store, changed bytes on the way",
        "tried again; never reported uploaded, and no `.adc` goes on top",
        "R, X",
        "not read again: the checksum is of the very bytes in hand",
    ),
    "exists": Row(
        "with `--existing skip`, an object is in the way",
        "our own, whose answer was lost, is uploaded; another's is left, and"
        " nothing of its bin goes beside it",
        "S, X",
        "who says --existing skip asked for it to be left",
    ),
    "conflict": Row(
        "somebody else writes the same object",
        "tried again",
        "R",
    ),
    "protected": Row(
        "a rule of the bucket protects the object",
        "this file fails, and the rules are named",
        "X",
    ),
    "too long": Row(
        "a name is too long for a key, or an object says too much of itself",
        "this file fails, mostly before anything is asked",
        "X",
    ),
    "not implemented": Row(
        "the store does not know checksums",
        "`Content-MD5` proves instead, and that is remembered",
        "R",
    ),
    "vanished": Row(
        "a file is gone when it is its turn",
        "this file fails, and so does the `.adc` of its bin",
        "X",
    ),
    "unreadable": Row(
        "a file or a folder may not be read",
        "this file, or this folder, fails",
        "X",
    ),
    "changed": Row(
        "a file grows, shrinks, is replaced or touched; the disk errs (EIO)",
        "held as settling, and what was sent of it thrown away; an erring"
        " disk fails this file",
        "R, X",
        "no second look in the same run: the next one comes in minutes",
    ),
    "empty": Row(
        "a file is empty, or has holes",
        "sent as it is read, if its bin is whole",
        "S",
    ),
    "special": Row(
        "a pipe, a socket, a device, a link that leads nowhere or in circles",
        "left and counted, never opened",
        "X",
        "nothing failed: these are no data; exit code 3 would cry wolf",
    ),
    "not UTF-8": Row(
        "a name is not UTF-8",
        "this file fails, and so does its bin",
        "X",
    ),
    "hostile names": Row(
        "a name has control characters, or is a twin of another",
        "this file fails; twins have a key each",
        "X, F",
        "twins in Unicode or in case are two keys; only layouts that bring"
        " two files to one key make them rivals, and then both are named",
    ),
    "open files": Row(
        "no file or socket more can be opened (`ulimit -n`)",
        "waited for, and fewer bins go at once",
        "R",
    ),
    "full disk": Row(
        "the disk under journal, log or receipt is full, or may not be"
        " written",
        "the run ends with the files on their way (exit code 2) for the"
        " journal or a receipt; the usual log costs a warning",
        "F",
    ),
    "stop": Row(
        "Ctrl-C, SIGTERM",
        "the files on their way get `--grace`; a second one ends at once"
        " (exit codes 130, 143)",
        "F",
    ),
    "killed": Row(
        "`kill -9`, a power cut",
        "the next run sends what is missing, and nothing else",
        "S",
    ),
    "two runs": Row(
        "two runs at once on one journal and bucket",
        "the second ends (exit code 7, or 0 with `--if-running skip`)",
        "F",
    ),
    "clock jumps": Row(
        "the clock jumps, the time zone changes, a file is from the future",
        "nothing is sent twice; what is from the future waits for a second"
        " look",
        "S",
    ),
    "hung read": Row(
        "a read hangs on a dead network share",
        "named after 60 s, in `inspect` and `verify`, too; other bins go on,"
        " and a second Ctrl-C ends at once",
        "",
    ),
    "hung source": Row(
        "SOURCE itself does not answer",
        "named after 60 s; Ctrl-C ends the run",
        "",
    ),
    "in use": Row(
        "another program has a file for itself (a sharing violation)",
        "held as settling",
        "",
    ),
    "NFS": Row(
        "the journal is on NFS",
        "works without shared memory; where files cannot be locked, the run"
        " ends (exit code 2)",
        "",
    ),
    "bucket emptied": Row(
        "the bucket was emptied between two runs",
        "said, and the store is asked about everything",
        "",
    ),
    "unmounted": Row(
        "SOURCE is not mounted",
        "the run ends (exit code 3)",
        "",
    ),
    "in use there": Row(
        "a bin is in the store with other bytes, or nothing shows that they"
        " are the same",
        "held as changed (exit code 4), `--replace-changed` sends it; what"
        " somebody else sent is replaced",
        "",
    ),
    "certificate": Row(
        "this machine's clock is so wrong that no certificate fits",
        "the run ends and asks for the clock (exit code 2), or waits if the"
        " store answered before",
        "",
    ),
}
"""Every failure that has a name, by that name."""

row = pytest.mark.row
"""Marks a test, or one of its cases, as a case of the rows named."""

LARGE: Final = 20
"""MiB of a .roi that goes in three parts."""


class Voyage:
    """Runs over one tree by one lane, with one journal.

    `tell` has what the last run told.
    """

    def __init__(
        self, root: Path, server: ScriptedServer, lane: str, bins: int = 3
    ) -> None:
        self.tree, self.state = root / "tree", root / "state"
        self.server = server
        self.lane = Lane(lane)
        self.tell = Recorder()
        self.tree.mkdir()
        for number in range(bins):
            write_bin(self.tree, number)

    async def run(
        self,
        *,
        target: str = TARGET,
        secret: str | None = None,
        stop: Stop | None = None,
        **more: Any,
    ) -> Summary:
        """One run, one bin at a time; `more` is as `Settings` has it."""
        usual = {"lane": self.lane, "state": self.state, "concurrency": 1}
        self.tell = Recorder()
        return await upload_tree(
            self.tree,
            target,
            settings=reaching(self.server, **{**usual, **more}),
            session=a_session(secret) if secret else a_session(),
            observer=self.tell,
            stop=stop,
        )

    def arrived(self) -> bool:
        """Whether the bucket has all files, bit for bit, and no parts."""
        same = bodies(self.server) == files_below(self.tree)
        return same and not self.server.uploads

    def outcome(self, name: str) -> Outcome:
        """What became of a file in the last run."""
        return self.tell.outcomes()[name]

    def error(self, name: str) -> Exception:
        """Why a file failed in the last run."""
        outcome = self.outcome(name)
        assert isinstance(outcome, Failed), outcome
        return outcome.error

    def has_no_half_bin(self) -> bool:
        """Whether every .adc in the bucket has its .roi and .hdr there."""
        there = bodies(self.server)
        return all(
            {f"{name[:-3]}roi", f"{name[:-3]}hdr"} <= there.keys()
            for name in there
            if name.endswith(".adc")
        )

    async def ends_well(self) -> bool:
        """Whether a run without faults brings over what is missing, alone."""
        self.server.clear()
        seen = len(self.server.visible)
        there = set(bodies(self.server))
        await self.run()
        fresh = {one.key for one in self.server.visible[seen:]}
        return self.arrived() and not fresh & {f"p/{name}" for name in there}


ROI, HDR, ADC = names(1)
"""The second bin's: the first opens the express lane."""

MARK: Final = f"p/{pid_text(1)}"
