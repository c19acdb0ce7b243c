"""A tree held against the store: each file, each bin, by what shows it."""

from pathlib import Path
from typing import Any

import pytest
from runs import write_bin
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer

from pt5_async import Settings, upload_tree, verify_tree
from pt5_async.s3.client import make_session
from pt5_async.settings import Credentials
from pt5_async.verify import (
    By,
    Finding,
    State,
    Verification,
)

WHOLE = {State.SAFE: 1}


class Coast:
    """A source, a store, and what a verification tells."""

    def __init__(self, root: Path, server: ScriptedServer) -> None:
        self.source = root / "source"
        self.source.mkdir()
        self.state = root / "state"
        self.server = server
        self.told: list[Finding] = []

    def settings(self, **rules: Any) -> Settings:
        return Settings(
            **{
                "endpoint_url": self.server.url,
                "region": "us-east-1",
                "state": self.state,
                **rules,
            }
        )

    def session(self) -> Any:
        return make_session(
            Credentials(IDENTITY.access_key, IDENTITY.secret_key)
        )

    async def upload(self, **rules: Any) -> None:
        summary = await upload_tree(
            self.source,
            "s3://bucket/p",
            settings=self.settings(**rules),
            session=self.session(),
        )
        assert not summary.failed.files
        self.server.log.clear()

    async def verify(
        self, rules: dict[str, Any] | None = None, **how: Any
    ) -> Verification:
        self.told.clear()
        return await verify_tree(
            self.source,
            "s3://bucket/p",
            settings=self.settings(**(rules or {})),
            session=self.session(),
            tell=self.told.append,
            **how,
        )

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.told if isinstance(one, kind)]

    def asked(self, op: Op) -> int:
        return sum(one.op == op for one in self.server.log)


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Coast:
    return Coast(tmp_path, scripted)


NO_JOURNAL = {"state": None}


async def test_with_the_journal_only_the_listing_is_asked(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify()

    assert seen.bins == WHOLE
    assert seen.safe
    assert seen.same[By.JOURNAL].files == 3
    assert [one.op for one in coast.server.log] == [Op.LIST]
    assert seen.requests == {
        "ListObjectsV2": 1,
        "HeadObject": 0,
        "GetObject": 0,
    }


async def test_without_it_the_store_says_its_checksums(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify(NO_JOURNAL)

    assert seen.safe
    assert seen.same[By.CRC64NVME].files == 3
    assert coast.asked(Op.HEAD) == seen.requests["HeadObject"] == 3
