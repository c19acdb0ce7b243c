"""Options on what every object gets, and what they add up to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from ..errors import UsageError
from ..objects import (
    Acl,
    Encryption,
    ObjectOptions,
    Pairs,
    RequestPayer,
    check_key,
    check_key_use,
    check_metadata,
    check_storage_class,
    check_tags,
)
from .option import object_option

Value = TypeVar("Value")

KEY_ID: Final = "--sse-kms-key-id"


@dataclass(frozen=True, kw_only=True)
class ObjectFlags:
    """What stood on the command line of what every object gets."""

    storage_class: Annotated[
        str | None,
        object_option(
            "--storage-class NAME", "Storage class, such as STANDARD_IA."
        ),
    ] = None
    sse: Annotated[
        Encryption | None,
        object_option(
            "--sse NAME",
            "How the store encrypts what it keeps: "
            + ", ".join(Encryption)
            + ".",
        ),
    ] = None
    sse_kms_key_id: Annotated[
        str | None,
        object_option(
            f"{KEY_ID} ID", "Key for --sse aws:kms and aws:kms:dsse."
        ),
    ] = None
    acl: Annotated[
        Acl | None,
        object_option(
            "--acl NAME", "Canned access control list: " + ", ".join(Acl) + "."
        ),
    ] = None
    tag: Annotated[
        list[str] | None,
        object_option(
            "--tag KEY=VALUE", "A tag; up to ten, one option for each."
        ),
    ] = None
    metadata: Annotated[
        list[str] | None,
        object_option(
            "--metadata NAME=VALUE",
            "Metadata beside mtime; one option for each.",
        ),
    ] = None
    request_payer: Annotated[
        RequestPayer | None,
        object_option(
            "--request-payer", "Who pays, if not the bucket's owner."
        ),
    ] = None


def object_options(flags: ObjectFlags) -> ObjectOptions:
    """What the options add up to.

    Raises:
        UsageError: for what S3 would refuse, naming the option.
    """
    tags = _pairs("--tag", flags.tag or ())
    metadata = _pairs("--metadata", flags.metadata or ())
    _checked("--storage-class", check_storage_class, flags.storage_class)
    _checked("--tag", check_tags, tags)
    _checked("--metadata", check_metadata, metadata)
    if flags.sse_kms_key_id is not None:
        _checked(KEY_ID, check_key, flags.sse_kms_key_id)
        lone = " without --sse" if flags.sse is None else ""
        _checked(f"{KEY_ID}{lone}", check_key_use, flags.sse)
    return ObjectOptions(
        storage_class=flags.storage_class,
        sse=flags.sse,
        sse_kms_key_id=flags.sse_kms_key_id,
        acl=flags.acl,
        tags=tags,
        metadata=metadata,
        request_payer=flags.request_payer,
    )


def _pairs(option: str, given: Iterable[str]) -> Pairs:
    pairs = []
    for one in given:
        name, mark, value = one.partition("=")
        if not mark:
            raise UsageError(f"{option}: {one!r} is not NAME=VALUE")
        pairs.append((name, value))
    return tuple(pairs)


def _checked(
    option: str, check: Callable[[Value], None], value: Value
) -> None:
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
