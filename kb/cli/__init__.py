"""The command `kb`: one file per family of commands."""

from kb.cli.command import main

__all__ = ["main"]
