"""`kb letter`: send the issues of newsletters."""

import json

import click

from kb.errors import Invalid
from kb.feature import CommandRun
from kb.features.newsletters.newsletters import archive_path
from kb.features.newsletters.sending import send_next_issue


@click.group()
def letter() -> None:
    """Send newsletters."""


@letter.command("send")
@click.argument("name", metavar="GROUP/SLUG")
@click.option("--json", "as_json", is_flag=True, help="Print the issue as JSON.")
@click.pass_obj
def send_command(session: CommandRun, *, name: str, as_json: bool) -> None:
    """Send the scheduled issue of a newsletter now, or go on with one whose sending has begun.

    The messages are queued: the server sends them.
    """
    slug, _, newsletter = name.partition("/")
    if not newsletter:
        raise Invalid("Name a newsletter as GROUP/SLUG.")
    with session.library() as library:
        sent = send_next_issue(library, slug, newsletter)
        address = f"{library.settings.base_url}{archive_path(sent.group, newsletter)}{sent.issue.number}"
    if as_json:
        value = {"subject": sent.issue.subject, "number": sent.issue.number, "queued": sent.queued, "url": address}
        click.echo(json.dumps(value, ensure_ascii=False).encode())
        return
    count = session.translator.ngettext("%(count)s message is queued.", "%(count)s messages are queued.", sent.queued)
    click.echo(f"{count} {address}".encode("utf-8", "backslashreplace"))
