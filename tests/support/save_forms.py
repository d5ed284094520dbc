"""The save form, as a browser sends it."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from kb.model.items.item import Item
from kb.services.core.library import Library


def form_fields(page: str) -> dict[str, Any]:
    """The fields of a page's form, as a browser sends it."""
    form = page[page.index('id="save-form"') :].partition("</form>")[0]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, value in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        fields[name] = [unescape(value)]
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = [chosen[1] if chosen else ""]
    return fields


def press(client: TestClient, page: str, act: str = "save", **typed: Any) -> Any:
    fields = form_fields(page)
    # A user who has saved nothing yet must choose the group.
    if fields["group"] == [""]:
        fields["group"] = ["lectures"]
    return client.post("/keep", data={**fields, "act": act, **typed})


def item_of(library: Library, answer: Any) -> Item:
    assert answer.status_code == 303, answer.text
    item_id = urlsplit(answer.headers["location"]).path.rpartition("/")[2]
    with library.store.read() as reading:
        return reading.items.any_of([item_id])[item_id]
