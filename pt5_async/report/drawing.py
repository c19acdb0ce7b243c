"""The only module that asks for the plotting library (extra `report`)."""

import json
from collections.abc import Mapping
from typing import Any, Final

from ..errors import UsageError

WAY_OUT: Final = "pip install 'pt5-async[report]'"


def script() -> str:
    """The library for a page: one script that needs nothing else.

    Raises:
        UsageError: where the extra is not installed.
    """
    made: str = _library().javascript_bundle("window.vegaEmbed=vegaEmbed;")
    # Inside a page, nothing in it may end its element.
    return made.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def picture(spec: Mapping[str, Any], scale: float) -> bytes:
    """A Vega picture as PNG, with `scale` pixels for each of its own.

    Raises:
        UsageError: where the extra is not installed.
    """
    made: bytes = _library().vega_to_png(json.dumps(spec), scale=scale)
    return made


def require() -> None:
    """Make sure that pictures can be drawn, before anything is read.

    Raises:
        UsageError: where the extra is not installed.
    """
    _library()


def _library() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 - 85 MB, and an extra
    except ImportError as error:
        raise UsageError(
            "a report needs the plotting library of the extra `report`:"
            f" {WAY_OUT}"
        ) from error
    return vl_convert
