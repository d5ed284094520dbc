"""The command `kb`: one file for each group of commands."""

from kb.cli.main_command import main
