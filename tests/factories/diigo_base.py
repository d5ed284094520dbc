"""The expected records of a Diigo library after the import of all its files: JSON Lines records without ids."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from kb.access.actor import OPERATOR
from kb.formats.comment_source_and_date import source_and_date
from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import PrivateRecords
from kb.model.items.import_job import ImportReport
from kb.model.slugs import slug_of
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.library import Library
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from tests.factories.diigo_files import diigo_csv_file, diigo_html_file, diigo_json_file, diigo_rss_file
from tests.factories.diigo_library import GROUP_SLUG, DiigoBookmark, DiigoComment, DiigoUser
from tests.factories.import_export import exported_lines

Record = dict[str, Any]


def diigo_files(library: Sequence[DiigoBookmark]) -> dict[str, bytes]:
    """The four files of a library, by the names of their formats."""
    return {
        "diigo-csv": diigo_csv_file(library),
        "diigo-json": diigo_json_file(library),
        "diigo-rss": diigo_rss_file(library),
        "diigo-html": diigo_html_file(library),
    }


def import_file(base: Library, data: bytes, **options: Any) -> ImportReport:
    """Import a file into the group of the library as the operator, private records included."""
    chosen = ImportOptions(group_slug=GROUP_SLUG, **({"private": PrivateRecords.SHARE} | options))
    return import_items(base, OPERATOR, _entries_of(data), chosen)


@cache
def _entries_of(data: bytes) -> tuple[Any, ...]:
    """What a file holds: tests import the same files in many orders."""
    return tuple(read_drafts(io.BytesIO(data)))


def records_in(base: Library) -> list[Record]:
    """The exported records without ids and group, in an order that does not depend on the import."""
    records = [_without_ids(json.loads(line)) for line in exported_lines(base).splitlines()]
    for record in records:
        assert record.pop("group")["slug"] == GROUP_SLUG
    return in_order(records)


def in_order(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (canonical_url(record["url"]) or "", record["title"]))


def without_language(records: Iterable[Record]) -> list[Record]:
    """The records without the language, which is detected."""
    return [{name: value for name, value in record.items() if name != "language"} for record in records]


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(element) for name, element in value.items() if name != "id"}
    return [_without_ids(element) for element in value] if isinstance(value, list) else value


def expected_records(library: Sequence[DiigoBookmark]) -> list[Record]:
    """The expected records: all that some file contains, that is, not which bookmarks are private, nor highlight
    colours.
    """
    same: dict[str | None, list[DiigoBookmark]] = {}
    for bookmark in library:
        same.setdefault(canonical_url(bookmark.url), []).append(bookmark)
    return in_order(map(_expected, same.values()))


def _expected(several: Sequence[DiigoBookmark]) -> Record:
    """The item for the bookmarks of one address, in the order of the files: the first bookmark gives the texts."""
    first = several[0]
    by_date = sorted(several, key=lambda bookmark: bookmark.created)
    comments = [comment for bookmark in several for comment in bookmark.comments]
    source_date = next((source_date for comment in comments if (source_date := source_and_date(comment.body))), None)
    sharers = [{"author": _person(bookmark.user), "added": _time(bookmark.created)} for bookmark in by_date[1:]]
    return {
        "url": first.url,
        "title": first.title,
        "description": next((bookmark.description for bookmark in several if bookmark.description), None),
        "author": _person(by_date[0].user),
        "byline": None,
        "tags": list(dict.fromkeys(tag for bookmark in several for tag in bookmark.tags)),
        "added": _time(by_date[0].created),
        "updated": _time(max(bookmark.updated for bookmark in several)),
        "published": source_date.published if source_date else None,
        "source": source_date.source if source_date else None,
        "views": max(bookmark.views for bookmark in several if bookmark.shared)
        if any(bookmark.shared for bookmark in several)
        else 0,
        "annotations": [part for bookmark in several for part in _expected_annotations(bookmark)],
        **({"sharers": sharers} if sharers else {}),
    }


def _expected_annotations(bookmark: DiigoBookmark) -> list[Record]:
    highlights = [
        _part("highlight", bookmark.user, highlight.created, quote=highlight.quote, replies=highlight.comments)
        for highlight in bookmark.highlights
    ]
    comments = [_part("comment", comment.user, comment.created, body=comment.body) for comment in bookmark.comments]
    return [*highlights, *comments]


def _part(kind: str, user: DiigoUser, created: datetime, **texts: Any) -> Record:
    replies: Sequence[DiigoComment] = texts.get("replies", ())
    return {
        "kind": kind,
        "author": _person(user),
        "added": _time(created),
        "quote": texts.get("quote"),
        "body": texts.get("body"),
        "prefix": None,
        "suffix": None,
        "color": None,
        "replies": [
            {"author": _person(reply.user), "added": _time(reply.created), "body": reply.body} for reply in replies
        ],
    }


def _person(user: DiigoUser) -> Mapping[str, str]:
    return {"login": slug_of(user.login), "name": user.name}


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
