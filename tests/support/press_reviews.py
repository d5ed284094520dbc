"""The form of a press review, sent as its page would send it."""

import re
from html import unescape
from urllib.parse import urlencode

from starlette.testclient import TestClient

from tests.support.browser_sessions import send

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_BOX = re.compile(r'name="passage" value="([^".]+)\.([^"]+)"( checked)?>')
_ITEM = re.compile(r'name="item" value="([^"]+)"')


def draft_of(client: TestClient, query: str) -> str:
    """The address of the press review of a draft list of what a query finds or selects."""
    answer = send(client, "/lists", f"/review?{query}")
    assert answer.status_code == 303, answer.text
    address, _, _ = str(answer.headers["location"]).partition("?")
    return address


def passage_boxes(page: str) -> dict[str, bool]:
    """The boxes of passages and comments, by the ids of these, and whether they are ticked."""
    return {part_id: bool(ticked) for _, part_id, ticked in _BOX.findall(page)}


def review_fields(page: str, *ticked: str, items: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    """The fields that the page's form sends with these boxes of passages ticked, and all boxes of items or `items`."""
    hidden = [(name, unescape(value)) for name, value in _HIDDEN.findall(page.partition('<form action="')[2])]
    order = re.search(r'<select id="f-order".*?value="(\w+)" selected', page, re.DOTALL)
    fields = [("title", "Crues"), ("dated", ""), ("introduction", ""), ("quotes", "2"), ("longest", "300")]
    boxes = {part_id: f"{item_id}.{part_id}" for item_id, part_id, _ in _BOX.findall(page)}
    return [
        *hidden,
        *fields,
        ("order", order[1] if order else "list"),
        *(("passage", boxes.get(part_id, part_id)) for part_id in ticked),
        *(("item", item_id) for item_id in (_ITEM.findall(page) if items is None else items)),
    ]


def sent_review(client: TestClient, address: str, fields: list[tuple[str, str]], act: str = "", **typed: str) -> str:
    """The page to which the form leads, with other values `typed` and a button `act`."""
    pairs = [pair for pair in fields if pair[0] not in typed]
    body = urlencode([*pairs, *typed.items(), *((("act", act),) if act else ())])
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(address, content=body, headers=headers, follow_redirects=True).text
