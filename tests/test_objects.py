"""What every object is to get, held against S3's rules before it is asked."""

from typing import Any

import pytest
from resolving import refusal, solved

from pt5_async.cli.flags import Flags
from pt5_async.errors import UsageError
from pt5_async.objects import (
    Acl,
    Encryption,
    ObjectOptions,
    RequestPayer,
)

KEY = "--sse-kms-key-id"


def flags(**given: Any) -> Flags:
    return Flags(path="/d", to="s3://b", **given)


def test_nothing_given_is_nothing_asked() -> None:
    assert solved().settings.objects == ObjectOptions()


def test_every_flag_reaches_the_options() -> None:
    found = solved(
        flags(
            storage_class="STANDARD_IA",
            sse=Encryption.KMS,
            sse_kms_key_id="alias/k",
            acl=Acl.PRIVATE,
            tag=["site=pier=1", "empty="],
            metadata=["Cruise=AT50"],
            request_payer=RequestPayer.REQUESTER,
        )
    )

    assert found.settings.objects == ObjectOptions(
        storage_class="STANDARD_IA",
        sse=Encryption.KMS,
        sse_kms_key_id="alias/k",
        acl=Acl.PRIVATE,
        tags=(("site", "pier=1"), ("empty", "")),
        metadata=(("Cruise", "AT50"),),
        request_payer=RequestPayer.REQUESTER,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tag": ["site"]}, "--tag: 'site' is not NAME=VALUE"),
        ({"tag": ["=x"]}, "--tag: '' has 0 characters"),
        ({"tag": [f"{'k' * 129}=x"]}, "has 129 characters"),
        ({"tag": [f"k={'v' * 257}"]}, "the value of 'k' has 257 characters"),
        ({"tag": ["k=1", "k=2"]}, "--tag: 'k' is given twice"),
        ({"tag": [f"k{n}=v" for n in range(11)]}, "--tag: 11 tags are too"),
        ({"tag": ["k=a&b"]}, "--tag: 'k' has '&'"),
        ({"tag": ["aws:k=1"]}, "--tag: 'aws:k': names with aws:"),
        ({"metadata": ["x"]}, "--metadata: 'x' is not NAME=VALUE"),
        ({"metadata": ["a b=x"]}, "--metadata: 'a b' is no name"),
        ({"metadata": ["=x"]}, "--metadata: '' is no name"),
        ({"metadata": ["MTIME=1"]}, "--metadata: mtime is the file's time"),
        ({"metadata": ["k=é"]}, "the value of 'k' has to be ASCII"),
        ({"metadata": ["k=a\nb"]}, "the value of 'k' has to be ASCII"),
        ({"metadata": ["k= a"]}, "the value of 'k' has to be ASCII"),
        ({"metadata": ["k=1", "K=2"]}, "--metadata: 'k' is given twice"),
        ({"metadata": [f"k={'v' * 2048}"]}, "bytes of metadata are too many"),
        ({"storage_class": "A B"}, "--storage-class: 'A B' is no"),
        ({"storage_class": ""}, "--storage-class: '' is no"),
        ({"sse_kms_key_id": "k"}, f"{KEY} without --sse: a key needs"),
        (
            {"sse_kms_key_id": "k", "sse": Encryption.AES256},
            "a key needs encryption aws:kms or aws:kms:dsse",
        ),
        (
            {"sse_kms_key_id": "", "sse": Encryption.KMS},
            f"{KEY}: '' is no KMS key's id",
        ),
    ],
)
def test_what_s3_would_refuse_is_refused_by_name(
    given: dict[str, Any], words: str
) -> None:
    assert words in refusal(flags(**given))


@pytest.mark.parametrize(
    "given",
    [
        {"tags": tuple((f"k{n}", "v" * 256) for n in range(10))},
        {"tags": (("ключ +-=._:/@" + "k" * 115, ""),)},
        {"metadata": (("k", "v" * 2021),)},
    ],
)
def test_what_s3_just_takes_is_taken(given: dict[str, Any]) -> None:
    assert ObjectOptions(**given)


def test_the_library_says_which_of_its_own_fields() -> None:
    with pytest.raises(UsageError, match=r"ObjectOptions\.tags: 'k' is given"):
        ObjectOptions(tags=(("k", "1"), ("k", "2")))
    with pytest.raises(UsageError, match=r"ObjectOptions\.sse_kms_key_id"):
        ObjectOptions(sse_kms_key_id="k")
