"""What a store may answer amiss, and by what name a run is told of it."""

from collections.abc import AsyncIterator

import pytest
from asking import ASKED, HTML, XHTML, ask_parts, error_of
from servers.faults import Answer, Rule
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import LANES, warmed

from pt5_async.errors import (
    AccessDenied,
    ObjectRefused,
    StoreBusy,
    StoreError,
    UploadGone,
)
from pt5_async.s3.failures import code_of, status_of
from pt5_async.store import Store


@pytest.fixture(params=LANES)
async def store(
    request: pytest.FixtureRequest, scripted: ScriptedServer
) -> AsyncIterator[Store]:
    async with warmed(scripted, request.param) as store:
        yield store


@pytest.mark.parametrize(
    ("op", "answer"),
    [
        *((op, Answer(503, "SlowDown", "Reduce your rate.")) for op in ASKED),
        (Op.PUT, Answer(500, "InternalError")),
        (Op.PUT, Answer(502, body=HTML)),
        (Op.PUT, Answer(400, body=b"<a>" * 9999 + b"</a>" * 9999)),
        (Op.PUT, Answer(503)),
        (Op.PUT, Answer(429)),
        (Op.PUT, Answer(429, "TooManyRequests")),
        (Op.PUT, Answer(409, "OperationAborted")),
    ],
    ids=lambda case: getattr(case, "status", case),
)
async def test_a_store_that_is_busy_or_broken_may_be_asked_again(
    scripted: ScriptedServer, store: Store, op: Op, answer: Answer
) -> None:
    rule = scripted.script(Rule(answer, op))

    error = await error_of(store, ASKED[op])

    assert isinstance(error, StoreBusy)
    assert (error.transient, error.fatal) == (True, False)
    assert rule.hits == 1, "the client tried again by itself"


@pytest.mark.parametrize("op", [op for op in ASKED if op is not Op.ABORT])
@pytest.mark.parametrize("page", [HTML, XHTML], ids=["html", "xhtml"])
async def test_an_answer_that_is_not_the_stores_is_no_success(
    scripted: ScriptedServer, store: Store, op: Op, page: bytes
) -> None:
    scripted.script(Rule(Answer(200, body=page), op))

    assert isinstance(await error_of(store, ASKED[op]), StoreBusy)
    assert not scripted.objects


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InternalError", StoreBusy),
        ("SlowDown", StoreBusy),
        ("AccessDenied", AccessDenied),
        ("NoSuchUpload", UploadGone),
    ],
)
async def test_an_error_may_hide_in_a_good_status(
    scripted: ScriptedServer,
    store: Store,
    code: str,
    kind: type[StoreError],
) -> None:
    scripted.script(Rule(Answer(200, code), Op.COMPLETE))

    assert type(await error_of(store, ask_parts)) is kind


@pytest.mark.parametrize("op", [Op.PUT, Op.CREATE, Op.PART, Op.COMPLETE])
async def test_an_identity_may_lack_the_right_to_write(
    scripted: ScriptedServer, store: Store, op: Op
) -> None:
    scripted.personality = Personality(denied=(Denied(op, "buoy/"),))

    error = await error_of(store, ASKED[op])

    assert isinstance(error, AccessDenied)
    assert (error.transient, error.fatal) == (False, False)


@pytest.mark.parametrize("op", [Op.LIST, Op.ABORT])
async def test_an_identity_may_lack_other_rights(
    scripted: ScriptedServer, store: Store, op: Op
) -> None:
    scripted.personality = Personality(denied=(Denied(op),))

    assert isinstance(await error_of(store, ASKED[op]), AccessDenied)


async def test_an_upload_may_be_gone(
    scripted: ScriptedServer, store: Store
) -> None:
    scripted.script(Rule(Answer(404, "NoSuchUpload"), Op.PART))

    assert isinstance(await error_of(store, ask_parts), UploadGone)


async def test_an_object_may_be_refused_for_itself(
    scripted: ScriptedServer, store: Store
) -> None:
    scripted.script(Rule(Answer(400, "KeyTooLongError"), Op.PUT))

    error = await error_of(store)

    assert type(error) is ObjectRefused
    assert (error.transient, error.fatal) == (False, False)


@pytest.mark.parametrize("op", [Op.PUT, Op.PART])
async def test_both_lanes_say_the_same_of_the_same_answer(
    scripted: ScriptedServer, op: Op
) -> None:
    there = {"Location": "http://portal.example/login"}
    answers = [
        *(Answer(status) for status in (300, 304, 307, 400, 403, 404, 500)),
        *(Answer(status, body=HTML) for status in (400, 403, 503, 505)),
        *(Answer(status, body=b"\0<\xff") for status in (400, 503)),
        *(Answer(status, "Own", "Of  its own.") for status in (400, 409, 500)),
        Answer(302, headers=there),
        Answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "r"}),
        Answer(400, "RequestTimeout"),
        Answer(403, "RequestTimeTooSkewed", "Too far."),
        Answer(200, body=b""),
        Answer(204),
    ]
    async with (
        warmed(scripted, "plain") as plain,
        warmed(scripted, "express") as express,
    ):
        for answer in answers:
            scripted.clear()
            scripted.script(Rule(answer, op))
            one, other = [
                await error_of(store, ASKED[op]) for store in (plain, express)
            ]
            assert type(one) is type(other), answer
            assert str(one) == str(other)
            assert status_of(one) == status_of(other)
            assert code_of(one) == code_of(other)
