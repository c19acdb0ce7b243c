"""What a person reads when something went wrong at the store."""

import pytest
from botocore import exceptions as aws
from botocores import REFUSED, URL, answered

from pt5_async.s3.failures import translate


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            answered(503, "SlowDown", "Please reduce\n your  request rate."),
            "k: SlowDown: Please reduce your request rate",
        ),
        (answered(502), "k: 502"),
        (
            answered(302, headers={"location": "http://portal/login?a=b"}),
            "k: 302; sent on to portal",
        ),
        (
            answered(302, headers={"location": "http://[/"}),
            "k: 302; sent on to nowhere",
        ),
        (
            answered(403, "SignatureDoesNotMatch", "It does not match."),
            (
                "k: SignatureDoesNotMatch: It does not match; "
                "check the secret key"
            ),
        ),
        (
            answered(403, "RequestTimeTooSkewed", "Too large."),
            (
                "k: RequestTimeTooSkewed: Too large; "
                "this machine's clock is wrong, set it (NTP)"
            ),
        ),
        (
            answered(
                301,
                "PermanentRedirect",
                "Use the other.",
                {"x-amz-bucket-region": "eu-north-1"},
            ),
            (
                "k: PermanentRedirect: Use the other; "
                "the bucket is in eu-north-1, say --region eu-north-1"
            ),
        ),
        (
            answered(
                400, "AuthorizationHeaderMalformed", "No.", Region="us-west-2"
            ),
            (
                "k: AuthorizationHeaderMalformed: No; "
                "the bucket is in us-west-2, say --region us-west-2"
            ),
        ),
        (
            aws.EndpointConnectionError(endpoint_url=URL, error=REFUSED),
            (
                "k: no answer from https://s3.example ([Errno 111] refused);"
                " check the address and the network"
            ),
        ),
        (
            aws.ProxyConnectionError(
                proxy_url="http://proxy:8080", error=REFUSED
            ),
            (
                "k: no answer from the proxy http://proxy:8080 "
                "([Errno 111] refused); check the address and the network"
            ),
        ),
    ],
    ids=lambda case: str(case)[:20],
)
def test_a_sentence_names_the_thing_the_cause_and_the_way_out(
    error: Exception, sentence: str
) -> None:
    assert str(translate(error, "k")) == sentence


def test_a_long_message_is_cut() -> None:
    found = translate(answered(400, "Odd", "x" * 10_000), "k")

    assert len(str(found)) < 400
