"""What the installed command takes from options, environment and .env."""

import os
from pathlib import Path

import pytest
from commands import TARGET, Pier, bodies, files_below
from runs import names, write_bin
from servers.scripted import IDENTITY, ScriptedServer
from servers.sigv4 import Identity


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def dotenv(pier: Pier, *lines: str) -> None:
    (pier.cwd / ".env").write_text("\n".join(("# a pier", "", *lines, "")))


def test_everything_may_stand_in_a_dotenv_of_the_current_folder(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    dotenv(
        pier,
        f"AWS_ACCESS_KEY_ID={IDENTITY.access_key}",
        f"export AWS_SECRET_ACCESS_KEY='{IDENTITY.secret_key}'  # secret",
        "AWS_DEFAULT_REGION=us-east-1",
        f"AWS_ENDPOINT_URL={scripted.url}",
        "AWS_UPLOAD_URL=s3://bucket/p",
        f"IFCB_DATA_DIR={pier.source}",
        f"PT5_STATE={pier.root / 'journal'}",
    )
    for name in tuple(pier.environ):
        if name.startswith("AWS_"):
            del pier.environ[name]
    done = pier.run("upload")
    assert done.code == 0, done
    assert bodies(scripted) == files_below(pier.source)
    assert list((pier.root / "journal").glob("*.sqlite3"))
    assert not pier.state.exists()


def test_a_flag_beats_the_environment_which_beats_dotenv(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    dotenv(pier, "AWS_UPLOAD_URL=s3://nowhere/file", "AWS_REGION=eu-west-1")
    pier.environ["AWS_UPLOAD_URL"] = "s3://bucket/environment"
    pier.environ["IFCB_DATA_DIR"] = str(pier.source)
    assert pier.run("upload").code == 0
    assert set(bodies(scripted, "environment/")) == set(names(0))
    for args, prefix in (
        (("--to", "s3://bucket/flag/"), "flag/"),
        (("--prefix", "other"), "other/"),
        (("--bucket", "bucket", "--prefix", ""), ""),
    ):
        scripted.buckets["bucket"].objects.clear()
        assert pier.run("upload", *args).code == 0
        assert set(bodies(scripted, prefix)) == set(names(0))


def test_keys_come_from_one_place_together(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    # A leftover token beside the environment's pair would spoil it.
    dotenv(pier, "AWS_SESSION_TOKEN=old", "AWS_SECRET_ACCESS_KEY=other")
    pier.upload()
    assert not any(
        "x-amz-security-token" in one.headers for one in scripted.log
    )
    del pier.environ["AWS_ACCESS_KEY_ID"]
    done = pier.upload(code=2)
    assert "AWS_SECRET_ACCESS_KEY" in done.sentence
    assert "AWS_ACCESS_KEY_ID is missing" in done.sentence


def test_a_token_goes_with_its_keys_and_no_secret_is_told(pier: Pier) -> None:
    write_bin(pier.source)
    who = Identity("AKIATODAY", "s3cret/of+today", "t0ken/of+today")
    pier.environ |= {
        "AWS_ACCESS_KEY_ID": who.access_key,
        "AWS_SECRET_ACCESS_KEY": who.secret_key,
        "AWS_SESSION_TOKEN": str(who.token),
    }
    receipt = pier.root / "receipt.jsonl"
    with ScriptedServer(identities=(who,)) as server:
        pier.environ["AWS_ENDPOINT_URL"] = server.url
        done = pier.upload("-v", "--json", "--receipt", receipt)
        assert bodies(server) == files_below(pier.source)
    kept = b"".join(files_below(pier.home).values())
    said = f"{done.out}{done.err}{receipt.read_text()}".encode()
    assert "AKIATODAY" not in done.err
    for secret in (b"s3cret", b"t0ken"):
        assert secret not in said + kept


def test_a_profile_says_as_whom(pier: Pier, scripted: ScriptedServer) -> None:
    write_bin(pier.source)
    folder = pier.home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[buoy]\naws_access_key_id = {IDENTITY.access_key}\n"
        f"aws_secret_access_key = {IDENTITY.secret_key}\n"
    )
    pier.environ["AWS_ACCESS_KEY_ID"] = "AKIASTRANGER"
    pier.upload("--profile", "buoy")
    assert len(scripted.objects) == 3
    done = pier.upload("--profile", "ship", code=2)
    assert "ship" in done.sentence


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_the_bucket_may_stand_in_the_path_or_in_the_host(
    pier: Pier, scripted: ScriptedServer, style: str
) -> None:
    write_bin(pier.source)
    url = scripted.url.replace("127.0.0.1", "localhost")
    args = ("--endpoint-url", url, "--addressing-style", style)
    done = pier.run("upload", pier.source, "--to", TARGET, *args)
    host = url.removeprefix("http://")
    host = {"path": host, "virtual": f"bucket.{host}"}[style]
    if style == "virtual" and done.code == 5:
        # Not every system knows that all of .localhost is here.
        assert f"no answer from http://{host} " in done.sentence
        return
    assert {one.headers["host"] for one in scripted.log} == {host}
    assert bodies(scripted) == files_below(pier.source)


def test_a_malformed_dotenv_is_refused_with_its_line_and_without_its_text(
    pier: Pier,
) -> None:
    dotenv(pier, "AWS_REGION=us-east-1", "AWS_SECRET_ACCESS_KEY 's3cret")
    done = pier.run("upload", pier.source, "--to", TARGET)
    assert (done.code, done.out) == (2, "")
    assert ".env, line 4 " in done.sentence
    assert "s3cret" not in done.sentence


def test_a_misspelt_name_in_dotenv_is_warned_of(pier: Pier) -> None:
    dotenv(pier, "AWS_UPLAOD_URL=s3://bucket")
    done = pier.upload()
    assert "warning: .env, line 3: AWS_UPLAOD_URL is not read" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("SOURCE",), "no target; give --to"),
        (("SOURCE",), "no .env was found that sets anything"),
        (("--to", TARGET), "no SOURCE; name the folder"),
        (("SOURCE", "--to", "bucket/p"), "write s3://BUCKET/PREFIX"),
        (("SOURCE", "--to", TARGET, "--bucket", "b"), "--to names bucket and"),
        (("SOURCE", "--source", "/other", "--to", TARGET), "differ; give one"),
        (("/no/where", "--to", TARGET), "/no/where is not there"),
        (("/dev/null", "--to", TARGET), "neither a folder nor a file"),
        (("SOURCE", "--to", TARGET, "--concurrency", "0"), "less than 1"),
        (("SOURCE", "--to", TARGET, "--min-age", "soon"), "no duration"),
        (("SOURCE", "--to", TARGET, "--endpoint-url", "s3.org"), "https://"),
        (("SOURCE", "--to", TARGET, "--receipt", "SOURCE/r"), "inside SOURCE"),
        (("SOURCE", "--to", TARGET, "--state", "SOURCE/s"), "inside SOURCE"),
        (("SOURCE", "--to", TARGET, "--receipt", "/no/r"), "/no/r: No such"),
        (
            ("SOURCE", "--to", TARGET, "--receipt", "x", "--log-file", "./x"),
            "name one file",
        ),
    ],
)
def test_2_for_what_cannot_be_used_and_nothing_is_asked_of_the_store(
    pier: Pier, scripted: ScriptedServer, args: tuple[str, ...], words: str
) -> None:
    write_bin(pier.source)
    before = files_below(pier.source)
    given = [word.replace("SOURCE", str(pier.source)) for word in args]
    done = pier.run("upload", *given)
    assert (done.code, done.out) == (2, "")
    assert words in done.sentence
    assert scripted.connections == 0
    assert files_below(pier.source) == before


@pytest.mark.parametrize("place", ["environment variable", ".env, line 3"])
def test_2_for_a_source_that_is_not_there_names_who_named_it(
    pier: Pier, place: str
) -> None:
    if place.startswith("env"):
        pier.environ["IFCB_DATA_DIR"] = "/no/where"
    else:
        dotenv(pier, "IFCB_DATA_DIR=/no/where")
    done = pier.run("upload", "--to", TARGET)
    assert done.code == 2
    named, _, rest = done.sentence.partition(": ")
    assert {"IFCB_DATA_DIR", *place.split()} <= set(named.split())
    assert rest.startswith("/no/where is not there")


def test_2_for_options_that_are_not_there_or_not_in_their_place(
    pier: Pier,
) -> None:
    done = pier.run("upload", pier.source, "--to", TARGET, "--fast")
    assert (done.code, done.out) == (2, "")
    assert done.sentence.startswith("No such option: --fast")
    assert "pt5-async upload --help" in done.sentence
    done = pier.run("--source", pier.source, "--to", TARGET)
    assert (done.code, done.out) == (2, "")
    way_out = f"pt5-async upload --source {pier.source} --to {TARGET}"
    assert way_out in done.sentence


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("upload", "--order", "later"), "'later' is not one of 'oldest'"),
        (("upload", "--sse", "yes"), "'yes' is not one of 'AES256'"),
        (("upload", "--attempts", "few"), "a valid integer"),
        (("upload", "--to"), "'--to' requires an argument"),
        (("upload", "a", "b"), "unexpected extra argument"),
        (("uplaod",), "No such command 'uplaod'"),
        (("inspect", "--to", TARGET), "No such option: --to"),
    ],
)
def test_2_and_one_sentence_for_what_no_command_knows(
    pier: Pier, args: tuple[str, ...], words: str
) -> None:
    done = pier.run(*args)
    assert (done.code, done.out) == (2, "")
    assert words in done.sentence
    assert "--help` shows what can be given" in done.sentence


@pytest.mark.skipif(os.name == "nt", reason="other system")
def test_a_name_never_moves_the_cursor(pier: Pier) -> None:
    evil = pier.root / "\x1b[2Jgone"
    done = pier.run("upload", evil, "--to", TARGET)
    assert done.code == 2
    assert "\\x1b[2Jgone" in done.sentence
