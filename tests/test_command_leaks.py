"""The installed command tells nobody a secret, whatever it is made to say."""

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import TARGET, Pier, files_below
from fakes import Recorder
from runs import big_bin, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.sigv4 import Identity
from stores import session_of
from uploads import reaching

from pt5_async import upload_tree
from pt5_async.settings import Credentials, Lane

WHO = Identity("AKIALEAKS", "a/secret+that/nobody/reads", "a-token/+of=weeks")
CONTEXT = "a2V5IGNvbnRleHQ="

LOUD = """
import logging
for name in ("", "botocore", "aiobotocore", "aiohttp", "asyncio", "urllib3"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""
"""Python imports it by itself: libraries tell all that they do."""

STUMBLE = """
import pt5_async.s3.proving as proving
def stumble(value):
    raise LookupError({secret!r}, "x-amz-security-token", {token!r})
proving.bare = stumble
"""
"""A bug of ours that has secrets in what it raises."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(identities=(WHO,)) as server:
        yield server


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, server: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, server)
    keys = {
        "AWS_ACCESS_KEY_ID": WHO.access_key,
        "AWS_SECRET_ACCESS_KEY": WHO.secret_key,
        "AWS_SESSION_TOKEN": WHO.token or "",
    }
    made.environ |= keys
    write_bin(made.source)
    return made


def imported(pier: Pier, code: str) -> None:
    """Have every Python of the pier run `code` when it starts."""
    (pier.root / "site").mkdir(exist_ok=True)
    (pier.root / "site" / "sitecustomize.py").write_text(code)
    pier.environ["PYTHONPATH"] = str(pier.root / "site")


def proofs(server: ScriptedServer) -> set[str]:
    """Everything by which requests proved who they were of."""
    made = {WHO.secret_key, WHO.token or "", CONTEXT}
    for one in server.log:
        signed = one.headers.get("authorization", "")
        made |= set(re.findall("Signature=([0-9a-f]{64})", signed))
    return made


def refuse_leaks(pier: Pier, server: ScriptedServer, *said: str) -> None:
    wrote = files_below(pier.root) | files_below(pier.home)
    wrote |= {f"said {n}": text.encode() for n, text in enumerate(said)}
    seen = [
        name
        for name, text in wrote.items()
        if leaks(text, server) and not name.startswith("site/")
    ]
    assert not seen


def leaks(text: bytes, server: ScriptedServer) -> bool:
    return any(proof.encode() in text for proof in proofs(server))


@pytest.mark.parametrize("lane", ["plain", "express"])
def test_no_secret_is_anywhere_though_everybody_tells_all(
    pier: Pier, server: ScriptedServer, lane: str
) -> None:
    imported(pier, LOUD)
    write_bin(pier.source, 1, made=big_bin(17))
    echo = (
        "The request signature we calculated does not match: Authorization:"
        f" AWS4-HMAC-SHA256 Credential={WHO.access_key}, Signature={'5' * 64}"
        f" x-amz-security-token:{WHO.token}"
        f" x-amz-server-side-encryption-context:{CONTEXT}"
    )
    refused = Rule(Answer(503, "SlowDown", echo), Op.PUT, skip=2, times=2)
    server.script(refused)

    done = pier.upload(
        *("--lane", lane, "--verbose", "--json", "--attempts", "3"),
        *("--receipt", pier.root / "receipt", "--log-file", pier.root / "log"),
    )

    assert "SlowDown: The request signature" in done.err
    assert "Signature=***" in done.err
    assert len(proofs(server)) > 8
    assert "DEBUG" not in done.err
    for name in ("receipt", "log"):
        assert (pier.root / name).read_text()
    refuse_leaks(pier, server, done.out, done.err, "")
    assert "5" * 64 not in done.out + done.err


async def test_what_a_library_is_told_has_no_secret_though_all_tell_all(
    tmp_path: Path,
    server: ScriptedServer,
    lane: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    write_bin(tmp_path / "ifcb", made=big_bin(17))
    server.script(Rule(Answer(503, "SlowDown", "Signature=x"), times=2))
    settings = reaching(server, lane=Lane(lane), state=tmp_path / "state")
    tell = Recorder()
    keys = (WHO.access_key, WHO.secret_key, WHO.token)
    session = session_of(Credentials(*keys))

    summary = await upload_tree(
        *(tmp_path / "ifcb", TARGET),
        settings=settings,
        session=session,
        observer=tell,
    )

    assert summary.uploaded.files == 3
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert "botocore" in names
    assert "pt5_async" not in names
    assert WHO.secret_key not in caplog.text
    said = "".join(f"{one!r} {one}" for one in [*tell.events, summary])
    wrote = files_below(tmp_path / "state")
    wrote["said"] = said.encode()
    seen = [n for n, text in wrote.items() if leaks(text, server)]
    assert not seen


@pytest.mark.parametrize("loud", [True, False])
def test_a_bug_is_confessed_without_a_secret(
    pier: Pier, server: ScriptedServer, *, loud: bool
) -> None:
    found = {"secret": WHO.secret_key, "token": f"token {WHO.token}"}
    imported(pier, LOUD + STUMBLE.format(**found))

    # `upload` would refuse the traceback that is to be seen here.
    words = ("upload", pier.source, "--to", TARGET)
    done = pier.run(*words, *(["--verbose"] if loud else []))

    assert done.code == 1, done
    assert "this is a bug" in done.err
    assert "LookupError" in done.err
    assert ("Traceback" in done.err) is loud
    assert bool(list((pier.root / "tmp").glob("pt5-async-bug-*"))) is not loud
    refuse_leaks(pier, server, done.out, done.err)


@pytest.mark.parametrize(
    ("rights", "folder", "what"),
    [
        (0o644, 0o755, "read"),
        (0o602, 0o711, "change"),
        (0o640, 0o755, ""),
        (0o644, 0o700, ""),
    ],
)
def test_a_dotenv_that_others_may_read_is_warned_of(
    pier: Pier, public: Path, rights: int, folder: int, what: str
) -> None:
    env = public / "of the pier.env"
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    env.write_text(
        "".join(f"{name}={pier.environ.pop(name)}\n" for name in keys)
    )
    env.chmod(rights)
    public.chmod(folder)

    done = pier.run(
        *("upload", pier.source, "--to", TARGET, "--env-file", env, "-n")
    )

    assert done.code == 0, done
    said = (
        f"every user of this machine can {what} {env}; say chmod 600 '{env}'"
    )
    assert (said in done.err) is bool(what)
    assert ("chmod" in done.err) is bool(what)
    assert WHO.secret_key not in done.out + done.err


def test_what_a_run_keeps_is_its_owners_alone(pier: Pier) -> None:
    write_bin(pier.source, 1, made=big_bin(17))
    log = pier.root / "log"
    os.umask(0)
    try:
        pier.upload()
        pier.upload("--log-file", log, "--receipt", pier.root / "receipt")
    finally:
        os.umask(0o022)

    assert stat.S_IMODE(pier.state.stat().st_mode) == 0o700
    kept = {
        one.name: stat.S_IMODE(one.stat().st_mode)
        for one in (*pier.state.iterdir(), log)
    }
    assert set(kept) >= {"journal.sqlite3", "pt5-async.log", "log"}
    assert set(kept.values()) == {0o600}
    # It is for other programs, as open as whoever starts this has it.
    assert stat.S_IMODE((pier.root / "receipt").stat().st_mode) == 0o666


def test_no_repr_tells_a_secret() -> None:
    from pt5_async.cli.access import Identity as Access
    from pt5_async.cli.places import Given
    from pt5_async.s3.hearing import Overheard
    from pt5_async.s3.http1 import Message
    from pt5_async.s3.sigv4 import Identity as Signing
    from pt5_async.settings import Credentials, Line

    secret = WHO.secret_key
    keys = Credentials("AKIA", secret, secret)
    holders = (
        keys,
        Access(keys),
        Given(secret, ".env"),
        Line(secret, 1),
        Signing("AKIA", secret, secret),
        Message("k", secret.encode(), secret.encode()),
        Overheard(
            "put",
            {"SSEKMSEncryptionContext": secret},
            "PUT",
            "url",
            {"authorization": secret},
            secret,
        ),
    )
    assert secret not in repr(holders) + "".join(map(str, holders[:2]))
