"""A source, a store, and what a verification tells of both."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer

from pt5_async import Settings, upload_tree, verify_tree
from pt5_async.s3.client import make_session
from pt5_async.settings import Credentials
from pt5_async.verify import Finding, Verification, Verified

TARGET = "s3://bucket/p"
NO_JOURNAL: Mapping[str, Any] = {"state": None}


class Coast:
    """A source, a store, and what a verification tells."""

    def __init__(self, root: Path, server: ScriptedServer) -> None:
        self.source = root / "source"
        self.source.mkdir()
        self.state = root / "state"
        self.server = server
        self.told: list[Finding] = []

    def settings(self, **rules: Any) -> Settings:
        usual = {
            "endpoint_url": self.server.url,
            "region": "us-east-1",
            "state": self.state,
        }
        return Settings(**{**usual, **rules})

    async def upload(self, **rules: Any) -> None:
        summary = await upload_tree(
            self.source,
            TARGET,
            settings=self.settings(**rules),
            session=session_(),
        )
        assert not summary.failed.files
        self.server.log.clear()

    async def verify(
        self,
        rules: Mapping[str, Any] = {},
        **how: Any,
    ) -> Verification:
        self.told.clear()
        return await verify_tree(
            self.source,
            TARGET,
            settings=self.settings(**rules),
            session=session_(),
            tell=self.told.append,
            **how,
        )

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.told if isinstance(one, kind)]

    def outcome(self, end: str) -> Any:
        """What became of the one file whose name ends so."""
        [found] = [
            outcome
            for one in self.of(Verified)
            for outcome in one.outcomes
            if outcome.item.key.endswith(end)
        ]
        return found

    def asked(self, op: Op) -> int:
        return sum(one.op == op for one in self.server.log)

    def key(self, end: str) -> str:
        [key] = [one for one in self.server.objects if one.endswith(end)]
        return key

    def drop(self, end: str) -> None:
        self.server.buckets["bucket"].drop(self.key(end))

    def place(self, end: str, body: bytes | None = None, **more: Any) -> None:
        """Another object in the place of one, under the same key."""
        bucket = self.server.buckets["bucket"]
        thing = bucket.objects[self.key(end)]
        if body is not None:
            sum_ = md5(body, usedforsecurity=False).hexdigest()
            thing = replace(
                thing, body=body, size=len(body), md5=sum_, etag=sum_
            )
        bucket.put(replace(thing, **more))


def session_() -> Any:
    return make_session(Credentials(IDENTITY.access_key, IDENTITY.secret_key))
