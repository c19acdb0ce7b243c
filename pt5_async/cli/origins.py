"""Where values come from: options, variables, .env, or nobody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from .places import Given


@dataclass(frozen=True, slots=True)
class Origins:
    """Who names each value; None where nobody does.

    `env_file` is the .env file that was read, and why that one.
    """

    env_file: Given | None
    source: str | None
    target: str
    endpoint: str | None
    region: str | None
    credentials: str | None
    state: str | None

    def respelled(self, variables: Mapping[str, str]) -> "Origins":
        """These, with the variable in the place of an option it gave."""

        def spelled(origin: str | None) -> str | None:
            return None if origin is None else respelled(variables, origin)

        return replace(
            self,
            target=respelled(variables, self.target),
            endpoint=spelled(self.endpoint),
            region=spelled(self.region),
            credentials=spelled(self.credentials),
            state=spelled(self.state),
        )


def respelled(variables: Mapping[str, str], text: str) -> str:
    """`text`, in which options that variables gave are called by these."""
    for option, variable in variables.items():
        # The path of a .env file may have backslashes.
        name = variable.replace("\\", r"\\")
        text = re.sub(rf"{option}(?![\w-])", name, text, count=1)
    return text


class Setting(NamedTuple):
    """A value that counts, and where it came from."""

    name: str
    value: str
    origin: str
