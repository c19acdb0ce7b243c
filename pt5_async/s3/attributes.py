"""What every object gets, as S3's parameters, and whose a refusal is."""

from typing import Any, Final
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

from ..errors import AccessDenied, OptionRefused, StoreError
from ..objects import NO_OPTIONS, ObjectOptions
from .failures import code_of, status_of

MAKING: Final = frozenset({"put_object", "create_multipart_upload"})
"""The operations, by botocore's names, that say what an object is."""

_BLAME: Final[dict[str, tuple[str, ...]]] = {
    "AccessControlListNotSupported": ("--acl",),
    "InvalidBucketAclWithObjectOwnership": ("--acl",),
    "InvalidEncryptionAlgorithmError": ("--sse",),
    "InvalidStorageClass": ("--storage-class",),
    "InvalidTag": ("--tag",),
    "MetadataTooLarge": ("--metadata",),
}
"""Error codes that can only mean an option of ours."""

_HEADERS: Final[dict[str, str]] = {
    "x-amz-acl": "--acl",
    "x-amz-meta-": "--metadata",
    "x-amz-request-payer": "--request-payer",
    "x-amz-server-side-encryption-aws-kms-key-id": "--sse-kms-key-id",
    "x-amz-server-side-encryption": "--sse",
    "x-amz-storage-class": "--storage-class",
    "x-amz-tagging": "--tag",
}
"""What a store may name in its answer, the longer name first."""

_VAGUE: Final = frozenset(
    {
        "400",  # so botocore calls an answer without a code
        "501",
        "BadRequest",
        "InvalidArgument",
        "InvalidRequest",
        "NotImplemented",
    }
)
"""Error codes that can mean an option of ours, or anything else."""

_RIGHTS: Final = {
    "--acl": "s3:PutObjectAcl",
    "--sse": "kms:GenerateDataKey",
    "--tag": "s3:PutObjectTagging",
}

_IN_PARTS: Final = frozenset(
    {
        "create_multipart_upload",
        "upload_part",
        "complete_multipart_upload",
    }
)
"""Operations for which S3 reads what it encrypted, and so needs a right more
(User Guide, "Protecting data with SSE-KMS": kms:Decrypt)."""


class Attributes:
    """The object options of a run at work; nothing was accepted yet."""

    def __init__(self, options: ObjectOptions) -> None:
        """Give every object what `options` ask for."""
        self._given = _given(options)
        self._making = _making(options)
        self._metadata = dict(options.metadata)
        self._always: dict[str, str] = {}
        if options.request_payer:
            self._always["RequestPayer"] = options.request_payer.value
        self._accepted = False
        self._plain = options == NO_OPTIONS

    def join(self, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of a request, with what the options add to them."""
        if operation not in MAKING:
            return fields | self._always
        if self._plain:
            return fields
        own = fields.get("Metadata", {})
        metadata = {"Metadata": self._metadata | own}
        return fields | self._making | self._always | metadata

    def accepted(self, operation: str) -> None:
        """Note that the store took a request with these options."""
        self._accepted = self._accepted or operation in MAKING

    def blame(self, operation: str, error: StoreError) -> StoreError:
        """The error to raise for `error`: of an option, or as it is.

        A vague one is an option's only while nothing was ever accepted
        with the options, unless it names one.
        """
        if error.transient:  # as when a key is used too often
            return error
        named = self._named(error)
        if isinstance(error, AccessDenied) and not named:
            return self._with_rights(operation, error)
        if not named and operation in MAKING and not self._accepted:
            vague = code_of(error) in _VAGUE or status_of(error) == 501  # noqa: PLR2004
            named = list(self._given) if vague else []
        if not named:
            return error
        said = ", ".join(f"{one} {self._given[one]}" for one in named)
        return OptionRefused(
            f"the store refuses {said} ({error});"
            f" {'leave it out' if len(named) == 1 else 'leave some out'}"
            " or give another value"
        )

    def _named(self, error: StoreError) -> list[str]:
        """The options in use that the store's answer speaks of."""
        code = code_of(error)
        blamed = _BLAME.get(code, ())
        if code.startswith("KMS."):
            blamed = ("--sse-kms-key-id", "--sse")
        elif not blamed and code in _VAGUE:
            blamed = _headers_in(error)
        return [one for one in blamed if one in self._given][:1]

    def _with_rights(
        self, operation: str, error: AccessDenied
    ) -> AccessDenied:
        keyed = self._given.get("--sse", "AES256") != "AES256"
        needs = []
        if operation in MAKING and not self._accepted:
            needs = [
                f"{option} needs {right}"
                for option, right in _RIGHTS.items()
                if option in self._given and (keyed or option != "--sse")
            ]
        if keyed and operation in _IN_PARTS:
            needs.append("--sse needs kms:Decrypt for files in parts")
        if not needs:
            return error
        return AccessDenied(f"{error} ({', '.join(needs)})")


def _headers_in(error: StoreError) -> tuple[str, ...]:
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return ()
    # The header's name may stand in Message, Header or ArgumentName.
    text = " ".join(map(str, cause.response.get("Error", {}).values()))
    return tuple(
        option for name, option in _HEADERS.items() if name in text.lower()
    )


def _given(options: ObjectOptions) -> dict[str, str]:
    """The options in use, by their names, as a person wrote them."""
    tags = " --tag ".join(f"{k}={v}" for k, v in options.tags)
    metadata = " --metadata ".join(f"{k}={v}" for k, v in options.metadata)
    given = {
        "--storage-class": options.storage_class,
        "--sse": options.sse,
        "--sse-kms-key-id": options.sse_kms_key_id,
        "--acl": options.acl,
        "--tag": tags,
        "--metadata": metadata,
        "--request-payer": options.request_payer,
    }
    return {name: str(value) for name, value in given.items() if value}


def _making(options: ObjectOptions) -> dict[str, str]:
    fields = {
        "StorageClass": options.storage_class,
        "ServerSideEncryption": options.sse and options.sse.value,
        "SSEKMSKeyId": options.sse_kms_key_id,
        "ACL": options.acl and options.acl.value,
        "Tagging": urlencode(options.tags, quote_via=quote, safe=""),
    }
    return {name: value for name, value in fields.items() if value}
