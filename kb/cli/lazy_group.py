"""A group of commands that imports a module when its command runs: `kb --help` and `kb --version` import none."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class CommandSource:
    """Where a command is defined, and its help for the list of commands: a test compares it with the command's own."""

    module: str
    attribute: str
    help: str

    def load(self) -> click.Command:
        """Import the command. Raises TypeError if the attribute is not a command."""
        command = getattr(import_module(self.module), self.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.module}.{self.attribute} is not a command")
        return command


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one of them when it is asked for."""

    def __init__(self, *arguments: Any, sources: Mapping[str, CommandSource], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sources = sources

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, sorted; imports nothing."""
        del ctx
        return sorted(self.sources)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported at its first use; None if there is none."""
        source = self.sources.get(cmd_name)
        if source is not None and cmd_name not in self.commands:
            self.add_command(source.load(), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from `sources`; imports nothing."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        rows = [(name, click.Command(name, help=self.sources[name].help).get_short_help_str(limit)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
