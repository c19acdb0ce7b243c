"""What every object gets, and whom the installed command trusts."""

from pathlib import Path

import pytest
from commands import TARGET, Pier, bodies, files_below
from runs import write_bin
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source)
    return made


@pytest.fixture
def many(pier: Pier) -> Pier:
    for number in range(1, 50):
        write_bin(pier.source, number)
    return pier


def test_every_object_option_arrives(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.personality = Personality(acls=True)
    pier.upload(
        *("--storage-class", "STANDARD_IA"),
        *("--sse", "aws:kms", "--sse-kms-key-id", "alias/plankton"),
        *("--acl", "public-read"),
        *("--tag", "site=pier 1", "--tag", "owner="),
        *("--metadata", "cruise=AT50", "--metadata", "ship=Atlantis"),
        *("--request-payer", "requester"),
    )

    puts = [one.headers for one in scripted.log if one.op is Op.PUT]
    assert len(puts) == 3
    for headers in puts:
        assert headers["x-amz-storage-class"] == "STANDARD_IA"
        assert headers["x-amz-server-side-encryption"] == "aws:kms"
        key = headers["x-amz-server-side-encryption-aws-kms-key-id"]
        assert key == "alias/plankton"
        assert headers["x-amz-acl"] == "public-read"
        assert headers["x-amz-tagging"] == "site=pier%201&owner="
        assert headers["x-amz-meta-cruise"] == "AT50"
        assert headers["x-amz-meta-ship"] == "Atlantis"
        assert "x-amz-meta-mtime" in headers
    payers = {one.headers.get("x-amz-request-payer") for one in scripted.log}
    assert payers == {"requester"}
    assert bodies(scripted) == files_below(pier.source)


def test_encrypted_objects_are_proven_and_not_sent_twice(
    many: Pier, scripted: ScriptedServer
) -> None:
    args = ("--sse", "aws:kms", "--checksum-algorithm", "md5")
    assert "Proven By: 150 md5" in many.upload(*args).out
    again = many.upload(*args)

    assert "Total Files: 0" in again.out
    assert len(scripted.visible) == 150


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--storage-class", "FROZEN"), "--storage-class FROZEN ("),
        (("--acl", "public-read"), "--acl public-read ("),
    ],
)
def test_an_option_that_the_store_refuses_ends_in_one_sentence(
    many: Pier, scripted: ScriptedServer, args: tuple[str, str], words: str
) -> None:
    done = many.upload(*args, code=2)

    assert f"the store refuses {words}" in done.sentence
    assert "leave it out" in done.sentence
    assert not scripted.objects
    puts = [one for one in scripted.log if one.op is Op.PUT]
    assert len(puts) <= 2 * 32, "the two that each consumer had in hand"


def test_a_refusal_without_a_reason_ends_in_one_sentence_as_well(
    many: Pier, scripted: ScriptedServer
) -> None:
    scripted.script(Rule(Answer(501, "NotImplemented"), Op.PUT))
    done = many.upload("--tag", "a=b", "--sse", "AES256", code=2)

    assert "refuses --sse AES256, --tag a=b (" in done.sentence
    assert "leave some out" in done.sentence


def test_validate_tries_with_the_options(
    pier: Pier, scripted: ScriptedServer
) -> None:
    args = ("upload", "--validate", "--to", TARGET, "--storage-class")
    well, ill = pier.run(*args, "GLACIER_IR"), pier.run(*args, "FROZEN")

    assert well.code == 0
    assert ill.code == 2
    assert "the store refuses --storage-class FROZEN" in ill.out
    assert not scripted.objects


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--tag", "site"), "--tag: 'site' is not NAME=VALUE"),
        (("--metadata", "mtime=1"), "--metadata: mtime is the file's time"),
        (("--sse-kms-key-id", "k"), "--sse-kms-key-id without --sse"),
        (("--storage-class", "A B"), "--storage-class: 'A B' is no storage"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_asked(
    pier: Pier, scripted: ScriptedServer, args: tuple[str, str], words: str
) -> None:
    assert words in pier.upload(*args, code=2).sentence
    assert not scripted.log


# ---- trust


@pytest.fixture
def secure(pier: Pier) -> ScriptedServer:
    """A server whose certificate nobody knows; pier talks to it."""
    trust = certificate(pier.root)
    with ScriptedServer(tls=trust.server) as server:
        pier.environ["AWS_ENDPOINT_URL"] = server.url
        yield server


def test_a_ca_bundle_makes_a_certificate_trusted(
    pier: Pier, secure: ScriptedServer
) -> None:
    assert "certificate verify failed" in pier.upload(code=2).sentence
    done = pier.upload("--ca-bundle", pier.root / "certificate.pem")

    assert "warning" not in done.err
    assert bodies(secure) == files_below(pier.source)


def test_aws_ca_bundle_is_read_from_dotenv_and_beaten_by_the_option(
    pier: Pier, secure: ScriptedServer
) -> None:
    authority = pier.root / "certificate.pem"
    (pier.cwd / ".env").write_text("AWS_CA_BUNDLE=/nowhere.pem\n")
    assert "cannot read the CA bundle" in pier.upload(code=2).sentence
    pier.upload("--ca-bundle", authority)
    (pier.cwd / ".env").write_text(f"AWS_CA_BUNDLE={authority}\n")
    pier.upload("--no-journal")

    assert bodies(secure) == files_below(pier.source)


def test_a_ca_bundle_that_is_none_is_refused(pier: Pier) -> None:
    text = pier.root / "text.pem"
    text.write_text("no certificate")
    for bundle, words in (
        (pier.root / "none.pem", "none.pem: No such file or directory"),
        (pier.root, f"{pier.root}: Is a directory"),
        (text, "text.pem is no file of PEM certificates"),
        (pier.root / "key.pem", "cannot read the CA bundle"),
    ):
        done = pier.upload("--ca-bundle", bundle, code=2)
        assert words in done.sentence


def test_unverified_is_loud_and_goes(
    pier: Pier, secure: ScriptedServer
) -> None:
    done = pier.upload("--no-verify-ssl", "--color", "always")

    [line] = [one for one in done.err.splitlines() if "--no-verify" in one]
    assert "warning: --no-verify-ssl: no certificate is checked" in line
    assert "\x1b[33m" in line
    assert bodies(secure) == files_below(pier.source)
    # Over a link that nobody vouches for, a signature guards the bytes.
    hashes = {one.headers["x-amz-content-sha256"] for one in secure.log}
    assert "UNSIGNED-PAYLOAD" not in hashes
    checked = pier.run(
        *("upload", "--validate", "--to", TARGET, "--no-verify-ssl")
    )
    assert checked.code == 0
    assert checked.err.count("warning: --no-verify-ssl") == 1
    quiet = pier.upload("--no-verify-ssl", "--quiet")
    [said] = quiet.err.splitlines()
    assert line == f"\x1b[33m{said}\x1b[0m"


def test_unverified_beats_a_variable_and_contradicts_the_option(
    pier: Pier, secure: ScriptedServer
) -> None:
    pier.environ["AWS_CA_BUNDLE"] = "/nowhere.pem"
    pier.upload("--no-verify-ssl")
    done = pier.upload("--no-verify-ssl", "--ca-bundle", "x", code=2)

    assert "--ca-bundle and --no-verify-ssl contradict" in done.sentence
    assert len(secure.objects) == 3
