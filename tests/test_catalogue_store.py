"""What a store may answer, and what comes of the file and of the run."""

import shutil
from pathlib import Path

import pytest
from asking import HTML
from catalogue import ADC, HDR, LARGE, MARK, ROI, Voyage, row
from commands import asked
from runs import big_bin, names, write_bin
from servers.faults import Answer, Cut, Rule, Spoil, Spoiled, Stage
from servers.personality import Checksums, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async import errors
from pt5_async.model import Held, Hold, Proof, Skip, Skipped, Uploaded
from pt5_async.settings import Compare, Existing

PAGE = {"Content-Type": "text/html; charset=utf-8"}
THERE = {"x-amz-bucket-region": "eu-north-1"}
PORTAL = {"Location": "http://127.0.0.1:1/login"}


@pytest.fixture
def voyage(tmp_path: Path, scripted: ScriptedServer, lane: str) -> Voyage:
    return Voyage(tmp_path, scripted, lane)


@pytest.fixture
def large(tmp_path: Path, scripted: ScriptedServer, lane: str) -> Voyage:
    """A voyage with one bin of which the .roi goes in three parts."""
    voyage = Voyage(tmp_path, scripted, lane, bins=0)
    write_bin(voyage.tree, 1, made=big_bin(LARGE))
    return voyage


async def test_each_lane_is_the_one_that_is_meant(
    voyage: Voyage, lane: str
) -> None:
    await voyage.run()
    by_client = [
        "amz-sdk-invocation-id" in one.headers
        for one in voyage.server.log
        if one.key.startswith(MARK)
    ]
    assert by_client == [lane == "plain"] * 3


# ---- tried again


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Answer(503, "SlowDown"), marks=row("throttled")),
        pytest.param(
            Answer(503, "ServiceUnavailable"), marks=row("throttled")
        ),
        pytest.param(Answer(429), marks=row("throttled")),
        pytest.param(Answer(400, "Throttling"), marks=row("throttled")),
        pytest.param(Answer(500, "InternalError"), marks=row("broken store")),
        pytest.param(Answer(502, body=HTML), marks=row("broken store")),
        pytest.param(Answer(504), marks=row("broken store")),
        pytest.param(Answer(400, "RequestTimeout"), marks=row("timeout")),
        pytest.param(Answer(400, "IncompleteBody"), marks=row("timeout")),
        pytest.param(Cut(Stage.BODY), marks=row("broken connection")),
        pytest.param(Cut(Stage.DONE), marks=row("broken connection")),
        pytest.param(Cut(Stage.ANSWER), marks=row("broken connection")),
        pytest.param(
            Answer(302, body=HTML, headers=PORTAL), marks=row("no network")
        ),
        pytest.param(Answer(200, body=HTML), marks=row("no network")),
        pytest.param(
            Answer(403, body=HTML, headers=PAGE), marks=row("no network")
        ),
        pytest.param(
            Answer(400, "KMS.ThrottlingException"),
            marks=row("key of the bucket"),
        ),
        pytest.param(Answer(409, "OperationAborted"), marks=row("conflict")),
        pytest.param(
            Answer(409, "ConditionalRequestConflict"), marks=row("conflict")
        ),
        pytest.param(Answer(400, "BadDigest"), marks=row("other bytes")),
        pytest.param(
            Answer(400, "XAmzContentSHA256Mismatch"), marks=row("other bytes")
        ),
        pytest.param(Spoil(Spoiled.CHECKSUM), marks=row("other bytes")),
        pytest.param(Spoil(Spoiled.BODY), marks=row("other bytes")),
    ],
    ids=str,
)
async def test_what_may_pass_is_tried_again_and_the_file_arrives(
    voyage: Voyage, fault: Answer | Cut | Spoil
) -> None:
    rule = voyage.server.script(Rule(fault, Op.PUT, key=f"p/{ROI}", times=1))
    summary = await voyage.run()
    assert rule.hits == 1
    assert summary.uploaded.files == 9
    outcome = voyage.outcome(ROI)
    assert isinstance(outcome, Uploaded)
    assert outcome.proof is Proof.CRC64NVME
    # A connection that was used before may be replaced without a word.
    assert outcome.attempts == 2 or isinstance(fault, Cut)
    assert voyage.arrived()


@row("other bytes")
async def test_an_etag_of_other_bytes_is_seen_where_it_is_all_there_is(
    voyage: Voyage,
) -> None:
    voyage.server.personality = Personality(checksums=Checksums.SILENT)
    spoil = Spoil(Spoiled.ETAG)
    voyage.server.script(Rule(spoil, Op.PUT, key=f"p/{ROI}", times=1))
    summary = await voyage.run()
    assert summary.uploaded.files == 9
    assert summary.proofs.keys() == {Proof.MD5}
    assert len(voyage.server.history(f"p/{ROI}")) == 2
    assert voyage.arrived()


@row("other bytes")
async def test_what_stays_spoiled_is_never_reported_nor_gets_its_adc(
    voyage: Voyage,
) -> None:
    voyage.server.script(Rule(Spoil(Spoiled.BODY), Op.PUT, key=f"p/{ROI}"))
    summary = await voyage.run(attempts=2)
    assert isinstance(voyage.error(ROI), errors.BodyRefused)
    assert isinstance(voyage.error(ADC), errors.MemberMissing)
    assert (summary.uploaded.files, summary.failed.files) == (7, 2)
    assert f"p/{ADC}" not in voyage.server.objects
    voyage.server.clear()
    await voyage.run()
    assert voyage.arrived()


# ---- in parts


@pytest.mark.parametrize(
    ("op", "fault", "uploads"),
    [
        pytest.param(
            Op.COMPLETE,
            Answer(200, "InternalError"),
            1,
            marks=row("error in 200"),
        ),
        pytest.param(
            Op.COMPLETE,
            Answer(409, "ConditionalRequestConflict"),
            1,
            marks=row("conflict"),
        ),
        pytest.param(
            Op.COMPLETE, Cut(Stage.DONE), 1, marks=row("upload gone")
        ),
        pytest.param(
            Op.COMPLETE,
            Answer(404, "NoSuchUpload", work=True),
            1,
            marks=row("upload gone"),
        ),
        pytest.param(
            Op.PART, Answer(404, "NoSuchUpload"), 2, marks=row("upload gone")
        ),
        pytest.param(
            Op.COMPLETE,
            Answer(404, "NoSuchUpload"),
            2,
            marks=row("upload gone"),
        ),
        pytest.param(
            Op.COMPLETE, Answer(400, "InvalidPart"), 2, marks=row("parts")
        ),
        pytest.param(
            Op.PART, Cut(Stage.BODY), 1, marks=row("broken connection")
        ),
        pytest.param(
            Op.PART, Spoil(Spoiled.CHECKSUM), 1, marks=row("other bytes")
        ),
    ],
    ids=str,
)
async def test_a_large_file_arrives_and_no_parts_are_left(
    large: Voyage, op: Op, fault: Answer | Cut | Spoil, uploads: int
) -> None:
    part = 3 if op is Op.PART else None
    rule = large.server.script(Rule(fault, op, part=part, times=1))
    summary = await large.run()
    assert rule.hits == 1
    assert summary.uploaded.files == 3
    assert len(asked(large.server, Op.CREATE)) == uploads
    assert len(large.server.history(f"p/{ROI}")) == 1
    assert large.arrived()


@row("error in 200")
@row("denied")
async def test_an_error_in_a_good_status_that_stays_fails_the_file(
    large: Voyage,
) -> None:
    large.server.script(Rule(Answer(200, "AccessDenied"), Op.COMPLETE))
    await large.run()
    assert isinstance(large.error(ROI), errors.AccessDenied)
    assert isinstance(large.error(ADC), errors.MemberMissing)
    assert not large.server.uploads
    assert await large.ends_well()


@row("parts")
@row("too large")
@pytest.mark.parametrize("code", ["EntityTooSmall", "EntityTooLarge"])
async def test_parts_that_are_refused_for_their_size_are_thrown_away(
    large: Voyage, code: str
) -> None:
    large.server.script(Rule(Answer(400, code), Op.COMPLETE))
    await large.run()
    assert isinstance(large.error(ROI), errors.ObjectRefused)
    assert not large.server.uploads
    assert await large.ends_well()


# ---- this file fails


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            Answer(400, "EntityTooLarge"),
            errors.ObjectRefused,
            marks=row("too large"),
        ),
        pytest.param(
            Answer(413), errors.ObjectRefused, marks=row("too large")
        ),
        pytest.param(
            Answer(400, "KeyTooLongError"),
            errors.ObjectRefused,
            marks=row("too long"),
        ),
        pytest.param(
            Answer(400, "MetadataTooLarge"),
            errors.ObjectRefused,
            marks=row("too long"),
        ),
        pytest.param(
            Answer(405, "MethodNotAllowed"),
            errors.ObjectRefused,
            marks=row("protected"),
        ),
        pytest.param(
            Answer(403, "InvalidObjectState"),
            errors.ObjectRefused,
            marks=row("protected"),
        ),
        pytest.param(
            Answer(411, "MissingContentLength"),
            errors.ObjectRefused,
            marks=row("not implemented"),
        ),
        pytest.param(
            Answer(403, "AccessDenied"),
            errors.AccessDenied,
            marks=row("denied"),
        ),
        pytest.param(
            Answer(400, "KMS.DisabledException"),
            errors.AccessDenied,
            marks=row("key of the bucket"),
        ),
    ],
    ids=str,
)
async def test_one_file_is_refused_and_others_go_on(
    voyage: Voyage, answer: Answer, kind: type[Exception]
) -> None:
    rule = voyage.server.script(Rule(answer, Op.PUT, key=f"p/{ROI}"))
    summary = await voyage.run()
    assert rule.hits == 1, "tried once: another try would not help"
    assert type(voyage.error(ROI)) is kind
    assert isinstance(voyage.error(ADC), errors.MemberMissing)
    assert (summary.uploaded.files, summary.failed.files) == (7, 2)
    assert voyage.has_no_half_bin()
    assert await voyage.ends_well()


@row("denied", "key of the bucket")
@pytest.mark.parametrize("code", ["AccessDenied", "KMS.NotFoundException"])
async def test_a_run_of_which_nothing_is_accepted_ends_at_once(
    voyage: Voyage, code: str
) -> None:
    voyage.server.script(Rule(Answer(403, code), Op.PUT))
    with pytest.raises(errors.AccessDenied, match=code):
        await voyage.run()
    assert len(asked(voyage.server, Op.PUT)) <= 2
    assert await voyage.ends_well()


@row("protected")
async def test_a_protected_object_names_what_protects_it(
    voyage: Voyage,
) -> None:
    answer = Answer(405, "MethodNotAllowed", "Not allowed.")
    voyage.server.script(Rule(answer, Op.PUT, key=f"p/{ROI}"))
    await voyage.run()
    assert "object lock" in str(voyage.error(ROI))


@row("not implemented")
@pytest.mark.parametrize("code", ["NotImplemented", "InvalidRequest"])
async def test_a_store_without_checksums_proves_by_md5_from_then_on(
    voyage: Voyage, code: str
) -> None:
    voyage.server.personality = Personality(refuses=code)
    summary = await voyage.run()
    assert summary.uploaded.files == 9
    assert summary.proofs.keys() == {Proof.MD5}
    assert voyage.arrived()
    refused = [one for one in voyage.server.log if one.code == code]
    assert len(refused) == 1
    write_bin(voyage.tree, 3)
    await voyage.run()
    refused = [one for one in voyage.server.log if one.code == code]
    assert len(refused) == 1, "remembered"


# ---- the run ends


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(
            Answer(403, "RequestTimeTooSkewed"),
            errors.CredentialsRefused,
            "clock is wrong",
            marks=row("wrong clock"),
        ),
        *(
            pytest.param(
                Answer(400, code),
                errors.CredentialsRefused,
                "get new credentials",
                marks=row("expired"),
            )
            for code in (
                "ExpiredToken",
                "TokenRefreshRequired",
                "InvalidToken",
            )
        ),
        pytest.param(
            Answer(403, "InvalidAccessKeyId"),
            errors.CredentialsRefused,
            "check the access key",
            marks=row("wrong keys", "expired"),
        ),
        pytest.param(
            Answer(403, "SignatureDoesNotMatch"),
            errors.CredentialsRefused,
            "check the secret key",
            marks=row("wrong keys"),
        ),
        pytest.param(
            Answer(407),
            errors.CredentialsRefused,
            "the proxy wants",
            marks=row("no network"),
        ),
        pytest.param(
            Answer(404, "NoSuchBucket"),
            errors.BucketMissing,
            "check its name",
            marks=row("no bucket"),
        ),
        pytest.param(
            Answer(400, "InvalidBucketName"),
            errors.BucketMissing,
            "check its name",
            marks=row("no bucket"),
        ),
        pytest.param(
            Answer(301, "PermanentRedirect", headers=THERE),
            errors.WrongRegion,
            "say --region eu-north-1",
            marks=row("region"),
        ),
        pytest.param(
            Answer(400, "AuthorizationHeaderMalformed", headers=THERE),
            errors.WrongRegion,
            "say --region eu-north-1",
            marks=row("region"),
        ),
    ],
    ids=str,
)
async def test_the_run_ends_in_one_sentence_and_the_next_goes_on(
    voyage: Voyage, answer: Answer, kind: type[Exception], words: str
) -> None:
    voyage.server.script(Rule(answer, key=f"{MARK}*"))
    with pytest.raises(errors.Pt5Error, match=words) as caught:
        await voyage.run()
    assert type(caught.value) is kind
    found = voyage.tell.outcomes()
    assert all(isinstance(found[name], Uploaded) for name in names(0))
    left = [found[name] for name in (ROI, HDR, ADC, *names(2))]
    assert all(
        isinstance(one, Held) and one.reason is Hold.NOT_REACHED
        for one in left
    )
    assert await voyage.ends_well()


@row("region")
async def test_an_answer_without_a_body_names_the_region_in_its_head(
    voyage: Voyage,
) -> None:
    await voyage.run()
    shutil.rmtree(voyage.state)
    voyage.server.script(Rule(Answer(301, headers=THERE), Op.HEAD))
    with pytest.raises(errors.WrongRegion, match="say --region eu-north-1"):
        await voyage.run(compare=Compare.CHECKSUM)


@row("wrong keys")
async def test_a_wrong_secret_is_found_out_by_the_first_request(
    voyage: Voyage,
) -> None:
    with pytest.raises(errors.CredentialsRefused):
        await voyage.run(secret="wrong")
    assert not voyage.server.objects
    assert await voyage.ends_well()


@row("no bucket")
@row("region")
@pytest.mark.parametrize(
    ("bucket", "kind"),
    [("nowhere", errors.BucketMissing), ("far", errors.WrongRegion)],
)
async def test_a_bucket_that_is_not_there_or_elsewhere_ends_the_run(
    voyage: Voyage, bucket: str, kind: type[Exception]
) -> None:
    voyage.server.make_bucket("far", "eu-west-1")
    with pytest.raises(kind):
        await voyage.run(target=f"s3://{bucket}/p")
    assert await voyage.ends_well()


# ---- --existing skip


@row("exists")
@pytest.mark.parametrize("stage", [Stage.DONE, Stage.ANSWER])
async def test_our_own_lost_success_is_in_nobodys_way(
    voyage: Voyage, stage: Stage
) -> None:
    cut = Rule(Cut(stage), Op.PUT, key=f"p/{ROI}", times=1)
    voyage.server.script(cut)
    summary = await voyage.run(existing=Existing.SKIP)
    assert summary.uploaded.files == 9
    assert len(voyage.server.history(f"p/{ROI}")) == 1
    assert voyage.arrived()


@row("exists")
async def test_an_object_of_others_is_left(voyage: Voyage) -> None:
    answer = Answer(412, "PreconditionFailed")
    voyage.server.script(Rule(answer, Op.PUT, key=f"p/{ROI}"))
    summary = await voyage.run(existing=Existing.SKIP)
    outcome = voyage.outcome(ROI)
    assert isinstance(outcome, Skipped)
    assert outcome.reason is Skip.EXISTS
    assert summary.failed.files == 0
