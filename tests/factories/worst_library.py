"""The largest wholes that the bounds allow: items, a group, lists, a vocabulary, saved searches."""

from collections.abc import Iterator
from dataclasses import replace

from kb.model.bibliographic_record import LONGEST_ADDRESS, LONGEST_DESCRIPTION, LONGEST_LINE, LONGEST_TITLE
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_BYTES, MOST_ITEM_PARTS, PART_BYTES, part_size
from kb.model.items.item_fields import LONGEST_TAG, LONGEST_WORDS, MOST_TAGS
from kb.model.items.item_list import LONGEST_DESCRIPTION as LONGEST_LIST_DESCRIPTION
from kb.model.items.item_list import LONGEST_NAME as LONGEST_LIST_NAME
from kb.model.items.item_list import MOST_ENTRIES, MOST_LIST_CHARACTERS, ItemList, ListEntry, ListEntryKind
from kb.model.people.account import LONGEST_NAME
from kb.model.people.group import LONGEST_DESCRIPTION as LONGEST_GROUP_DESCRIPTION
from kb.model.people.group import LONGEST_GROUP_NAME, Group
from kb.model.people.user import User
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import LONGEST_LABEL, LONGEST_NOTE, MOST_CONCEPTS, ConceptText, Vocabulary, uri_for
from kb.model.web_pages.text_layout import TextLayout
from kb.services.search.saved_searches import MOST_SAVED
from kb.store import LONGEST_TEXT, WriteTransaction
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.newsletters import add_newsletter, an_entry
from tests.factories.vocabulary import a_concept

DAY = "2026-01-05T10:00:00Z"
WORD = "eau"
"""A word of every text."""
_HOSTILE = '"<&\U0001f600'
CHAINED, NOTED, LONG = "chained", "noted", "long"
KINDS = (CHAINED, NOTED, LONG)
"""Items of the most parts: a passage with replies that answer each other, notes, and the longest texts."""
HEAVY_ITEMS, PLAIN_ITEMS = 6, 70
"""Items with the most parts, and items with the longest fields alone."""
A_TAG, A_CONCEPT = f"{WORD} 0 {_HOSTILE * 60}"[:LONGEST_TAG], uri_for(f"{WORD} 1 {_HOSTILE * 200}"[:LONGEST_LABEL])
AN_ADDRESS = "https://exemple.fr/0?" + "x" * (LONGEST_ADDRESS - 30)
GROUP = replace(a_group("pire"), name="G" * LONGEST_GROUP_NAME, description="d" * LONGEST_GROUP_DESCRIPTION)


PARTS = MOST_ITEM_PARTS - MOST_TAGS
"""Passages, notes, comments and replies of an item with the most tags."""


def hostile(length: int, number: int) -> str:
    """A text that is long in HTML, in XML, in JSON and in addresses."""
    return f"{WORD} {number} {_HOSTILE * (length // 4 + 1)}"[:length]


def authors() -> tuple[User, ...]:
    return tuple(replace(a_user(f"auteur-{n}"), name=hostile(LONGEST_NAME, n)) for n in range(100))


def _record(number: int) -> dict[str, object]:
    return {
        "title": hostile(LONGEST_TITLE, number),
        "url": f"https://exemple.fr/{number}?" + "x" * (LONGEST_ADDRESS - 30),
        "description": hostile(LONGEST_DESCRIPTION, number),
        "byline": hostile(LONGEST_LINE, number),
        "source": hostile(LONGEST_LINE, number),
        "tags": [hostile(LONGEST_TAG, number * MOST_TAGS + n) for n in range(MOST_TAGS)],
        "added": f"2026-01-{1 + number % 28:02}T10:00:00Z",
        "language": "fr",
        "published": "2026-01",
    }


def _chained(item_id: str, people: tuple[User, ...]) -> Iterator[Annotation]:
    replies, above = list[Reply](), None
    for n in range(PARTS - 1):
        reply = a_reply(f"{WORD} {n}", id=f"{item_id}-r{n:030}", reply_to=above, author=people[n % 100], added=DAY)
        replies.append(reply)
        above = reply.id
    yield an_annotation(hostile(300, 1), id=f"{item_id}-a", author=people[0], added=DAY, replies=replies)


def _noted(item_id: str, people: tuple[User, ...]) -> Iterator[Annotation]:
    for n in range(PARTS):
        text = hostile(_BYTES // PARTS * 4 // 7 - 140, n)
        texts = {"quote": text} if n % 2 else {"quote": None, "body": text}
        yield an_annotation(**texts, id=f"{item_id}-a{n:030}", author=people[n % 100], added=DAY, tags=(f"t{n}",))


def _long(item_id: str, people: tuple[User, ...]) -> Iterator[Annotation]:
    remaining = _BYTES
    for n in range(PARTS):
        texts = hostile(LONGEST_WORDS, n), hostile(LONGEST_WORDS, n)
        part = an_annotation(texts[0], body=texts[1], id=f"{item_id}-a{n:030}", author=people[n % 100], added=DAY)
        remaining -= part_size(part)
        if remaining < 0:
            break
        yield part


_BYTES = MOST_ITEM_BYTES - MOST_TAGS * (PART_BYTES + 4 * LONGEST_TAG)
_PARTS = {CHAINED: _chained, NOTED: _noted, LONG: _long}


def worst_items(group: Group = GROUP) -> Iterator[Item]:
    people = authors()
    for number in range(HEAVY_ITEMS):
        kind = KINDS[number % len(KINDS)]
        item_id = f"{kind}-{number // len(KINDS)}"
        parts = list(_PARTS[kind](item_id, people))
        yield an_item(id=item_id, group=group, order=number + 1, annotations=parts, author=people[0], **_record(number))
    for number in range(HEAVY_ITEMS, HEAVY_ITEMS + PLAIN_ITEMS):
        passage = an_annotation(hostile(1_000, number), id=f"p{number}", author=people[1], added=DAY)
        yield an_item(
            id=f"plain-{number}", group=group, order=number + 1, annotations=[passage], author=people[1],
            **_record(number),
        )  # fmt: skip


def worst_lists(group: Group = GROUP) -> Iterator[ItemList]:
    """Lists of the most entries: of the heaviest items, of passages of one item, of the longest words."""
    texts = MOST_LIST_CHARACTERS // MOST_ENTRIES
    items = [f"{KINDS[n % 3]}-{n % HEAVY_ITEMS // 3}" for n in range(MOST_ENTRIES)]
    of_items = [ListEntry(f"li{n}", ListEntryKind.ITEM, item, text=hostile(texts, n)) for n, item in enumerate(items)]
    of_passages = [
        ListEntry(f"lp{n}", ListEntryKind.PASSAGE, "noted-0", f"noted-0-a{n % PARTS:030}", text=hostile(texts, n))
        for n in range(MOST_ENTRIES)
    ]
    of_plain = [
        ListEntry(f"ll{n}", ListEntryKind.ITEM, f"plain-{HEAVY_ITEMS + n % PLAIN_ITEMS}", text=hostile(texts, n))
        for n in range(MOST_ENTRIES)
    ]
    few = [ListEntry(f"lf{n}", ListEntryKind.ITEM, f"{kind}-0") for n, kind in enumerate(KINDS)]
    for name, entries in (("heavy", of_items), ("passages", of_passages), ("plain", of_plain), ("few", few)):
        yield ItemList(
            name, group.id, None, hostile(LONGEST_LIST_NAME, 1), hostile(LONGEST_LIST_DESCRIPTION, 1), False, DAY, DAY,
            entries=tuple(entries),
        )  # fmt: skip


def worst_vocabulary() -> Vocabulary:
    """The most concepts, all below one, and a few with the longest texts."""
    root = a_concept(hostile(LONGEST_LABEL, 1))
    concepts = [root]
    names = (f"terme {n}" for n in range(MOST_CONCEPTS - 200))
    concepts += [replace(a_concept(name, "même nom"), broader=(root.uri,)) for name in names]
    for n in range(100):
        notes = tuple(ConceptText("fr", hostile(LONGEST_NOTE, k)) for k in range(9))
        concepts.append(replace(a_concept(hostile(LONGEST_LABEL, 100 + n)), definition=notes))
    return Vocabulary.of(concepts)


def worst_texts() -> tuple[tuple[str, TextLayout | None], ...]:
    """Page texts of the most characters: as many lines as they can have, rows of many cells, and one line."""
    lines, rows = LONGEST_TEXT // 2, LONGEST_TEXT // 1_000
    return (
        ("&\n" * lines, TextLayout("abcdefABCDEFrRqx123456ipp" * (lines // 25) + "p")),
        ("\n".join([(f"{WORD} |" * 200)[:999]] * rows), TextLayout("r" * rows)),
        ((f"{WORD} & " * LONGEST_TEXT)[:LONGEST_TEXT], None),
    )


def fill_worst(writing: WriteTransaction) -> None:
    writing.groups.add(GROUP)
    writing.users.add(authors())
    for item in worst_items():
        writing.items.add([item])
    for kind, (text, layout) in zip(KINDS, worst_texts(), strict=True):
        writing.page_texts.put(f"{kind}-0", text, layout)
    for item_list in worst_lists():
        writing.lists.add(item_list)
    for n in range(MOST_SAVED):
        name = f"{n} {hostile(190, n)}"
        writing.saved_searches.add(SavedSearch.of(f"s{n}", GROUP.id, name, f"q={WORD}&tag={n}{'x' * 280}", DAY))
    writing.vocabularies.set(GROUP.id, worst_vocabulary())
    entries = tuple(an_entry(f"plain-{HEAVY_ITEMS + n}", hostile(300, n), hostile(800, n)) for n in range(PLAIN_ITEMS))
    add_newsletter(writing, GROUP, "heavy", title=hostile(120, 1), entries=entries)
