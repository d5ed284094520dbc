"""`kb passages`: whether the text under passages has changed in their pages."""

import json
import time
from dataclasses import asdict

import click

from kb.errors import Unavailable
from kb.feature import CommandRun
from kb.features.reading.page_check import CheckedPage, check_page, pages_to_check
from kb.settings import OFF
from kb.translation import Translator

_PAUSE = 1.0
"""Seconds between two pages."""
_MOST = 1_000_000


@click.group()
def passages() -> None:
    """Find out whether the text under passages has changed."""


@passages.command("check")
@click.option(
    "--days", type=click.IntRange(0, 3650), default=30, show_default=True, help="Leave pages that were read since."
)
@click.option("--json", "as_json", is_flag=True, help="Print all pages that were read, as JSON.")
@click.pass_obj
def check_command(session: CommandRun, *, days: int, as_json: bool) -> None:
    """Read pages with passages again, and print those where the text under a passage has changed."""
    if session.settings.fetch == OFF:
        raise Unavailable("This site reads no pages of other sites: KB_FETCH is off.")
    checked: list[CheckedPage] = []
    with session.library() as library:
        for number, page in enumerate(pages_to_check(library, days, _MOST)):
            if number:
                time.sleep(_PAUSE)
            checked.append(check_page(library, page))
            if not as_json and (checked[-1].moved or checked[-1].lost):
                _print(_line(checked[-1], library.settings.base_url, session.translator))
    if as_json:
        _print(json.dumps([asdict(one) for one in checked], ensure_ascii=False))
        return
    count = session.translator.ngettext(
        "%(count)s page was read again.", "%(count)s pages were read again.", len(checked)
    )
    _print(count)


def _line(page: CheckedPage, base_url: str, translator: Translator) -> str:
    moved = translator.ngettext("%(count)s passage with other words", "%(count)s passages with other words", page.moved)
    lost = translator.ngettext("%(count)s passage gone", "%(count)s passages gone", page.lost)
    return f"{page.title}\t{moved}\t{lost}\t{base_url}/items/{page.item_id}/versions"


def _print(text: str) -> None:
    click.echo(text.encode("utf-8", "backslashreplace"))
