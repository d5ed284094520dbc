"""The commands of `kb`: the module of each, and its line in `kb --help`, which imports none of the modules."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from kb.features import FEATURES


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A command by its module in a package and its name there, and its help, which a test compares. `feature` is the
    feature that it belongs to; empty for the core.
    """

    path: str
    help: str
    package: str = "kb.cli.commands"
    feature: str = ""

    @property
    def module(self) -> str:
        """The module, which is not imported yet."""
        return f"{self.package}.{self.path.partition('.')[0]}"

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(import_module(self.module), self.path.partition(".")[2])
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


COMMAND_SOURCES = {
    "backup": CommandSource(
        "backup.backup_command",
        help="Write a complete backup to FILE while the site runs, then read it back and compare it with the database.",
    ),
    "demo": CommandSource(
        "serve.demo", help="Load a sample library in French if the database is empty, then start the server."
    ),
    "export": CommandSource(
        "import_export.export_command",
        help="Export the library, a group, a list or items, in one of the formats that other programs read.",
    ),
    "files": CommandSource("files.files", help="Check the files of items against the database."),
    "group": CommandSource(
        "group.group", help="Manage groups: add, list, archive and delete them, set their members and their languages."
    ),
    "import": CommandSource(
        "import_export.import_command",
        help="Import items from files; - is standard input. Importing the same file twice adds nothing.",
    ),
    "index": CommandSource("maintenance.index", help="Rebuild the search index from the database, or check it."),
    "migrate": CommandSource(
        "maintenance.migrate_command", help="Create the database, or migrate it to the schema of this program."
    ),
    "page": CommandSource(
        "site_pages.page", help="Manage the legal notice, the privacy page and the accessibility statement."
    ),
    "person": CommandSource("person.person", help="Export or erase the personal data of a person."),
    "restore": CommandSource(
        "backup.restore_command",
        help="Replace the database by FILE, which `kb backup` has written, while the site runs.",
    ),
    "saved": CommandSource(
        "saved_searches.saved", help="Manage the saved searches of groups, which have a page and a feed each."
    ),
    "search": CommandSource(
        "search.search", help='Search the library. QUERY has the syntax of the search page; "" finds everything.'
    ),
    "serve": CommandSource(
        "serve.serve", help="Start the server of the site and the API, and keep the index up to date."
    ),
    "sweep": CommandSource(
        "maintenance.sweep_command",
        help="Delete expired data: trash, audit log, sessions, invitations. A running server does this each hour.",
    ),
    "token": CommandSource("token.token", help="Manage the API tokens of accounts: add, list, revoke."),
    "user": CommandSource("user.user", help="Manage accounts: add, list, close, reopen, set passwords."),
    "vocabulary": CommandSource(
        "vocabulary.vocabulary",
        help="Manage the vocabularies of groups: synonyms, broader and narrower terms for searches.",
    ),
    **{
        command.name: CommandSource(command.path, command.help, feature.package, feature.name)
        for feature in FEATURES
        for command in feature.commands
    },
}
"""By name. The English help is repeated here, so that `kb --help` imports none of the modules."""
