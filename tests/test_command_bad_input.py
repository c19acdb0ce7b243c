"""The installed command and bad input: one sentence, a way out, a code.

The table follows the list of what people get wrong, one row or more for
each; no row may end in a traceback or say more than its sentence.
"""

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import PROGRAM, TARGET, Done, Pier, files_below
from runs import write_bin
from servers.faults import Answer, Rule
from servers.scripted import ScriptedServer

from pt5_async.journal.database import APPLICATION

Spoil = Callable[[Pier, ScriptedServer], None]


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source)
    return made


class Row(NamedTuple):
    """What is asked and what was spoilt before; what has to be said.

    In both, @source and @root stand for the pier's folders, and @nobody
    for a port on which nobody listens.
    """

    args: str
    code: int
    words: tuple[str, ...]
    spoil: Spoil = lambda _pier, _server: None


def variables(**given: str) -> Spoil:
    return lambda pier, _: pier.environ.update(given)


def without(*names: str) -> Spoil:
    def spoil(pier: Pier, _: ScriptedServer) -> None:
        for name in names:
            del pier.environ[name]

    return spoil


def dotenv(text: str, mode: int = 0o600) -> Spoil:
    def spoil(pier: Pier, _: ScriptedServer) -> None:
        file = pier.cwd / ".env"
        file.write_text(text)
        file.chmod(mode)

    return spoil


def config(text: str) -> Spoil:
    """AWS's own configuration; a profile in it."""

    def spoil(pier: Pier, _: ScriptedServer) -> None:
        (pier.home / ".aws").mkdir()
        (pier.home / ".aws" / "config").write_text(text)

    return spoil


def locked(name: str) -> Spoil:
    """A folder into which nobody may write, or only look."""

    def spoil(pier: Pier, _: ScriptedServer) -> None:
        (pier.root / name).mkdir()
        (pier.root / name).chmod(0o555 if name == "locked" else 0)

    return spoil


def answer(status: int, code: str, message: str) -> Spoil:
    return lambda _, server: server.script(Rule(Answer(status, code, message)))


def journal(change: str) -> Spoil:
    """A journal of an earlier run, changed."""

    def spoil(pier: Pier, _: ScriptedServer) -> None:
        pier.state.mkdir(parents=True)
        file = pier.state / "journal.sqlite3"
        if not change:
            file.write_bytes(b"no journal" * 100)
            return
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(change)

    return spoil


def loop(pier: Pier, _: ScriptedServer) -> None:
    (pier.root / "loop").symlink_to("loop")


def pipe(pier: Pier, _: ScriptedServer) -> None:
    os.mkfifo(pier.root / "pipe")


UNREADABLE, CLOSED, LOCKED = RIGHTS = (
    dotenv("", 0),
    locked("closed"),
    locked("locked"),
)

UP = f"upload @source --to {TARGET} "
NEWER = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 99"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

TABLE = {
    "no source": Row("upload --to s3://b", 2, ("no SOURCE", "IFCB_DATA_DIR")),
    "source not there": Row(
        "upload @root/none --to s3://b",
        2,
        ("@root/none is not there", "check"),
    ),
    "source a loop": Row(
        "upload @root/loop --to s3://b", 2, ("@root/loop", "levels"), loop
    ),
    "source a pipe": Row(
        "upload @root/pipe --to s3://b", 2, ("@root/pipe is neither",), pipe
    ),
    "source unreadable": Row(
        "inspect @root/closed", 2, ("@root/closed", "allow"), CLOSED
    ),
    "no bucket": Row("upload @source", 2, ("no target", "--to s3://BUCKET")),
    "malformed url": Row(
        "upload @source --to s3:/b", 2, ("--to: 's3:/b'", "write s3://BUCKET")
    ),
    "bucket not there": Row(
        "upload @source --to s3://none", 2, ("NoSuchBucket", "check its name")
    ),
    "no credentials": Row(
        UP, 6, ("no credentials: set AWS_ACCESS_KEY_ID",), without(*KEYS)
    ),
    "expired credentials": Row(
        UP,
        6,
        ("ExpiredToken", "get new credentials"),
        answer(400, "ExpiredToken", "The provided token has expired."),
    ),
    "wrong credentials": Row(
        UP,
        6,
        ("SignatureDoesNotMatch", "check the secret key"),
        variables(AWS_SECRET_ACCESS_KEY="wrong"),
    ),
    "credentials with a line's end": Row(
        UP,
        2,
        ("environment variable AWS_SECRET_ACCESS_KEY", "copy it again"),
        variables(AWS_SECRET_ACCESS_KEY="secret\r"),
    ),
    "a profile that is not there": Row(
        UP + "--profile ghost", 2, ("(ghost)", "--profile, AWS_PROFILE")
    ),
    "a program for keys that is not there": Row(
        UP + "--profile x",
        2,
        ("No such file", "check ~/.aws"),
        config("[profile x]\ncredential_process = /no/program\n"),
    ),
    "a sign-on that is over": Row(
        UP + "--profile x",
        6,
        ("aws sso login",),
        config(
            "[profile x]\nsso_start_url = https://x.invalid\nsso_region = x\n"
            "sso_account_id = 1\nsso_role_name = x\n"
        ),
    ),
    "wrong region": Row(
        UP + "--region eu-west-1", 2, ("say --region us-east-1",)
    ),
    "endpoint not answering": Row(
        UP + "--endpoint-url http://127.0.0.1:@nobody",
        5,
        ("no answer from http://127.0.0.1:@nobody", "check the address"),
    ),
    "a typo in the endpoint": Row(
        UP + "--endpoint-url http://s3.exmaple.invalid",
        5,
        ("no answer from http://s3.exmaple.invalid", "check the address"),
    ),
    ".env unreadable": Row(
        UP, 2, ("cannot read .env", "--env-file"), UNREADABLE
    ),
    ".env unreadable to the demo": Row(
        "demo @root/demo", 2, ("cannot read .env",), UNREADABLE
    ),
    ".env malformed": Row(
        UP, 2, (".env, line 2 is not NAME=VALUE",), dotenv("\nPT5_TO s3://b")
    ),
    ".env a folder": Row(
        UP + "--env-file @root", 2, ("--env-file: @root is",)
    ),
    "state folder not writable": Row(
        UP + "--state @root/locked/state",
        2,
        ("@root/locked/state", "another state folder with --state"),
        LOCKED,
    ),
    "journal damaged": Row(
        UP, 2, ("journal.sqlite3 is damaged", "move it away"), journal("")
    ),
    "journal damaged, for a dry run": Row(
        UP + "-n", 2, ("is damaged", "move it away"), journal("")
    ),
    "journal from a newer version": Row(
        UP, 2, ("newer pt5-async", "update pt5-async"), journal(NEWER)
    ),
    "receipt nowhere": Row(
        UP + "--receipt @root/none/r",
        2,
        ("@root/none/r: No such", "another --receipt"),
    ),
    "a receipt that is the journal": Row(
        UP + "--state @root/s --receipt @root/s/../s/journal.sqlite3",
        2,
        ("the journal and --receipt name one file",),
    ),
    "a receipt that is the log": Row(
        UP + "--receipt @root/cwd/x --log-file x",
        2,
        ("--receipt and --log-file name one file",),
    ),
    "the older script's line": Row(
        f"--source @source --to {TARGET}",
        2,
        (f"pt5-async upload --source @source --to {TARGET}",),
    ),
    "an empty folder for the demo": Row("demo ''", 2, ("FOLDER is given",)),
    "an empty .env file's name": Row(
        UP + "--env-file ''", 2, ("--env-file is given, but empty",)
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_it_is_one_sentence_with_a_way_out_and_the_right_code(
    pier: Pier, scripted: ScriptedServer, what: str
) -> None:
    row = TABLE[what]
    row.spoil(pier, scripted)
    before = files_below(pier.source)
    words = row.args.split()
    # Every way to ask for less or other words, turn by turn.
    more = ([], ["--json"], ["--quiet"])[list(TABLE).index(what) % 3]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        told = {
            "@source": str(pier.source),
            "@root": str(pier.root),
            "@nobody": str(taken.getsockname()[1]),
            "''": "",
        }
        if words[0] != "demo":
            words += more
        # Root is told apart only where rights matter.
        rights = row.spoil in RIGHTS
        done = pier.run(
            *(filled(word, told) for word in words),
            program=pier.by_nobody if rights else (PROGRAM,),
        )
    said = as_one_sentence(done, more)
    assert done.code == row.code, done
    for part in row.words:
        assert filled(part, told) in said
    assert files_below(pier.source) == before
    assert not scripted.objects


def filled(text: str, told: dict[str, str]) -> str:
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def as_one_sentence(done: Done, more: list[str]) -> str:
    """The sentence; all else that was said is what had to be."""
    assert "Traceback" not in done.err
    lines = done.out.splitlines()
    if more == ["--json"]:
        assert all(json.loads(line)["event"] for line in lines)
    else:
        assert not [line for line in lines if not line.startswith("hold ")]
    *others, last = done.err.splitlines()
    going = ("Uploading ", "Dry run: ")
    if more == ["--quiet"]:
        going = ()
    strange = [line for line in others if not line.startswith(going)]
    assert not [line for line in strange if " WARNING " not in line]
    assert last.startswith("pt5-async: ")
    return last


def test_three_attempts_are_made_before_a_store_counts_as_away(
    pier: Pier,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = pier.upload("--json", "--endpoint-url", url, code=5)
    events = [json.loads(line) for line in done.out.splitlines()]
    again = [one for one in events if one["event"] == "retrying"]
    assert len(again) == 2
    assert events[-1]["seconds"] < 10


@pytest.mark.parametrize(
    ("name", "meant"),
    [("PT5_MIN_AEG", "is PT5_MIN_AGE meant?"), ("PT5_X", "as PT5_MIN_AGE")],
)
def test_a_variable_that_nobody_reads_is_warned_of(
    pier: Pier, name: str, meant: str
) -> None:
    pier.environ |= {name: "1", "PT5_DRY_RUN": "1", "PT5_NO_JOURNAL": ""}
    for args in (("upload", pier.source, "--to", TARGET), ("inspect", ".")):
        done = pier.run(*args)
        assert done.code == 0
        assert done.err.count("warning: ") == 1
        assert f"environment variable {name} is nobody's" in done.err
        assert meant in done.err
