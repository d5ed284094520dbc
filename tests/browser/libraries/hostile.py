"""A library with hostile texts in every field that users can fill, written by the functions that the site calls."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from kb.access.actor import OPERATOR, Actor
from kb.errors import Conflict, Invalid
from kb.extraction.html_facts import facts_of_html
from kb.fetcher import fetch
from kb.indexer import catch_up
from kb.model.ids import new_id
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Group, JoinPolicy, Role
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts, PageKind
from kb.search.index_search import label_sort_key
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, create_group
from kb.services.groups.membership import join_group, set_role
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.services.imports.import_jobs import create_import_job, start_import
from kb.services.items.item_creation import save_item
from kb.services.items.reading_list import add_to_reading_list
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content
from kb.services.page_fetch.background_fetch import claim_fetches, run_fetch
from kb.services.page_fetch.fetch_requests import request_page_fetch
from kb.services.search.saved_searches import create_saved_search
from kb.services.vocabulary.vocabularies import NewConcept, add_concept
from kb.settings import ALLOW, Settings
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.fixtures.hostile_documents import DOCUMENTS
from tests.fixtures.hostile_texts import ADDRESSES, TEXTS
from tests.fixtures.news_site import Press, Printed
from tests.support.browser_sessions import an_account

WORDS = tuple(text for text in TEXTS if text.strip())
"""The texts that contain something readable."""
NAMES = tuple(text for text in WORDS if text.isprintable() and len(text) <= 100)
"""The texts that users, groups and lists may have as names."""
SEARCH_NAMES = tuple({label_sort_key(name): name for name in NAMES}.values())[:9]
"""Names that saved searches of one group may have: no two of them differ in case and accents alone."""
FETCHED = 3
"""Documents that the news site on the loopback serves; the others are parsed as if they had been fetched."""
_SITE = "https://exemple.fr"
_AT, _AFTER = "2015-02-03T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Held:
    """The ids of the library. Each of `items` has four texts, in the order of `texts`."""

    library: Library
    group: Group
    items: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    outline: str
    saved: str
    import_jobs: tuple[str, ...]
    documents: dict[str, str]
    """The items made of the documents, by address."""


def a_hostile_library(data: Path, press: Press) -> Held:
    """The library. Claire owns it, Paul contributes to it, and Sophie requests to join."""
    library = an_empty_library(data)
    settings = replace(library.settings, rate_read=0, rate_write=0, fetch_loopback=ALLOW, site_name=NAMES[0])
    library = replace(library, settings=settings)
    an_account(library, "claire", administrator=True, name=NAMES[1])
    an_account(library, "paul", name='<img src=x onerror=ran()> Roy "le nom"')
    an_account(library, "sophie", name=NAMES[3])
    claire = as_(library, "claire")
    join = GroupSettings(NAMES[4], "\n\n".join(WORDS[:20]), join=JoinPolicy.REQUEST, slug="hostile")
    group = create_group(library, claire, join)
    for name in NAMES[5:9]:
        create_group(library, claire, GroupSettings(name, name))
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    join_group(library, as_(library, "sophie"), group.slug, "\n".join(WORDS[:30]))
    claire, paul = as_(library, "claire"), as_(library, "paul")
    texts = tuple(WORDS[start : start + 4] for start in range(0, len(WORDS), 4))
    items = tuple(_bearer(library, (claire, paul), group, number, four) for number, four in enumerate(texts))
    _titles(library, paul, group)
    _terms(library, claire, group)
    outline = _lists(library, claire, group, items)
    saved = [
        create_saved_search(library, claire, group.slug, name, urlencode({"q": name, "tag": name}))
        for name in SEARCH_NAMES
    ]
    for name in NAMES[:6]:
        add_token(library, claire, NewToken(name=name))
    _moderated(library, (claire, paul), items)
    import_jobs = _import_hostile_files(library, claire, group)
    documents = _documents(library, paul, group, press)
    _dead(library, items)
    _twice(library, items[:5])
    catch_up(library)
    return Held(library, group, items, texts, outline, saved[0].search.id, import_jobs, documents)


def _bearer(library: Library, people: tuple[Actor, Actor], group: Group, number: int, texts: tuple[str, ...]) -> str:
    """An item with its texts in every field and in annotations of users."""
    claire, paul = people
    first, *_, last = texts
    fields = ItemFields(
        url=f"{_SITE}/{number}?q={first}" if number < len(ADDRESSES) else "",
        title=first,
        description="\n\n".join(texts),
        byline=last[:400],
        source=first[:400],
        published="2014-11",
        tags=tuple(text[:150] for text in texts),
    )
    passages = [
        AnnotationFields(text, text if place % 2 else "", "yellow", text[:50], text[:50])
        for place, text in enumerate(texts)
    ]
    item = save_item(library, claire, group.slug, fields, passages)
    comment = write_annotation(
        library, paul, item.item.id, AnnotationFields(body=f"@claire {last}\n\nMonde, 7 nov 2014 {first}")
    )
    write_reply(library, claire, comment.part_id, "\n".join(("@paul", *texts)))
    add_to_reading_list(library, claire, item.item.id)
    if number % 8 == 0:
        write_private_note(library, claire, item.item.id, AnnotationFields(body="\n".join(texts)))
    return item.item.id


def _titles(library: Library, actor: Actor, group: Group) -> None:
    """Add one item for each text and for each valid address, with the text as its title."""
    for text in WORDS:
        save_item(library, actor, group.slug, ItemFields(title=text, tags=(text[:200],)))
    for address in ADDRESSES:
        # Some are no addresses, and two are the same.
        with suppress(Invalid, Conflict):
            save_item(library, actor, group.slug, ItemFields(url=address, title=address, source=address[:400]))


def _twice(library: Library, items: tuple[str, ...]) -> None:
    """Add items twice, as in a database that was imported from elsewhere."""
    with library.store.write() as writing:
        for item in writing.items.any_of(items).values():
            twin = replace(item, id=new_id(), order=writing.items.next_order(), annotations=())
            writing.items.add([twin])


def _terms(library: Library, actor: Actor, group: Group) -> None:
    for number, name in enumerate(NAMES[:40]):
        broader = [NAMES[number - 1]] if number else []
        with suppress(Invalid, Conflict):
            adding = NewConcept(name, "fr", [NAMES[number + 40]], [f"{name} x"], broader, [], [], name)
            add_concept(library, actor, group.slug, adding)


def _lists(library: Library, actor: Actor, group: Group, items: tuple[str, ...]) -> str:
    """Add lists whose names are the texts; the first list has texts, headings, and items with notes."""
    outlines = [create_list(library, actor, group.slug, name, name * 2) for name in NAMES[:9]]
    first = outlines[0].id
    for number, text in enumerate(WORDS[:60]):
        kind = (ListEntryKind.TEXT, ListEntryKind.HEADING, ListEntryKind.ITEM)[number % 3]
        item_id = items[number % len(items)] if kind is ListEntryKind.ITEM else None
        add_list_entry(library, actor, first, kind, item_id=item_id, words=text[:200])
    return first


def _moderated(library: Library, people: tuple[Actor, Actor], items: tuple[str, ...]) -> None:
    claire, paul = people
    for number, item_id in enumerate(items[:20]):
        report_content(library, paul, item_id, None, WORDS[number])
    hide_content(library, claire, items[-1], None, WORDS[1])
    remove_content(library, claire, items[-2], None, WORDS[2])


def _import_hostile_files(library: Library, actor: Actor, group: Group) -> tuple[str, ...]:
    """Add files with hostile names and lines: one was imported, one is unreadable, one waits for a decision."""
    lines = "\n".join(
        json.dumps(
            {
                "id": f"brought-{number}",
                "url": address,
                "title": f"{number} {address}",
                "author": NAMES[number],
                "tags": [NAMES[number]],
                "annotations": [{"kind": "comment", "author": NAMES[-number], "body": NAMES[number], "replies": []}],
            }
        )
        for number, address in enumerate(ADDRESSES, 1)
    )
    contents = (lines, "rien\n" * 9, lines.replace("brought", "other") + '\n{"title": 3}\n{"' + NAMES[0])
    sent = [
        create_import_job(library, actor, group.slug, f"{name}.jsonl", content.encode())
        for name, content in zip(NAMES[:3], contents, strict=True)
    ]
    run_due_import_jobs(library)
    start_import(library, actor, sent[0].id)
    run_due_import_jobs(library)
    return tuple(entry.id for entry in sent)


def _documents(library: Library, actor: Actor, group: Group, press: Press) -> dict[str, str]:
    """Save each document by its address alone, and fetch it while a user has opened a form."""
    press.pages.update({f"/{number}": Printed(text.encode()) for number, text in enumerate(DOCUMENTS[:FETCHED])})
    addresses = tuple(
        press.address(f"/{number}") if number < FETCHED else f"https://presse.example/{number}"
        for number in range(len(DOCUMENTS))
    )
    item_ids = {
        address: save_item(library, actor, group.slug, ItemFields(url=address)).item.id for address in addresses
    }
    for address in addresses[FETCHED:]:
        request_page_fetch(library, as_(library, "claire"), f"{address}?vue")
    fetcher = _fetcher(addresses)
    while claimed := claim_fetches(library, (), 100):
        for request in claimed:
            run_fetch(library, request, fetcher)
    return item_ids


def _fetcher(addresses: tuple[str, ...]) -> Callable[[str, Settings], PageFacts]:
    """A fetcher that returns the documents; every other address fails as gone."""

    def read(address: str, settings: Settings) -> PageFacts:
        if address in addresses[:FETCHED]:
            return fetch(address, settings)
        if (plain := address.removesuffix("?vue")) not in addresses:
            raise FetchFailed(FetchFailure.GONE)
        return _facts(address, DOCUMENTS[addresses.index(plain)])

    return read


def _facts(address: str, document: str) -> PageFacts:
    """The page facts of a document, less clean than those of `kb.fetcher`, and therefore more hostile."""
    context = {"charset": "utf-8", "address": address}
    facts = {name: value for facts in facts_of_html(document.encode(), context) for name, value in facts.items()}
    fact_texts = {name: facts.get(name) or "" for name in ("title", "description", "byline", "source", "text")}
    return PageFacts(
        PageKind.HTML, url=address, canonical_url=facts.get("canonical_url"), keywords=_keywords(facts), **fact_texts
    )


def _keywords(facts: dict[str, object]) -> tuple[str, ...]:
    words = facts.get("keywords")
    return tuple(str(word) for word in words) if isinstance(words, Iterable) else ()


def _dead(library: Library, items: tuple[str, ...]) -> None:
    """Add dead links, which the link checker would need days to find."""
    with library.store.write() as writing:
        for item in writing.items.any_of(items[:20]).values():
            check = LinkCheck(item.id, item.url or "", _AT, _AFTER, FetchFailure.GONE, _AT, 2)
            writing.link_checks.put(check)
