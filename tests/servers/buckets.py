"""Endpoints whose buckets are made by asking the server, through botocore."""

from typing import Final

from botocore.config import Config
from botocore.session import Session

from .endpoint import Endpoint

REGION: Final = "us-east-1"


def made(name: str, url: str, *, access_key: str, secret_key: str) -> Endpoint:
    """The endpoint of a server that can make buckets."""

    def make_bucket(bucket: str) -> None:
        client = Session().create_client(
            "s3",
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(s3={"addressing_style": "path"}),
        )
        try:
            client.create_bucket(Bucket=bucket)
        finally:
            client.close()

    return Endpoint(name, url, access_key, secret_key, REGION, make_bucket)
