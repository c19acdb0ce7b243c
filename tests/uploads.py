"""What calls of `upload_tree` need to reach the scripted server."""

from typing import Final

from aiobotocore.session import AioSession
from botocore.loaders import Loader
from servers.scripted import IDENTITY, ScriptedServer

from pt5_async import Settings
from pt5_async.settings import Credentials

_LOADER: Final = Loader()
"""botocore's descriptions of services, read from disk once for all tests."""

TARGET = "s3://bucket/p"


def a_credential() -> Credentials:
    return Credentials(IDENTITY.access_key, IDENTITY.secret_key)


def a_session(secret: str = IDENTITY.secret_key) -> AioSession:
    session = AioSession()
    session.register_component("data_loader", _LOADER)
    session.set_credentials(IDENTITY.access_key, secret)
    return session


def reaching(server: ScriptedServer, **more: object) -> Settings:
    return Settings(
        endpoint_url=server.url,
        region="us-east-1",
        **more,  # type: ignore[arg-type]
    )
