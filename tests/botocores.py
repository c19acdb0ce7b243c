"""botocore's errors, as it makes them."""

from collections.abc import Mapping

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from botocore import exceptions as aws

URL = "https://s3.example/bucket/secret-looking/key?uploadId=abc"
HOST = ConnectionKey("s3.example", 443, True, True, None, None, None)
REFUSED = aiohttp.ClientConnectorError(HOST, OSError(111, "refused"))


def answered(
    status: int,
    code: str = "",
    message: str = "",
    headers: Mapping[str, str] | None = None,
    **details: str,
) -> aws.ClientError:
    """What botocore makes of an error that a store answered."""
    error = {"Code": code, "Message": message, **details}
    meta = {"HTTPStatusCode": status, "HTTPHeaders": dict(headers or {})}
    return aws.ClientError(
        {"Error": error, "ResponseMetadata": meta}, "PutObject"
    )
