"""Random changes of a library, and searches of every kind that find some of it, and lists.

In the environment, FOLLOWED_CHANGES and FOLLOWED_SEARCHES set the numbers of random changes and of searches (5000 and
200 for a long run, which takes an index on disk), FOLLOWED_SEED draws others.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from kb.access.actor import OPERATOR, AccessScope, ReadableGroups
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.model.items.moderation import RemovalKind
from kb.model.people.group import Group, Visibility
from kb.model.search_request import SearchRequest, View
from kb.model.vocabulary import Vocabulary
from kb.services.core.library import Library
from kb.services.followed_searches.following import followed_vocabularies
from kb.services.moderation.moderation_actions import hide_content, restore_content
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.vocabulary import a_concept

CHANGES = int(os.environ.get("FOLLOWED_CHANGES", "50"))
SEARCHES = int(os.environ.get("FOLLOWED_SEARCHES", "35"))
MANY = 500
"""Changes after which the reference engine is too slow."""
SEED = int(os.environ.get("FOLLOWED_SEED", "16"))
GROUPS = (
    a_group("eau", "L’eau"),
    a_group("routes"),
    a_group("secret", visible=Visibility.MEMBERS),
    a_group("archives", visible=Visibility.MEMBERS),
)
PEOPLE = (a_user("claire"), a_user("sophie"), a_user("zoe"))
_WORDS = (
    "agents territoriaux l’énergie pluviale des rivières compteurs public services administration télétravail".split()
)
_TAGS = ("Eau", "numérique", "déchets", "rh")
_SITES = ("https://exemple.fr/{}", "https://blog.exemple.fr/{}", "https://autre.example/{}", None)
_KINDS = (
    "list",
    "list",
    "add",
    "add",
    "edit",
    "edit",
    "annotate",
    "page",
    "delete",
    "move",
    "hide",
    "restore",
    "rights",
    "retag",
)
_DAYS = ("2014-11-07", "2019-03", "2024", None)

QUERIES: tuple[tuple[tuple[str, str], ...], ...] = tuple(
    tuple(tuple(pair.split("=", 1)) for pair in text.split("&"))  # type: ignore[misc]
    for text in (
        "q=agents",
        "q=agents énergie&match=all",
        "q=agents énergie",
        'q="énergie pluviale"',
        "q=agents -public",
        "q=(rivière OU compteur) ET public",
        "q=admin*",
        "q=tra*il",
        "q=agnets~",
        "q=titre:services",
        "q=surlignage:énergie",
        "q=réponse:agents",
        "q=étiquette:eau",
        "q=groupe:eau agents&match=all",
        "q=auteur:claire",
        "q=agents&group=eau&vocabulary=labels",
        "q=compteurs rivière&group=eau&vocabulary=labels&match=all",
        "q=date:2014 agents&match=all",
        "q=page:compteurs",
        "tag=Eau",
        "tag=eau&tag=rh",
        "not_tag=Eau",
        "site=exemple.fr",
        "source=Le Journal",
        "language=en",
        "kind=note",
        "author=claire",
        "author=claire&author=zoe&view=passages",
        "byline=Dupont, Jean",
        "group=eau",
        "group=secret&group=routes&q=agents",
        "from=2014&to=2020",
        "date=added&from=2015",
        "view=passages",
        "q=énergie&view=passages",
        "q=agents&kind=comment&view=passages",
        "view=items",
        "list=l-publique",
        "list=l-secrete",
        "list=l-variable",
    )
)
_LISTS = tuple(
    ItemList(id_, group.id, PEOPLE[0], "Une liste", "", False, "2026", "2026")
    for id_, group in zip(("l-publique", "l-secrete", "l-variable"), (GROUPS[0], GROUPS[2], GROUPS[1]), strict=True)
)


@dataclass
class Expected:
    """What running a search again and again shows: the group of each item that it finds, and when it did so first.

    Of a list, `item_list` is its last state, and `last_added` when the last entry of each item was added: an item with
    a later entry counts as found first.
    """

    request: SearchRequest
    list_id: str = ""
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    item_list: ItemList | None = None
    last_added: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, params: Sequence[tuple[str, str]]) -> "Expected":
        request = SearchRequest.from_params(params)
        return cls(request if request.is_verbatim else request.verbatim(), dict(params).get("list", ""))

    def run(self, library: Library, step: int) -> None:
        if self.list_id:
            self._read_list(library, step)
        else:
            self._search(library)
        for pair in self.found.items():
            self.first.setdefault(pair, step)

    def _read_list(self, library: Library, step: int) -> None:
        with library.store.read() as reading:
            self.item_list = reading.lists.by_id(self.list_id)
            entries = self.item_list.entries if self.item_list else ()
            items = reading.items.any_of(entry.item_id for entry in entries if entry.item_id)
        self.found = {}
        for entry in entries:
            item = items.get(entry.item_id or "")
            if item is None or entry.annotation_id not in {None, *(part.id for part in item.annotations)}:
                continue
            self.found[item.id] = item.group_id
            if (entry.added_at or "") > self.last_added.get(item.id, ""):
                self.last_added[item.id] = entry.added_at or ""
                self.first |= {(known, group): step for known, group in self.first if known == item.id}

    def _search(self, library: Library) -> None:
        with library.store.read() as reading:
            everything = ReadableGroups(AccessScope(everything=True), reading.groups.all())
            matchers = followed_vocabularies(library, reading, self.request, everything.groups)
            ids = library.catalogue.search(self.request, everything, matchers).ids()
            if self.request.view is View.PASSAGES:
                ids = frozenset(reading.items.taken_annotation_ids(ids).values())
            self.found = {item.id: item.group_id for item in reading.items.any_of(ids).values()}

    def may_be_read(self, readable: frozenset[str], user_id: str | None) -> bool:
        """Whether a reader may read the list, if it is one."""
        if not self.list_id:
            return True
        one = self.item_list
        is_own = one is not None and one.owner is not None and one.owner.id == user_id
        return one is not None and one.group_id in readable and (is_own or not one.private)

    def new(self, readable: frozenset[str], after: int, user_id: str | None = None) -> set[str]:
        if not self.may_be_read(readable, user_id):
            return set()
        told = {item for (item, group), step in self.first.items() if step <= after and group in readable}
        return {
            item
            for item, group in self.found.items()
            if group in readable and self.first[item, group] > after and item not in told
        }


def random_queries(rng: Random, count: int) -> list[tuple[tuple[str, str], ...]]:
    """Searches of every kind, each once; beyond those, the words of one with the filters of another."""
    queries = dict.fromkeys(QUERIES)
    while len(queries) < count:
        first, second = rng.sample(QUERIES, 2)
        names = {name for name, _ in first}
        queries[(*first, *(pair for pair in second if pair[0] not in names))] = None
    chosen = list(queries)
    rng.shuffle(chosen)
    return chosen


def random_library(rng: Random, library: Library, count: int) -> None:
    """Fill an empty library."""
    _ENTRIES.clear()
    with library.store.write() as writing:
        writing.users.add(PEOPLE)
        for group in GROUPS:
            writing.groups.add(group)
        concepts = (a_concept("agents", "services"), a_concept("compteurs", "télétravail"))
        writing.vocabularies.set(GROUPS[0].id, Vocabulary.of(concepts))
        writing.items.add([_random_item(rng, order) for order in range(1, count + 1)])
        for one in _LISTS:
            writing.lists.add(one)


def random_change(rng: Random, library: Library) -> str:
    """Make one change; returns its kind."""
    kind = rng.choice(_KINDS)
    with library.store.read() as reading:
        ids = sorted(reading.items.ids())
    if not ids:
        with library.store.write() as writing:
            writing.items.add([_random_item(rng, writing.items.next_order())])
        return "add"
    match kind:
        case "rights":
            _change_rights(rng, library)
        case "restore":
            _restore(rng, library)
        case "list":
            _change_list(rng, library, ids)
        case "hide":
            hide_content(library, OPERATOR, rng.choice(ids))
        case _:
            with library.store.write() as writing:
                _change_item(rng, writing, kind, rng.choice(ids))
    return kind


def _change_rights(rng: Random, library: Library) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_id(rng.choice(GROUPS).id)
        assert group is not None
        writing.groups.update(replace(group, visible=rng.choice((Visibility.EVERYONE, Visibility.MEMBERS))))


def _restore(rng: Random, library: Library) -> None:
    with library.store.read() as reading:
        hidden = [
            removal.id
            for group in GROUPS
            for removal in reading.moderation.removals_of_group(group.id, RemovalKind.HIDDEN)
        ]
    if hidden:
        restore_content(library, OPERATOR, rng.choice(sorted(hidden)))


def _change_list(rng: Random, library: Library, item_ids: Sequence[str]) -> None:
    """Add an item or a passage to a list, take entries out, put those back that it had once, delete or restore it, or
    change who may read it.
    """
    known = rng.choice(_LISTS)
    with library.store.write() as writing:
        now = writing.lists.by_id(known.id)
        if now is None:
            writing.lists.add(replace(known, entries=_ENTRIES.get(known.id, ())))
            return
        match rng.choice(("add", "add", "passage", "take", "back", "private", "move", "delete")):
            case "add":
                entry = ListEntry(new_id(), ListEntryKind.ITEM, rng.choice(item_ids), None, "", timestamp_now())
                after = replace(now, entries=(*now.entries, entry))
            case "passage":
                ids = [entry.item_id for entry in now.entries if entry.item_id] or item_ids
                item = writing.items.any_of(ids).get(rng.choice(ids))
                parts = item.annotations if item else ()
                entries = tuple(
                    ListEntry(new_id(), ListEntryKind.PASSAGE, item.id, part.id, "", timestamp_now())
                    for part in parts[:1]
                    if item
                )
                after = replace(now, entries=(*now.entries, *entries))
            case "take":
                after = replace(now, entries=tuple(entry for entry in now.entries if rng.random() < 0.7))
            case "back":
                after = replace(now, entries=_ENTRIES.get(known.id, ()))
            case "private":
                after = replace(now, private=known.id == "l-variable" and rng.random() < 0.5)
            case "move":
                after = replace(now, group_id=rng.choice(GROUPS).id if known.id == "l-variable" else now.group_id)
            case _:
                writing.lists.remove([known.id])
                after = now
        if writing.lists.by_id(known.id) is not None:
            writing.lists.update(after)
        _ENTRIES[known.id] = now.entries


_ENTRIES: dict[str, tuple[ListEntry, ...]] = {}
"""The entries that each list had before its last change, as an undo gives them back."""


def _change_item(rng: Random, writing: WriteTransaction, kind: str, item_id: str) -> None:
    before = writing.items.any_of([item_id])[item_id]
    match kind:
        case "add":
            writing.items.add([_random_item(rng, writing.items.next_order())])
        case "delete":
            writing.items.remove([item_id])
        case "page":
            writing.page_texts.put(item_id, _text(rng, 12))
        case "move":
            writing.items.update([replace(before, group_id=rng.choice(GROUPS).id)])
        case "retag":
            writing.items.update([replace(before, tags=tuple(rng.sample(_TAGS, rng.randint(0, 2))))])
        case "annotate":
            writing.items.update([replace(before, annotations=(*before.annotations[-3:], _annotation(rng)))])
        case _:
            after = replace(
                _random_item(rng, before.order), id=before.id, group_id=before.group_id, annotations=before.annotations
            )
            writing.items.update([after])


def _random_item(rng: Random, order: int) -> Item:
    url = rng.choice(_SITES)
    return an_item(
        _text(rng, 5),
        order=order,
        group=_any_group(rng),
        tags=rng.sample(_TAGS, rng.randint(0, 2)),
        annotations=[_annotation(rng) for _ in range(rng.randint(0, 2))],
        url=url and url.format(order),
        description=_text(rng, 6) if rng.random() < 0.5 else None,
        author=rng.choice((*PEOPLE, None)),
        added=rng.choice(("2014-11-07T10:00:00Z", "2026-01-01T00:00:00Z", None)),
        published=rng.choice(_DAYS),
        source=rng.choice(("Le Journal", "le journal", None)),
        byline=rng.choice(("Dupont, Jean", None)),
        language=rng.choice(("fr", "en", None)),
    )


def _any_group(rng: Random) -> Group:
    return rng.choice(GROUPS)


def _annotation(rng: Random) -> Annotation:
    kind = rng.choice(tuple(AnnotationKind))
    return an_annotation(
        None if kind is AnnotationKind.COMMENT else _text(rng, 4),
        kind=kind,
        body=None if kind is AnnotationKind.HIGHLIGHT else _text(rng, 4),
        author=rng.choice((*PEOPLE, None)),
        added=rng.choice(("2016-02-03T10:00:00Z", None)),
        replies=[a_reply(_text(rng, 3), author=rng.choice(PEOPLE))] if rng.random() < 0.3 else (),
    )


def _text(rng: Random, most: int) -> str:
    words: Sequence[str] = [rng.choice(_WORDS) for _ in range(rng.randint(1, most))]
    return " ".join(words)
