"""The archive of a group, for its owners: all that belongs to it, as files in a ZIP."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from zipfile import ZipInfo

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.formats.group_archive_files import FILES, FOLDERS, GROUP, ITEMS, LISTS, README_NAMES, SAVED_SEARCHES, VOCABULARY
from kb.formats.json_lines.writer import json_line_of
from kb.formats.shared.zip_stream import ZipStream
from kb.formats.skos.writer import write_skos
from kb.model.items.item_file import FileKind, FileRole, ItemFile
from kb.services.authentication.authentication import current_actor
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.exports.exports import Export, exported_items
from kb.services.lists.lists import readable_lists_of_group
from kb.services.search.saved_searches import readable_saved_searches
from kb.services.vocabulary.vocabularies import group_vocabulary
from kb.translation import LANGUAGES, Translator


def group_archive(library: Library, actor: Actor, export: Export) -> Iterator[bytes]:
    """The ZIP, in pieces, with one item in memory at a time. Raises NotFound, LoginNeeded, Forbidden unless an owner.

    `export` is that of the group. The private lists of others are theirs, and not in it, nor is what is in the trash.
    """
    slug = export.group.slug if export.group else ""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EXPORT_WHOLE, reading.groups.by_slug(slug))
        readme = _readme_files(site_name(reading, library.settings), group.name)
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
    return _chunks(library, actor, export, json.dumps(about, ensure_ascii=False, indent=1), readme)


def _present_owner(library: Library, actor: Actor, group_id: str) -> tuple[Actor, str] | None:
    """The actor with the rights of this moment, and the slug of the group; None if the archive is no longer theirs."""
    with library.store.read() as reading:
        now = current_actor(reading, replace(actor, memo=None))
        group = reading.groups.by_id(group_id)
    return (now, group.slug) if group is not None and is_allowed(now, Action.EXPORT_WHOLE, group) else None


def _chunks(
    library: Library, actor: Actor, export: Export, about: str, readme: Iterable[tuple[str, str]]
) -> Iterator[bytes]:
    group_id, stream = export.group.id if export.group else "", ZipStream()
    items = (json_line_of(item, group) for item, group in exported_items(library, actor, export.ids))
    with stream.zip_file() as archive:
        for name, text in readme:
            archive.writestr(name, text)
        archive.writestr(GROUP, about)
        for name, lines in (
            (ITEMS, items),
            (LISTS, _list_lines(library, actor, group_id)),
            (SAVED_SEARCHES, _search_lines(library, actor, group_id)),
        ):
            with archive.open(name, "w", force_zip64=True) as file:
                for line in lines:
                    file.write(line.encode())
                    yield stream.taken()
        described = []
        for item_file in _files(library, actor, export):
            name = f"{item_file.role}/{item_file.item_id}{_suffix(item_file)}"
            described.append(_file_line(item_file, name))
            # Documents are compressed already.
            entry = ZipInfo(name)
            with archive.open(entry, "w", force_zip64=True) as member:
                for block in library.files.read(item_file.sha256):
                    member.write(block)
                    yield stream.taken()
        archive.writestr(FILES, "".join(described))
        owner = _present_owner(library, actor, group_id)
        archive.writestr(VOCABULARY, write_skos(group_vocabulary(library, *owner)[1], "turtle") if owner else b"")
    yield stream.taken()


def _files(library: Library, actor: Actor, export: Export) -> Iterator[ItemFile]:
    """The files and copies of the items, as far as the store has them, with the rights of the moment of each batch."""
    for item, _ in exported_items(library, actor, export.ids):
        with library.store.read() as reading:
            files = reading.item_files.of_items([item.id])
        yield from (file for file in files if library.files.holds(file.sha256))


def _suffix(file: ItemFile) -> str:
    """The suffix of the name in the archive, which is made of the item's id: no name of a user becomes a path."""
    if file.role is FileRole.COPY:
        return ".html.gz"
    return next((kind.suffix for kind in FileKind if kind.media_type == file.media_type), "")


def _file_line(file: ItemFile, name: str) -> str:
    record = {
        "item": file.item_id,
        "file": name,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "added": file.added_at,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _list_lines(library: Library, actor: Actor, group_id: str) -> Iterable[str]:
    """A line for each list, as long as the actor is an owner: a slow download takes hours."""
    owner = _present_owner(library, actor, group_id)
    for item_list in readable_lists_of_group(library, *owner) if owner else ():
        if _present_owner(library, actor, group_id) is None:
            return
        entries = [
            {
                "kind": entry.kind,
                "item": entry.item_id,
                "annotation": entry.annotation_id,
                "words": entry.text,
                "chosen": entry.chosen,
            }
            for entry in item_list.entries
        ]
        record = {
            "id": item_list.id,
            "name": item_list.name,
            "description": item_list.description,
            "owner": item_list.owner.login if item_list.owner else None,
            "private": item_list.private,
            "created_at": item_list.created_at,
            "review": asdict(item_list.review),
            "entries": entries,
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _search_lines(library: Library, actor: Actor, group_id: str) -> Iterable[str]:
    owner = _present_owner(library, actor, group_id)
    for view in readable_saved_searches(library, *owner) if owner else ():
        record = {"id": view.search.id, "name": view.search.name, "search": view.search.parameters}
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _readme_files(site: str, group: str) -> Iterator[tuple[str, str]]:
    """The file name and the text of the README in each language; `site` and `group` are names."""
    for language in LANGUAGES:
        gettext = Translator(language).gettext
        files = (
            (
                ITEMS,
                gettext(
                    "The items with their passages, comments and replies, one item a line, in the exchange format of"
                    " Florilège: “kb import” and the import page of a group read it."
                ),
            ),
            (LISTS, gettext("The lists, one a line; their entries name items and passages by the ids above.")),
            (SAVED_SEARCHES, gettext("The saved searches, one a line, with their parameters.")),
            (
                VOCABULARY,
                gettext("The vocabulary of the group, in SKOS (Turtle): the vocabulary page of a group imports it."),
            ),
            (GROUP, gettext("The name, the settings and the members of the group.")),
            (
                FILES,
                gettext(
                    "The files in the folders “file” and “copy”, one a line: item, name, media type, size, SHA-256."
                ),
            ),
            (FOLDERS[0], gettext("The documents of items, as they were sent.")),
            (FOLDERS[1], gettext("The kept copies of pages: HTML, compressed by gzip.")),
        )
        lines = [gettext("The group %(group)s of %(site)s", group=group, site=site), ""]
        for name, what in files:
            lines += [name, what, ""]
        lines.append(gettext("Not in it: the private lists of other members, and what is in the trash."))
        lines.append(gettext("All files are text in UTF-8, times are in UTC."))
        yield README_NAMES[language], "\n".join(lines) + "\n"
