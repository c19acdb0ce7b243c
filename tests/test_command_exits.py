"""The installed command's exit code and its one sentence, by what happened."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from commands import PROGRAM, TARGET, Pier, asked, bodies, files_below, until
from runs import names, pid_text, write_bin
from servers.faults import Answer, Rule
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate

from pt5_async.ifcb.names import Kind


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


@contextmanager
def nobody() -> Iterator[str]:
    """An address on which nobody listens, taken as long as the block."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_0_when_all_is_sent_or_rightly_skipped(pier: Pier) -> None:
    write_bin(pier.source)
    pier.upload(code=0)
    pier.upload(code=0)


def test_0_when_there_is_nothing_at_all(pier: Pier) -> None:
    assert "Total Files: 0\n" in pier.upload(code=0).out


def test_1_for_a_bug_which_is_confessed_in_one_line(pier: Pier) -> None:
    broken = pier.root / "broken"
    broken.mkdir()
    # Python imports this by itself: a piece of it is broken from then on.
    (broken / "sitecustomize.py").write_text(
        "import secrets\nsecrets.token_hex = lambda count: 1 // 0\n"
    )
    args = ("upload", pier.source, "--to", TARGET)
    done = pier.run(*args, PYTHONPATH=str(broken))
    assert (done.code, done.out) == (1, "")
    assert done.sentence.startswith("this is a bug (ZeroDivisionError: ")
    [where] = (pier.root / "tmp").iterdir()
    assert done.sentence.endswith(f"the traceback is in {where}")
    text = where.read_text()
    assert text.startswith("Traceback")
    assert "ZeroDivisionError" in text
    done = pier.run(*args, "--verbose", PYTHONPATH=str(broken))
    assert done.code == 1
    assert done.err.startswith("Traceback")


@pytest.mark.parametrize(
    ("bucket", "region", "words"),
    [
        ("nowhere", "us-east-1", "s3://nowhere/p/: NoSuchBucket: "),
        ("far", "us-east-1", "say --region eu-west-1"),
        ("bucket", "eu-west-1", "say --region us-east-1"),
    ],
)
def test_2_for_a_bucket_that_is_not_there_or_elsewhere(
    pier: Pier, scripted: ScriptedServer, bucket: str, region: str, words: str
) -> None:
    scripted.make_bucket("far", "eu-west-1")
    write_bin(pier.source)
    done = pier.run(
        *("upload", pier.source, "--to", f"s3://{bucket}/p"), AWS_REGION=region
    )
    assert done.code == 2
    assert words in done.sentence


def test_2_for_a_certificate_that_nobody_trusts(pier: Pier) -> None:
    trust = certificate(pier.root)
    write_bin(pier.source)
    with ScriptedServer(tls=trust.server) as server:
        args = ("--endpoint-url", server.url)
        done = pier.upload(*args, code=2)
        assert server.url in done.sentence
        assert "certificate verify failed" in done.sentence
        pier.environ["AWS_CA_BUNDLE"] = str(trust.authority)
        pier.upload(*args)
        assert bodies(server) == files_below(pier.source)


def test_2_for_a_full_disk_under_the_journal_once_the_rest_is_through(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    for number in range(100):
        write_bin(pier.source, number)
    # No file may grow beyond 32 KiB: a full disk, for one process.
    limited = ("/bin/sh", "-c", 'ulimit -f 64; exec "$0" "$@"', PROGRAM)
    pier.environ = {
        name: value
        for name, value in pier.environ.items()
        if not name.startswith("COVERAGE_")  # its file may grow
    }
    done = pier.run(*("upload", pier.source, "--to", TARGET), program=limited)
    assert done.code == 2
    *_, last = done.err.splitlines()  # the log is on that disk, too
    assert str(pier.state / "journal.sqlite3") in last
    assert "make room" in last
    sent = bodies(scripted)
    assert f"Total Files: {len(sent) - 3}\n" in done.out
    assert sent.items() <= files_below(pier.source).items()
    for mark in (name for name in sent if name.endswith(".adc")):
        stem = mark.removesuffix("adc")
        assert {f"{stem}roi", f"{stem}hdr"} <= sent.keys()


def test_3_when_some_files_failed_and_each_is_named(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in (1, 2, 3):
        write_bin(pier.source, number)
    roi, hdr, adc = (f"p/{name}" for name in names(2))
    refused = Answer(400, "EntityTooLarge", "Your upload is too large")
    scripted.script(Rule(refused, Op.PUT, key=roi))
    done = pier.upload(code=3)
    assert set(scripted.objects) == {
        hdr,
        *(f"p/{name}" for name in (*names(1), *names(3))),
    }
    assert f"  {roi}: EntityTooLarge: Your upload is too large\n" in done.out
    missing = f"{names(2)[2]}: not sent, because {names(2)[0]} failed"
    assert f"  {missing}\n" in done.out
    assert "Bins: 3 (2 uploaded, 1 failed)\n" in done.out
    scripted.clear()
    pier.upload(code=0)
    assert adc in scripted.objects


def test_3_when_a_name_cannot_be_a_key_and_nothing_is_asked_about_it(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    bad = os.fsencode(pier.source) + b"/\xff\x01\xfe"
    os.mkdir(bad)
    write_bin(Path(os.fsdecode(bad)), 2)
    done = pier.upload(code=3)
    assert set(bodies(scripted)) == set(names(1))
    assert not [one for one in scripted.log if pid_text(2) in one.key]
    assert f"  \\udcff\\x01\\udcfe/{names(2)[0]}: " in done.out
    assert "Failed: 3 files" in done.out


def test_3_beats_4(pier: Pier, scripted: ScriptedServer) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, without=(Kind.ADC,))
    pier.upload(code=4)
    write_bin(pier.source, 3)
    scripted.script(Rule(Answer(400, "InvalidRequest"), Op.PUT))
    pier.upload(code=3)


def test_5_when_nobody_answers(pier: Pier) -> None:
    for number in range(40):
        write_bin(pier.source, number)
    with nobody() as url:
        done = pier.upload("--endpoint-url", url, "--attempts", "2", code=5)
    assert url in done.sentence
    assert done.out == ""


def test_5_when_an_address_swallows_connections_and_soon(pier: Pier) -> None:
    write_bin(pier.source)
    # A full backlog leaves who connects without an answer.
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        begun = time.monotonic()
        pier.upload("--endpoint-url", url, "--attempts", "1", code=5)
        assert 3 < time.monotonic() - begun < 9


def test_5_when_the_store_goes_away_in_the_middle(pier: Pier) -> None:
    for number in range(40):
        write_bin(pier.source, number)
    with ExitStack() as stack:
        short = stack.enter_context(ScriptedServer())
        gate = short.gate(Op.PUT, skip=20)
        args = ("--endpoint-url", short.url, "--max-outage", "1s")
        with pier.uploading(*args, "--concurrency", "4") as running:
            until(lambda: gate.held and len(asked(short, Op.PUT)) == 20)
            stack.close()
            done = running.end()
    assert done.code == 5
    _, paused, last = done.err.splitlines()
    assert paused.startswith("the store is unreachable (list s3://bucket/: ")
    assert paused.endswith(
        "; the run waits for it, up to 1s (--max-outage); Ctrl-C ends it"
    )
    assert last.startswith("pt5-async: ")
    assert short.url in last
    assert "; it was waited for, 1 s (--max-outage); of what was" in last
    assert last.endswith(" did not go; run again to send the rest")
    assert len(short.objects) == 20
    assert "Total Files: 20\n" in done.out
    assert "not reached\n" in done.out


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "AKIASTRANGER", "InvalidAccessKeyId"),
        ("", "", "no credentials: set AWS_ACCESS_KEY_ID and"),
    ],
)
def test_6_for_credentials_that_are_wrong_or_not_there(
    pier: Pier, scripted: ScriptedServer, variable: str, value: str, words: str
) -> None:
    write_bin(pier.source)
    if variable:
        pier.environ[variable] = value
    else:
        del pier.environ["AWS_ACCESS_KEY_ID"]
        del pier.environ["AWS_SECRET_ACCESS_KEY"]
    done = pier.upload(code=6)
    assert words in done.sentence
    assert not scripted.objects


def test_6_in_one_sentence_when_writing_is_denied_from_the_start(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.personality = Personality(denied=(Denied(Op.PUT),))
    for number in range(60):
        write_bin(pier.source, number)
    done = pier.upload(code=6)
    assert "AccessDenied" in done.sentence
    assert done.out == ""
    assert len(scripted.log) < 100, "it did not try every file"


def test_7_when_another_run_is_at_it(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading() as running:
        until(lambda: gate.held)
        done = pier.upload(code=7)
        pid = running.process.pid
        assert f"(process {pid} on {socket.gethostname()}, " in done.sentence
        # Another bucket, or no journal, is nobody's business.
        elsewhere = pier.run("upload", pier.source, "--to", "s3://nowhere")
        assert elsewhere.code == 2
        gate.release()
        assert running.end().code == 0
    pier.upload(code=0)
