"""Complete an item from its fetched page: fill its empty fields, and store the page's text for searches."""

from dataclasses import replace

from kb.model.bibliographic_record import RECORD_NAMES, with_record_values
from kb.model.items.item import Item
from kb.model.web_pages.canonical_address import canonical_url, site_of, web_address
from kb.model.web_pages.page_facts import PageFacts
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.library import Library
from kb.services.groups.group_languages import detected_language, effective_languages
from kb.store import LONGEST_TEXT, WriteTransaction

_PAGE_FACTS = tuple(name for name in RECORD_NAMES if name not in {"url", "title", "language"})
PAGE_FIELDS = ("title", *_PAGE_FACTS, "language", "language_decided", "linked_url")
"""The fields of an item that its page may fill."""


def complete_item(
    writing: WriteTransaction, library: Library, fetch: Fetch, facts: PageFacts, *, text_only: bool = False
) -> None:
    """Fill the empty fields of the waiting item, and store the page's text; no text of a user changes.

    Nothing is done if the item has another address by now. An item in the trash gets the text, because it may be
    restored. A page without a text, such as one that needs a login by now, leaves the text that was read before. If the
    form had shown the page's data (`fetch.facts`), fields left empty stay empty. `text_only`: the fields were filled
    when the page was read first.
    """
    if fetch.item_id is None:
        return
    item = writing.items.any_of([fetch.item_id]).get(fetch.item_id)
    text = facts.text[:LONGEST_TEXT]
    if item is None:
        removals = writing.moderation.removals_of_items([fetch.item_id]) if text else ()
        if any(removal.annotation_id is None for removal in removals):
            writing.page_texts.put(fetch.item_id, text, facts.layout)
        return
    if web_address(item.url) != fetch.address:
        return
    # The text of an uploaded file stays.
    if text and not writing.item_files.of_items([item.id]):
        writing.page_texts.put(item.id, text, facts.layout)
    if text_only:
        return
    after = with_page_facts(item, facts, shown=fetch.facts is not None)
    if after.language is None or after.language_decided:
        group = writing.groups.by_ids([item.group_id])[item.group_id]
        language = detected_language(after, effective_languages(group, library.settings), text)
        after = replace(after, language=language, language_decided=True)
    if after != item:
        writing.items.update([after])


def with_page_facts(item: Item, facts: PageFacts, *, shown: bool) -> Item:
    """The item with the page's data in its empty fields; a title that is only the address counts as empty.

    `shown`: the user has seen the data in the form. A user who then kept the address as the title had not seen a title.
    """
    linked = linked_url(item.url, facts.canonical_url)
    untitled = not item.title or (item.url is not None and canonical_url(item.title) == canonical_url(item.url))
    if shown and not untitled:
        return replace(item, linked_url=linked)
    filled = {name: getattr(item, name) or getattr(facts, name) or None for name in _PAGE_FACTS}
    if untitled:
        filled["title"] = facts.title or item.title
    return replace(with_record_values(item, filled), linked_url=linked)


def is_same_but_for_page(item: Item, before: Item) -> bool:
    """Whether only the page's data and the view count have changed: then the contributor may still undo the save."""
    theirs = {name: getattr(before, name) for name in PAGE_FIELDS}
    return item.updated == before.updated and replace(item, views=before.views, **theirs) == before


def linked_url(url: str | None, linked: str | None) -> str | None:
    """The canonical address that a page gives as its own, if it is credible: on the same site.

    The home page of a site is not accepted for another page: templates give it by mistake.
    """
    address = canonical_url(linked)
    if address is None or web_address(linked) is None:
        return None
    here, there = site_of(url), site_of(linked)
    if not here or not there or not (here[0] in there or there[0] in here):
        return None
    return address if _is_site_root(address) <= _is_site_root(canonical_url(url) or "") else None


def _is_site_root(address: str) -> bool:
    return address.partition("//")[2].count("/") == 0 and "?" not in address and "#" not in address
