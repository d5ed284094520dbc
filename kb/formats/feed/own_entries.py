"""The entries of our own Atom files (`kb.formats.feed.writer`, `kb.web.feeds`): items, and not our pages.

The address of such an entry is that of our page about the item, the page itself is its `related` link, its author is
who shared it, and its content is the description, then the passages and comments.
"""

import re
from dataclasses import replace

from kb.formats.shared.field_values import is_web_address, language_value, text_of_html
from kb.formats.shared.references import is_our_page
from kb.formats.shared.xml_events import XmlNode
from kb.model.items.import_draft import AuthorDraft, ItemDraft
from kb.model.storable_text import one_line

_ID = re.compile(r"tag:[^\s,]{1,300},\d{4}:item/([A-Za-z0-9_-]{1,64})")
_FIRST_PART = re.compile(r"<figure>|<p><b>|<blockquote")
"""Where the passages and comments begin after the description."""


def own_item_entry(node: XmlNode, draft: ItemDraft) -> tuple[ItemDraft, bool] | None:
    """The item of an entry of ours, read as `draft` before, and whether passages or comments are left out; None for an
    entry of others.
    """
    match = _ID.fullmatch(node.text_of("id"))
    if match is None or not is_our_page(draft.url or "", match[1]):
        return None
    links = (child.attributes for child in node.children if child.name[1] == "link")
    related = (link.get("href", "").strip() for link in links if link.get("rel") == "related")
    url = next(filter(is_web_address, related), None)
    title, name = one_line(node.text_of("title")), one_line(node.text_of("author"))
    content = node.text_of("content")
    first_part = _FIRST_PART.search(content)
    description = text_of_html(content[: first_part.start()] if first_part else content).strip()
    item = replace(
        draft,
        url=url,
        title=title if title and title != url else None,
        # A feed has a summary beside the content, which repeats the passages.
        description=description or None if first_part or not node.first("summary") else draft.description,
        byline=None,
        published=None,
        source=None,
        language=language_value(node.attributes.get("lang", "")),
        author=AuthorDraft(name=name) if name else None,
        # An entry without a change repeats the date on which the item was shared.
        updated=None if draft.updated == draft.added else draft.updated,
    )
    return item, first_part is not None
