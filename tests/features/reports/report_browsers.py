"""Browsers that read the pages and files of reports."""

import csv
import re
from html import unescape
from io import StringIO

from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.support.browser_sessions import sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
YEARS = "from=2014&to=2015"


def browser(library: Library, login: str) -> TestClient:
    client = TestClient(create_app(library), headers={"user-agent": FIREFOX}, follow_redirects=False)
    if login:
        sign_in(client, login)
    return client


def text(page: str) -> str:
    main = page.split("<main", 1)[1].split("</main>", 1)[0].split(">", 1)[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", main)))


def links(page: str) -> dict[str, str]:
    return {unescape(label): unescape(href) for href, label in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page)}


def table(answer: str, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(StringIO(answer.removeprefix("\ufeff")), delimiter=delimiter))
