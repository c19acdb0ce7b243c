"""Every option of every command, as the command itself knows them."""

from typing import Any, NamedTuple

import typer.main

from pt5_async.cli.app import app

GENERAL = ("--help", "--version", "--install-completion", "--show-completion")
"""Options that stand apart: they end a command before it begins."""


class Option(NamedTuple):
    """An option of a command, all its spellings, and its place in help."""

    command: str
    names: tuple[str, ...]
    panel: str | None
    words: str

    def __str__(self) -> str:
        return f"{self.command} {self.names[0]}"


def options() -> list[Option]:
    """All options of all commands, those apart that all have."""
    group: Any = typer.main.get_command(app)
    return [
        Option(
            name,
            (*one.opts, *one.secondary_opts),
            one.rich_help_panel,
            one.help,
        )
        for name, command in group.commands.items()
        for one in command.params
        if one.param_type_name == "option"
    ]
