"""`kb files`: the files of items, in the store that KB_FILES_URL names."""

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, json_option, print_json, print_line
from kb.services.files.unused_files import check_files

_SHOWN = 20


@click.group()
def files() -> None:
    """Check the files of items against the database."""


@files.command("check")
@click.option("--whole", is_flag=True, help="Read each file and compare it with its hash.")
@json_option("the report")
@click.pass_obj
def check_files_command(session: CommandSession, *, whole: bool, as_json: bool) -> int:
    """Check that the store has each file that the database names; exit code 1 if one is missing or damaged."""
    with session.library() as library:
        report = check_files(library, OPERATOR, whole=whole)
    if as_json:
        bad = {"missing": list(report.missing), "damaged": list(report.damaged)}
        print_json({"files": report.files, "size": report.size, **bad, "unused": report.unused})
        return 0 if report.is_clean else 1
    translator, size = session.translator, max(round(report.size / 1e6, 1), 0.1) if report.size else 0
    files = translator.ngettext("%(count)s file", "%(count)s files", report.files)
    unused = translator.ngettext(
        "%(count)s other, which no item names", "%(count)s others, which no item names", report.unused
    )
    print_line(translator.gettext("%(files)s, %(size)s MB; %(unused)s.", files=files, size=size, unused=unused))
    for message, keys in (("Missing: %(count)s.", report.missing), ("Damaged: %(count)s.", report.damaged)):
        if keys:
            print_line(translator.gettext(message, count=len(keys)))
            for key in keys[:_SHOWN]:
                print_line(f"  {key}")
    return 0 if report.is_clean else 1
