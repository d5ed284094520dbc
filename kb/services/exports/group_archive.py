"""The archive of a group, for its owners: all that belongs to it, as files in a ZIP."""

import json
from collections.abc import Iterable, Iterator

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.formats.json_lines import json_line_of
from kb.formats.skos_writer import write_skos
from kb.formats.writers.zip_pieces import ZipPieces
from kb.services.core.library import Library
from kb.services.exports.exports import Export, exported_items
from kb.services.lists.lists import readable_lists_of_group
from kb.services.search.saved_searches import readable_saved_searches
from kb.services.vocabulary.vocabularies import group_vocabulary

ITEMS, LISTS, SAVED_SEARCHES, VOCABULARY, GROUP = (
    "items.jsonl", "lists.jsonl", "saved-searches.jsonl", "vocabulary.ttl", "group.json",
)  # fmt: skip
"""The files: items as `kb import` reads them, the vocabulary as `kb vocabulary import` does."""


def group_archive(library: Library, actor: Actor, export: Export) -> Iterator[bytes]:
    """The ZIP, in pieces, with one item in memory at a time. Raises NotFound, LoginNeeded, Forbidden unless an owner.

    `export` is that of the group. The private lists of others are theirs, and not in it, nor is what is in the trash.
    """
    slug = export.group.slug if export.group else ""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EXPORT_WHOLE, reading.groups.by_slug(slug))
        members = [
            {"login": user.login, "name": user.name, "role": role.key}
            for user, role in reading.groups.members(group.id)
        ]
    about = {
        "slug": group.slug,
        "name": group.name,
        "description": group.description,
        "visible": group.visible,
        "join": group.join,
        "languages": group.languages,
        "feeds": group.feeds,
        "members": members,
    }
    return _pieces(library, actor, export, json.dumps(about, ensure_ascii=False, indent=1))


def _pieces(library: Library, actor: Actor, export: Export, about: str) -> Iterator[bytes]:
    slug, stream = export.group.slug if export.group else "", ZipPieces()
    items = (json_line_of(item, group) for item, group in exported_items(library, actor, export.ids))
    with stream.zip_file() as archive:
        archive.writestr(GROUP, about)
        for name, lines in (
            (ITEMS, items),
            (LISTS, _list_lines(library, actor, slug)),
            (SAVED_SEARCHES, _search_lines(library, actor, slug)),
        ):
            with archive.open(name, "w", force_zip64=True) as file:
                for line in lines:
                    file.write(line.encode())
                    yield stream.taken()
        archive.writestr(VOCABULARY, write_skos(group_vocabulary(library, actor, slug)[1], "turtle"))
    yield stream.taken()


def _list_lines(library: Library, actor: Actor, slug: str) -> Iterable[str]:
    for one in readable_lists_of_group(library, actor, slug):
        entries = [
            {"kind": entry.kind, "item": entry.item_id, "annotation": entry.annotation_id, "words": entry.words}
            for entry in one.entries
        ]
        record = {
            "id": one.id,
            "name": one.name,
            "description": one.description,
            "owner": one.owner.login if one.owner else None,
            "private": one.private,
            "created_at": one.created_at,
            "entries": entries,
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _search_lines(library: Library, actor: Actor, slug: str) -> Iterable[str]:
    for one in readable_saved_searches(library, actor, slug):
        record = {"id": one.search.id, "name": one.search.name, "search": one.search.parameters}
        yield json.dumps(record, ensure_ascii=False) + "\n"
