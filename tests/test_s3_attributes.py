"""What every object is to get goes with the requests that make one."""

from typing import Any

import pytest
from botocore.session import Session
from botocores import answered
from servers.endpoint import Endpoint
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import MIB, Place, meta, opened, put, put_in_parts

from pt5_async.checksum import Algorithm
from pt5_async.errors import (
    AccessDenied,
    ObjectRefused,
    OptionRefused,
    StoreBusy,
    StoreError,
)
from pt5_async.model import Proof
from pt5_async.objects import (
    Acl,
    Encryption,
    ObjectOptions,
    RequestPayer,
)
from pt5_async.s3.attributes import Attributes
from pt5_async.s3.failures import translate
from pt5_async.settings import ChecksumChoice

PARTS = (bytes(5 * MIB), b"the end")
ALL = ObjectOptions(
    storage_class="STANDARD_IA",
    sse=Encryption.KMS,
    sse_kms_key_id="alias/plankton",
    acl=Acl.BUCKET_OWNER_FULL_CONTROL,
    tags=(("site", "pier 1/é"), ("empty", "")),
    metadata=(("Cruise", "AT50"),),
    request_payer=RequestPayer.REQUESTER,
)
SENT = {
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "alias/plankton",
    "x-amz-acl": "bucket-owner-full-control",
    "x-amz-tagging": "site=pier%201%2F%C3%A9&empty=",
    "x-amz-meta-cruise": "AT50",
    "x-amz-meta-mtime": "1653219387.250000000",
}
PAYER = "x-amz-request-payer"
BOTH = ("kms:GenerateDataKey", "kms:Decrypt")


async def test_every_option_goes_with_what_makes_an_object(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint), objects=ALL) as store:
        await put(store, "small")
        await put_in_parts(store, "large", PARTS)

    for logged in scripted.log:
        sent = SENT.items() & logged.headers.items()
        making = logged.op in {Op.PUT, Op.CREATE}
        assert dict(sent) == (SENT if making else {})


async def test_who_pays_is_said_with_every_request(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint), objects=ALL) as store:
        await put(store, "small")
        await put_in_parts(store, "large", PARTS)
        upload = await store.begin(meta("given up"))
        await store.abort("given up", upload.upload_id)
        [_ async for _ in store.list("")]

    assert {one.op for one in scripted.log} == {
        *(Op.PUT, Op.CREATE, Op.PART, Op.COMPLETE, Op.ABORT, Op.LIST)
    }
    assert {one.headers.get(PAYER) for one in scripted.log} == {"requester"}


async def test_without_options_nothing_is_said(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint)) as store:
        await put(store, "small")

    [logged] = scripted.log
    assert not (SENT.keys() | {PAYER}) - {"x-amz-meta-mtime"} & set(
        logged.headers
    )


async def test_moto_keeps_what_was_asked(moto_server: Endpoint) -> None:
    moto_server.make_bucket("attributes")
    place = Place(moto_server, "attributes")
    async with opened(place, objects=ALL) as store:
        await put(store, "small")
        await put_in_parts(store, "large", PARTS)
    client = Session().create_client(
        "s3",
        region_name=moto_server.region,
        endpoint_url=moto_server.url,
        aws_access_key_id=moto_server.access_key,
        aws_secret_access_key=moto_server.secret_key,
    )
    for key in ("small", "large"):
        thing = {"Bucket": "attributes", "Key": key}
        seen = client.head_object(**thing)
        assert seen["StorageClass"] == "STANDARD_IA"
        assert seen["ServerSideEncryption"] == "aws:kms"
        assert seen["Metadata"]["cruise"] == "AT50"
        assert client.get_object_tagging(**thing)["TagSet"] == [
            {"Key": "site", "Value": "pier 1/é"},
            {"Key": "empty", "Value": ""},
        ]
    client.close()


@pytest.mark.parametrize(
    ("choice", "proof"),
    [
        (ChecksumChoice.MD5, Proof.MD5),
        (ChecksumChoice.AUTO, Proof.CRC64NVME),
        (ChecksumChoice.NONE, Proof.NONE),
    ],
)
async def test_an_etag_that_is_no_md5_under_kms_proves_no_less(
    scripted: ScriptedServer, choice: ChecksumChoice, proof: Proof
) -> None:
    async with opened(
        Place(scripted.endpoint), objects=ALL, checksum=choice
    ) as store:
        stored = [await put(store, f"k{number}") for number in range(3)]
        stored.append(await put_in_parts(store, "large", PARTS))

    assert {one.proof for one in stored} == {proof}
    assert scripted.objects["k0"].etag != scripted.objects["k0"].md5


# ---- refusals


def blamed(
    error: StoreError,
    options: ObjectOptions = ALL,
    *,
    later: bool = False,
    operation: str = "put_object",
) -> StoreError:
    """What becomes of an error, at the first object or `later`."""
    attributes = Attributes(options)
    if later:
        attributes.accepted("put_object")
    return attributes.blame(operation, error)


def refusal(status: int, code: str, message: str = "", **more: str) -> Any:
    """A store's answer, as it is translated."""
    cause = answered(status, code, message, **more)
    error = translate(cause, "k")
    assert isinstance(error, StoreError)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "option"),
    [
        (refusal(400, "InvalidStorageClass"), "--storage-class STANDARD_IA"),
        (
            refusal(400, "AccessControlListNotSupported"),
            "--acl bucket-owner-full-control",
        ),
        (refusal(400, "InvalidTag"), "--tag site=pier 1/é --tag empty="),
        (refusal(400, "MetadataTooLarge"), "--metadata Cruise=AT50"),
        (refusal(400, "InvalidEncryptionAlgorithmError"), "--sse aws:kms"),
        (refusal(400, "KMS.NotFoundException"), "--sse-kms-key-id alias/pl"),
        (
            refusal(501, "NotImplemented", Header="x-amz-tagging"),
            "--tag site",
        ),
        (
            refusal(400, "InvalidArgument", "bad x-amz-acl"),
            "--acl bucket-owner",
        ),
        (
            refusal(
                400, "InvalidArgument", ArgumentName="x-amz-storage-class"
            ),
            "--storage-class STANDARD_IA",
        ),
    ],
)
@pytest.mark.parametrize("later", [False, True])
def test_a_refusal_of_an_option_names_it(
    error: StoreError, option: str, *, later: bool
) -> None:
    ours = blamed(error, later=later)

    assert isinstance(ours, OptionRefused)
    assert ours.fatal
    assert f"the store refuses {option}" in str(ours)
    assert "leave it out" in str(ours)


@pytest.mark.parametrize(
    "error",
    [
        refusal(501, "NotImplemented"),
        refusal(501, ""),
        refusal(400, "InvalidRequest"),
        refusal(400, "InvalidArgument"),
    ],
)
def test_a_vague_refusal_of_the_first_object_names_all_options(
    error: StoreError,
) -> None:
    options = ObjectOptions(storage_class="COLD", acl=Acl.PRIVATE)
    ours = blamed(error, options)

    assert isinstance(ours, OptionRefused)
    assert "refuses --storage-class COLD, --acl private" in str(ours)
    assert blamed(error, options, later=True) is error
    assert blamed(error, options, operation="upload_part") is error
    assert blamed(error, ObjectOptions()) is error


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "InvalidStorageClass"),
        refusal(400, "EntityTooLarge"),
        refusal(503, "SlowDown"),
        StoreBusy("k: no answer of S3's"),
    ],
)
def test_what_no_option_in_use_is_to_blame_for_stays_what_it_is(
    error: StoreError,
) -> None:
    assert blamed(error, ObjectOptions(acl=Acl.PRIVATE)) is error


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "KMS.ThrottlingException"),
        refusal(503, "KMS.ThrottlingException"),
        refusal(503, "KMS.InternalException"),
        refusal(503, "InvalidRequest", "x-amz-server-side-encryption"),
    ],
)
@pytest.mark.parametrize("later", [False, True])
def test_a_key_that_is_busy_is_asked_again_and_no_options_fault(
    error: StoreError, *, later: bool
) -> None:
    assert isinstance(error, StoreBusy)
    assert blamed(error, later=later) is error


@pytest.mark.parametrize(
    ("operation", "later", "rights"),
    [
        ("put_object", False, ["kms:GenerateDataKey"]),
        ("put_object", True, []),
        ("create_multipart_upload", False, list(BOTH)),
        ("create_multipart_upload", True, ["kms:Decrypt"]),
        ("upload_part", True, ["kms:Decrypt"]),
        ("complete_multipart_upload", True, ["kms:Decrypt"]),
        ("abort_multipart_upload", True, []),
    ],
)
def test_a_key_may_have_to_decrypt_what_goes_in_parts(
    operation: str, rights: list[str], *, later: bool
) -> None:
    denied = refusal(403, "AccessDenied", "Access Denied")
    by_key = ObjectOptions(sse=Encryption.KMS)

    said = str(blamed(denied, by_key, later=later, operation=operation))

    assert [right for right in BOTH if right in said] == rights
    plain = ObjectOptions(sse=Encryption.AES256)
    assert blamed(denied, plain, later=later, operation=operation) is denied


def test_a_denied_first_object_tells_which_rights_the_options_need() -> None:
    denied = refusal(403, "AccessDenied", "Access Denied")
    options = ObjectOptions(acl=Acl.PRIVATE, tags=(("a", "b"),))

    ours = blamed(denied, options)

    assert isinstance(ours, AccessDenied)
    assert "--acl needs s3:PutObjectAcl, --tag needs s3:Pu" in str(ours)
    assert blamed(denied, ObjectOptions(storage_class="X")) is denied
    assert blamed(denied, options, later=True) is denied


async def test_a_store_that_dislikes_checksums_is_not_thought_to_dislike_tags(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(refuses="NotImplemented")
    async with opened(Place(scripted.endpoint), objects=ALL) as store:
        stored = await put(store, "small")

    assert stored.proof is Proof.MD5
    assert "x-amz-tagging" in scripted.log[-1].headers


async def test_a_store_without_tags_is_asked_twice_and_then_blamed(
    scripted: ScriptedServer,
) -> None:
    refused = Answer(501, "NotImplemented", "no x-amz-tagging here")
    scripted.script(Rule(refused, Op.PUT))
    scripted.script(Rule(refused, Op.CREATE))
    async with opened(Place(scripted.endpoint), objects=ALL) as store:
        with pytest.raises(OptionRefused, match="refuses --tag"):
            await put(store, "small")
        with pytest.raises(OptionRefused, match="refuses --tag"):
            await store.begin(meta("large"))

    assert store.wanted[0] is Algorithm.CRC64NVME


async def test_without_options_a_refusal_is_one_objects(
    scripted: ScriptedServer,
) -> None:
    scripted.script(Rule(Answer(501, "NotImplemented"), Op.PUT))
    async with opened(Place(scripted.endpoint)) as store:
        with pytest.raises(ObjectRefused):
            await put(store, "small")
