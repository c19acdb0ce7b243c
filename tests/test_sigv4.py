"""Our signatures are botocore's, whatever is signed, by whom and when."""

import hashlib
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.s3.sigv4 import NEVER_SIGNED, UNSIGNED, Identity, Signer

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126))
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(
    lambda name: (
        name not in NEVER_SIGNED
        and name
        not in {
            *("authorization", "content-length", "host", "x-amz-date"),
            *("x-amz-content-sha256", "x-amz-security-token", "date"),
        }
    )
)
MOMENTS = st.datetimes(datetime(2006, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001


def by_botocore(
    identity: Identity,
    region: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    now: datetime,
) -> AWSRequest:
    request = AWSRequest("PUT", url, headers, data=body or b"")
    request.context["payload_signing_enabled"] = body is not None
    request.context["client_config"] = None
    if body is None:
        config = type("Config", (), {"s3": {"payload_signing_enabled": False}})
        request.context["client_config"] = config
    signer = S3SigV4Auth(
        Credentials(identity.access_key, identity.secret_key, identity.token),
        "s3",
        region,
    )
    with patch("botocore.auth.get_current_datetime", lambda: now):
        signer.add_auth(request)
    return request


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    headers=st.dictionaries(NAMES, VALUES, max_size=5),
    identity=st.builds(Identity, WORDS, WORDS, st.none() | WORDS),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    part=st.none() | st.integers(1, 10_000),
    body=st.none() | st.binary(max_size=50),
    now=MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
)
def test_a_signature_is_botocores_for_any_request(
    key: str,
    headers: dict[str, str],
    identity: Identity,
    region: str,
    part: int | None,
    body: bytes | None,
    now: datetime,
) -> None:
    path = f"/bucket/{quote(key, safe='/~')}"
    query = f"partNumber={part}&uploadId=a%2Bb" if part else ""
    url = f"https://s3.example.org{path}" + (f"?{query}" if query else "")
    theirs = by_botocore(identity, region, url, headers, body, now)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    payload = UNSIGNED if body is None else hashlib.sha256(body).hexdigest()
    signed = headers | {
        "host": "s3.example.org",
        "x-amz-content-sha256": payload,
        "x-amz-date": stamp,
    }
    if identity.token:
        signed["x-amz-security-token"] = identity.token
    ours = Signer(region).authorization(
        identity,
        sorted(signed.items()),
        method="PUT",
        path=path,
        query=query,
        payload=payload,
        stamp=stamp,
    )
    assert ours == theirs.headers["Authorization"]


def test_one_signer_serves_another_day_and_another_secret() -> None:
    signer = Signer("us-east-1")

    def sign(secret: str, stamp: str, by: Signer) -> str:
        return by.authorization(
            Identity("key", secret),
            [("host", "h")],
            method="PUT",
            path="/",
            payload=UNSIGNED,
            stamp=stamp,
        )

    for secret, stamp in (
        ("one", "20260101T000000Z"),
        ("one", "20260102T000000Z"),
        ("two", "20260102T000000Z"),
        ("one", "20260102T000000Z"),
    ):
        fresh = sign(secret, stamp, Signer("us-east-1"))
        assert sign(secret, stamp, signer) == fresh


def test_a_secret_is_in_no_repr() -> None:
    assert "hidden" not in repr(Identity("key", "hidden", "hidden token"))
