"""What `upload --validate` says: where values come from, and each right."""

import json
from pathlib import Path

import pytest
from commands import TARGET, Done, Pier, asked, bodies, files_below
from runs import write_bin
from servers.endpoint import Endpoint
from servers.personality import Denied, Etags, Personality
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer

SETTINGS = (
    *("env_file", "source", "target", "endpoint", "region"),
    *("credentials", "state"),
)
ROWS = (
    *("endpoint", "credentials", "region", "bucket"),
    *("put", "abort", "list", "head", "clock", "journal"),
)
SHORT = "AKIA...PTED"


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def validate(pier: Pier, *args: object, code: int = 0) -> Done:
    done = pier.run("upload", "--validate", *args)
    assert done.code == code, done
    assert "Traceback" not in done.err
    assert IDENTITY.secret_key not in done.out + done.err
    assert IDENTITY.access_key not in done.out + done.err
    return done


def settings(
    pier: Pier, *args: object, code: int = 0
) -> dict[str, tuple[str, str]]:
    """Value and origin by name, in the order that all are told in."""
    done = validate(pier, "--json", *args, code=code)
    lines = [json.loads(line) for line in done.out.splitlines()]
    told = [one for one in lines if one["event"] == "setting"]
    assert lines[: len(told)] == told
    assert tuple(one["name"] for one in told) == SETTINGS
    return {one["name"]: (one["value"], one["origin"]) for one in told}


def rows(done: Done) -> dict[str, str]:
    """The mark of each row, by its name."""
    lines = done.out.splitlines()[len(SETTINGS) :]
    return {line.split()[1]: line.split()[0] for line in lines}


def by_dotenv(pier: Pier, folder: Path) -> None:
    """Move what the environment says into a .env in `folder`."""
    ours = [one for one in pier.environ if one.startswith("AWS_")]
    ours.remove("AWS_EC2_METADATA_DISABLED")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".env").write_text(
        "\n".join(f"{name}={pier.environ.pop(name)}" for name in ours)
    )


def profile(pier: Pier, name: str) -> None:
    """Give a profile the keys that the environment had, and a region."""
    for variable in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
        del pier.environ[f"AWS_{variable}"]
    folder = pier.home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[{name}]\naws_access_key_id = {IDENTITY.access_key}\n"
        f"aws_secret_access_key = {IDENTITY.secret_key}\n"
    )
    section = name if name == "default" else f"profile {name}"
    (folder / "config").write_text(f"[{section}]\nregion = us-east-1\n")


# ---- where values come from


def test_validate_tries_everything_and_shows_nothing_in_the_bucket(
    pier: Pier, scripted: ScriptedServer
) -> None:
    done = validate(pier, "--to", TARGET)
    assert rows(done) == dict.fromkeys(ROWS, "ok")
    assert not scripted.visible
    assert not scripted.uploads
    assert not asked(scripted, Op.PUT)
    assert len(asked(scripted, Op.CREATE)) == len(asked(scripted, Op.ABORT))
    assert not pier.state.exists()


def test_a_line_for_each_value_comes_first_in_step_with_the_checks(
    pier: Pier, scripted: ScriptedServer
) -> None:
    lines = validate(pier, "--to", TARGET).out.splitlines()
    assert lines[0] == "        env file     none  (no .env is there)"
    assert lines[2] == f"        target       {TARGET}  (--to)"
    assert lines[len(SETTINGS)] == f"ok      endpoint     {scripted.url}"


def test_values_of_options_and_the_environment(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.environ["IFCB_DATA_DIR"] = str(pier.source)
    pier.environ["PT5_BUCKET"] = "bucket"
    said = settings(pier, "--prefix", "p", "--region", "us-east-1")
    variable = "environment variable"
    assert said == {
        "env_file": ("none", "no .env is there"),
        "source": (str(pier.source), f"{variable} IFCB_DATA_DIR"),
        "target": (TARGET, f"{variable} PT5_BUCKET, --prefix"),
        "endpoint": (scripted.url, f"{variable} AWS_ENDPOINT_URL"),
        "region": ("us-east-1", "--region"),
        "credentials": (SHORT, f"{variable} AWS_ACCESS_KEY_ID"),
        "state": (str(pier.state), "the default"),
    }


def test_values_of_a_dotenv_name_its_line(pier: Pier) -> None:
    by_dotenv(pier, pier.cwd)
    said = settings(pier, "--to", TARGET, "--state", pier.root / "journal")
    path = str(pier.cwd / ".env")
    assert said["env_file"] == (path, "the current folder's")
    assert said["source"] == ("none", "nobody names one")
    assert said["region"][1] == "AWS_REGION in .env, line 2"
    assert said["credentials"] == (SHORT, "AWS_ACCESS_KEY_ID in .env, line 3")
    assert said["state"] == (str(pier.root / "journal"), "--state")


def test_which_dotenv_was_read_and_why_that_one(pier: Pier) -> None:
    config = pier.home / ".config" / "pt5-async"
    by_dotenv(pier, config)
    path = str(config / ".env")
    found = settings(pier, "--to", TARGET)["env_file"]
    assert found == (path, "the configuration folder's")
    named = settings(pier, "--to", TARGET, "--env-file", path)["env_file"]
    assert named == (path, "--env-file")
    pier.environ["PT5_ENV_FILE"] = path
    variable = settings(pier, "--to", TARGET)["env_file"]
    assert variable == (path, "environment variable PT5_ENV_FILE")


def test_a_profile_is_named_with_the_way_that_its_keys_were_found(
    pier: Pier,
) -> None:
    profile(pier, "buoy")
    said = settings(pier, "--to", TARGET, "--profile", "buoy")
    method = "shared-credentials-file"
    origin = f"profile buoy (--profile): {method}"
    assert said["credentials"] == (SHORT, origin)
    assert said["region"] == ("us-east-1", "AWS's own configuration")


def test_aws_s_own_chain_is_named_with_its_method(pier: Pier) -> None:
    profile(pier, "default")
    said = settings(pier, "--to", TARGET, "--no-journal")
    origin = "AWS's own chain: shared-credentials-file"
    assert said["credentials"] == (SHORT, origin)
    assert said["state"] == ("none", "--no-journal")


def test_nobody_s_region_is_the_default(pier: Pier) -> None:
    del pier.environ["AWS_REGION"]
    said = settings(pier, "--to", TARGET)
    assert said["region"] == ("us-east-1", "the default")


def test_without_credentials_all_else_is_told(
    pier: Pier, scripted: ScriptedServer
) -> None:
    del pier.environ["AWS_ACCESS_KEY_ID"]
    del pier.environ["AWS_SECRET_ACCESS_KEY"]
    said = settings(pier, "--to", TARGET, code=6)
    assert said["credentials"] == ("none", "AWS's own chain")
    assert said["endpoint"][0] == scripted.url
    assert not scripted.log


def test_what_makes_no_client_is_told_beside_its_sentence(pier: Pier) -> None:
    args = ("--validate", "--to", TARGET, "--profile", "ship")
    done = pier.run("upload", *args)
    assert done.code == 2
    assert "ship" in done.sentence
    assert "credentials  none  (profile ship (--profile))" in done.out
    assert len(done.out.splitlines()) == len(SETTINGS)


def test_a_password_in_aws_s_own_configuration_is_not_shown(
    pier: Pier, scripted: ScriptedServer
) -> None:
    profile(pier, "default")
    del pier.environ["AWS_ENDPOINT_URL"]
    url = scripted.url.replace("http://", "http://me:hunter2@")
    with (pier.home / ".aws" / "config").open("a") as config:
        config.write(f"endpoint_url = {url}\n")
    done = pier.run("upload", "--validate", "--to", TARGET)
    assert f"{scripted.url}  (AWS's own configuration)" in done.out
    assert "hunter2" not in done.out + done.err


def test_quiet_says_nothing_when_all_is_well_and_all_when_not(
    pier: Pier, scripted: ScriptedServer
) -> None:
    well = validate(pier, "--to", TARGET, "--quiet")
    assert (well.out, well.err) == ("", "")
    scripted.personality = Personality(denied=(Denied(Op.CREATE),))
    ill = validate(pier, "--to", TARGET, "--quiet", code=6)
    assert ill.out == ""
    assert len(ill.err.splitlines()) == len(SETTINGS) + len(ROWS)
    assert "FAILED  put " in ill.err


# ---- each right


@pytest.mark.parametrize(
    ("denied", "code", "marks"),
    [
        ((Op.PUT, Op.CREATE), 6, {"put": "FAILED", "abort": "-"}),
        ((Op.ABORT,), 0, {"abort": "-"}),
        ((Op.LIST,), 0, {"list": "-"}),
        ((Op.HEAD,), 0, {"head": "-"}),
        (
            (Op.LIST, Op.HEAD, Op.ABORT),
            0,
            {"abort": "-", "list": "-", "head": "-"},
        ),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, tuple) else None,
)
def test_who_may_put_is_well_whatever_else_is_denied(
    pier: Pier,
    scripted: ScriptedServer,
    denied: tuple[Op, ...],
    code: int,
    marks: dict[str, str],
) -> None:
    scripted.personality = Personality(denied=tuple(map(Denied, denied)))
    done = validate(pier, "--to", TARGET, code=code)
    assert rows(done) == dict.fromkeys(ROWS, "ok") | marks
    assert done.out.count("journal alone decides") == len(
        {Op.LIST, Op.HEAD}.intersection(denied)
    )


def test_a_journal_that_cannot_be_kept_is_told_before_a_run_finds_out(
    pier: Pier, scripted: ScriptedServer
) -> None:
    blocked = pier.root / "blocked"
    blocked.write_text("a file, where a folder has to be")
    named = validate(pier, "--to", TARGET, "--state", blocked / "s", code=2)
    assert rows(named) == dict.fromkeys(ROWS, "ok") | {"journal": "FAILED"}
    assert f"{blocked}: Not a directory; put it right" in named.out
    scripted.personality = Personality(denied=(Denied(Op.LIST),))
    pier.environ["XDG_STATE_HOME"] = str(blocked)
    done = validate(pier, "--to", TARGET)
    marks = {"journal": "-", "list": "-"}
    assert rows(done) == dict.fromkeys(ROWS, "ok") | marks
    assert "  none can be kept: " in done.out
    assert "without listing, every run sends everything again" in done.out
    write_bin(pier.source)
    for puts in (3, 6):
        said = pier.upload().err
        assert "no journal is kept: every run sends everything again" in said
        assert len(asked(scripted, Op.PUT)) == puts


def test_after_a_bucket_that_is_not_there_no_right_is_tried(
    pier: Pier,
) -> None:
    done = validate(pier, "--to", "s3://nowhere/p", code=2)
    untried = dict.fromkeys(ROWS[4:-2], "-")
    assert rows(done) == dict.fromkeys(ROWS, "ok") | untried | {
        "bucket": "FAILED"
    }
    assert done.out.count("not tried") == len(untried)


def test_moto_is_validated_without_a_trace(
    pier: Pier, moto_server: Endpoint
) -> None:
    moto_server.make_bucket("validated")
    pier.environ |= {
        "AWS_ENDPOINT_URL": moto_server.url,
        "AWS_ACCESS_KEY_ID": moto_server.access_key,
        "AWS_SECRET_ACCESS_KEY": moto_server.secret_key,
    }
    done = validate(pier, "--to", "s3://validated/p")
    assert rows(done) == dict.fromkeys(ROWS, "ok")


# ---- and an upload with as little


def test_without_list_and_head_the_journal_alone_decides_and_it_is_said_once(
    pier: Pier, scripted: ScriptedServer
) -> None:
    denied = tuple(map(Denied, (Op.LIST, Op.HEAD, Op.ABORT)))
    scripted.personality = Personality(denied=denied)
    for number in range(20):
        write_bin(pier.source / f"{number:02}", number)
    first = pier.upload()
    assert bodies(scripted) == files_below(pier.source)
    assert first.err.count("warning: ") == 1
    assert first.err.count("listing is not allowed") == 1
    puts = len(asked(scripted, Op.PUT))
    pier.upload()
    write_bin(pier.source / "20", 20)
    more = pier.upload()
    assert len(asked(scripted, Op.PUT)) == puts + 3
    assert more.err.count("warning: ") == 1
    assert bodies(scripted) == files_below(pier.source)


@pytest.mark.parametrize("etags", [Etags.MD5, Etags.OPAQUE])
def test_where_no_object_may_be_looked_at_etags_decide_and_it_is_said_once(
    pier: Pier, scripted: ScriptedServer, etags: Etags
) -> None:
    for number in range(5):
        write_bin(pier.source / f"{number:02}", number)
    scripted.personality = Personality(etags=etags)
    pier.upload()
    scripted.personality = Personality(etags=etags, denied=(Denied(Op.HEAD),))
    scripted.log.clear()
    new = ("--compare", "checksum", "--state", pier.root / "new")
    shown = etags is Etags.MD5
    done = pier.upload(*new, code=0 if shown else 4)
    assert done.err.count("looking at objects is not allowed") == 1
    assert done.err.count("warning: ") == 1
    assert not asked(scripted, Op.PUT)
    assert ("15 same bytes in the store" in done.out) is shown
    assert ("which does not show whether" in done.out) is not shown
