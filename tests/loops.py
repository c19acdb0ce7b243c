"""Tests that run on each event loop that a run may have."""

import asyncio
import inspect
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

Loop = asyncio.AbstractEventLoop


def _uvloop() -> Loop:
    import uvloop

    loop: Loop = uvloop.new_event_loop()
    return loop


LOOPS: Final[dict[str, Callable[[], Loop]]] = {
    "plain": asyncio.SelectorEventLoop
}
if sys.platform != "win32":
    LOOPS["uvloop"] = _uvloop


def on_each_loop(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """Run an async test on every loop there is, for 20 s at most."""

    def run(loop: str, **fixtures: Any) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(asyncio.wait_for(test(**fixtures), 20))

    signature = inspect.signature(test)
    asked = inspect.Parameter("loop", inspect.Parameter.KEYWORD_ONLY)
    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for one in signature.parameters.values()
    ]
    run.__signature__ = inspect.Signature([asked, *parameters])  # type: ignore[attr-defined]
    run.__name__, run.__module__ = test.__name__, test.__module__
    marks = getattr(test, "pytestmark", [])
    run.pytestmark = list(marks)  # type: ignore[attr-defined]
    return pytest.mark.parametrize("loop", LOOPS)(run)
