"""The commands of `kb`, with those of its groups."""

from collections.abc import Iterator

import click

from kb.cli.main_command import kb


def commands_and_groups(group: click.Group = kb, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command and every group of commands, by its name after `kb`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield before + name, command
        if isinstance(command, click.Group):
            yield from commands_and_groups(command, f"{before}{name} ")


def commands_of_kb() -> dict[str, click.Command]:
    """Every command that does something, by its name after `kb`."""
    return {name: command for name, command in commands_and_groups() if not isinstance(command, click.Group)}
