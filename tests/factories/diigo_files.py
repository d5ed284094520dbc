"""The export files of Diigo for a library, in the form of real ones, with their irregularities.

Dates in the CSV have no time zone: they are in Diigo's zone (`DIIGO_ZONE`). Only the CSV and the API have private
bookmarks.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

from tests.factories.diigo_library import (
    GROUP_NAME,
    GROUP_SLUG,
    DiigoBookmark,
    DiigoComment,
    DiigoHighlight,
    DiigoUser,
)

DIIGO_ZONE = timezone(timedelta(hours=8))
CSV_HEADER = ("title", "url", "tags", "description", "comments", "annotations", "created_at")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "é": "&eacute;"}


def diigo_csv_file(library: Iterable[DiigoBookmark], *, mark: str = "\ufeff") -> bytes:
    """The CSV export: literal `\\n`, entities, some elements of HTML, and `no_tag`."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(CSV_HEADER)
    for bookmark in library:
        rows.writerow(
            (
                bookmark.title,
                bookmark.url,
                ",".join(bookmark.tags) or "no_tag",
                _csv_text(bookmark.description, "<br>"),
                "\n".join(_csv_text(comment.body) for comment in bookmark.comments),
                "\n".join(_csv_blocks(bookmark.highlights)),
                bookmark.created.astimezone(DIIGO_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            )
        )
    return (mark + text.getvalue()).encode()


def diigo_zip_file(library: Iterable[DiigoBookmark], name: str = "diigo_csv_2026_11_27.csv") -> bytes:
    """The same file in an archive, as Diigo sends it."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"__MACOSX/._{name}", b"\0" * 20)
        archive.writestr(name, diigo_csv_file(library))
    return packed.getvalue()


def _csv_blocks(highlights: Sequence[DiigoHighlight]) -> Iterable[str]:
    for place, highlight in enumerate(highlights):
        quote = _csv_text(highlight.quote)
        yield f"Highlight: <b>{quote}</b>" if place % 3 == 2 else f"Highlight: {quote}"
        for comment in highlight.comments:
            yield f"Sticky notes: {_csv_text(comment.body)}"


def _csv_text(text: str, line_break: str = "\\n") -> str:
    return "".join(_ENTITIES.get(character, character) for character in text).replace("\n", line_break)


def diigo_json_file(library: Iterable[DiigoBookmark]) -> bytes:
    """The responses of API v2, concatenated into one list."""
    records = [
        {
            "title": bookmark.title,
            "url": bookmark.url,
            "user": bookmark.user.login,
            "desc": escape(bookmark.description, quote=False),
            "tags": ",".join(bookmark.tags) or "no_tag",
            "shared": "yes" if bookmark.shared else "no",
            "readlater": "no",
            "created_at": _api_time(bookmark.created),
            "updated_at": _api_time(bookmark.updated),
            "comments": [_api_comment(comment) for comment in bookmark.comments],
            "annotations": [
                {
                    "content": escape(highlight.quote, quote=False),
                    "created_at": _api_time(highlight.created),
                    "comments": [_api_comment(comment) for comment in highlight.comments],
                }
                for highlight in bookmark.highlights
            ],
        }
        for bookmark in library
    ]
    return json.dumps(records, ensure_ascii=False).encode()


def _api_comment(comment: DiigoComment) -> dict[str, str]:
    return {
        "content": escape(comment.body, quote=False),
        "created_at": _api_time(comment.created),
        "user": comment.user.login,
    }


def _api_time(time: datetime) -> str:
    return time.astimezone(DIIGO_ZONE).strftime("%Y/%m/%d %H:%M:%S +0800")


def diigo_rss_file(library: Iterable[DiigoBookmark], *, slug: str = GROUP_SLUG, name: str = GROUP_NAME) -> bytes:
    """The feed of the group as others see it, with its HTML escaped or in CDATA."""
    items = "".join(
        _rss_item(place, bookmark) for place, bookmark in enumerate(bookmark for bookmark in library if bookmark.shared)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n'
        f"<title>{escape(name)} | Diigo Group</title>\n"
        f"<link>https://groups.diigo.com/group/{slug}</link>\n<description>Group items</description>\n"
        f"{items}</channel>\n</rss>\n"
    ).encode()


def _rss_item(place: int, bookmark: DiigoBookmark) -> str:
    html = rss_html(bookmark)
    summary = f"<![CDATA[{html.replace(']]>', ']]]]><![CDATA[>')}]]>" if place % 2 else escape(html)
    return (
        f"<item>\n<title>{escape(bookmark.title)}</title>\n<link>{escape(bookmark.url)}</link>\n"
        f"<guid>{escape(bookmark.url)}</guid>\n"
        f"<pubDate>{format_datetime(bookmark.created.astimezone(UTC))}</pubDate>\n"
        f"<description>{summary}</description>\n</item>\n"
    )


def rss_html(bookmark: DiigoBookmark) -> str:
    """The HTML of an entry: description, highlights, then comments, tags and poster."""
    blocks = "".join(
        f'<div class="annInner">{_html(highlight.quote)}{_html_comments(highlight.comments)}</div>'
        for highlight in bookmark.highlights
    )
    tags = " ".join(
        f'<a href="https://groups.diigo.com/group/{GROUP_SLUG}/content/tag/{place}">{_html(tag)}</a>'
        for place, tag in enumerate(bookmark.tags)
    )
    description = f"<p>{_html(bookmark.description)}</p>" if bookmark.description else ""
    return (
        f"{description}{blocks}<p><strong>Comments:</strong>{_html_comments(bookmark.comments)}</p>"
        f"<p><strong>Tags:</strong> {tags}</p><p>by: {_html_user(bookmark.user)}</p>"
    )


def diigo_html_file(
    library: Sequence[DiigoBookmark], *, tag: str = "", slug: str = GROUP_SLUG, name: str = GROUP_NAME
) -> bytes:
    """The page of the group as others see it, with scripts, breadcrumbs and a pager; long titles are truncated, dates
    have no time.
    """
    public = [bookmark for bookmark in library if bookmark.shared]
    path = f"Group items tagged {tag}" if tag else "Group items"
    items = "".join(_html_item(place, bookmark, slug) for place, bookmark in enumerate(public, 1))
    return (
        "<!DOCTYPE html>\n<html><head><meta charset=utf-8>"
        f"<title>{escape(name)}'s best content | Diigo</title>\n"
        f'<link rel="alternate" type="application/rss+xml" href="https://groups.diigo.com/group/{slug}/rss">\n'
        "<script>if (a<b && c) { document.write('<div id=\"item_9\">l\\'été</div>'); }</script>"
        "<style>.annContent > div { color: red }</style></head>\n<body>"
        '<div id="nav"><a href="/group/autre-groupe">Autre groupe</a></div>\n'
        f'<div class="crumb"><a href="/">Home</a>/ <a href="https://groups.diigo.com/group/{slug}">{escape(name)}</a>/ '
        f"{escape(path)}</div>\n{items}"
        f'<div class="pager">1 - {len(public)} of {len(public)}</div>'
        "<div>Showing 20 items per page</div></body></html>\n"
    ).encode()


def _html_item(number: int, bookmark: DiigoBookmark, slug: str) -> str:
    title = bookmark.title if len(bookmark.title) <= 80 else bookmark.title[:77] + "..."
    tags = " ".join(
        f'<a href="/group/{slug}/content/tag/{place}">{_html(tag)}</a>' for place, tag in enumerate(bookmark.tags)
    )
    description = f'<div id="desc_{number}">{_html(bookmark.description)}</div>\n' if bookmark.description else ""
    blocks = "".join(
        f'<li><div class="annContent">\n  <div>{_html(highlight.quote)}</div>\n  {_html_comments(highlight.comments)}\n'
        "</div></li>"
        for highlight in bookmark.highlights
    )
    comments = "".join(
        f'<li><div class="annContent"><div></div>{_html_comments([comment])}</div></li>'
        for comment in bookmark.comments
    )
    return (
        f'<div class="item" id="item_{number}">\n<div>{_html_user(bookmark.user)}</div>\n'
        f'<h3><a id="title_link_{number}" href="{escape(bookmark.url)}" target=_blank>{_html(title)}</a>'
        f" - {bookmark.views} views</h3>\n"
        f"<span class=date>{bookmark.created.strftime('%d %b %y')}</span>\n{description}"
        f'<div id="tags_{number}">Tags: {tags}</div>\n<ul>{blocks}{comments}</ul>\n</div>\n'
    )


def _html_comments(comments: Iterable[DiigoComment]) -> str:
    comment_html = "".join(
        f"<li>{_html_user(comment.user)} <span>{_html(comment.body)}</span></li>" for comment in comments
    )
    return f"<ul>{comment_html}</ul>" if comment_html else ""


def _html_user(user: DiigoUser) -> str:
    return f'<a href="https://www.diigo.com/user/{user.login}">{_html(user.name)}</a>'


def _html(text: str) -> str:
    return escape(text).replace("\n", "<br>").replace("\xa0", "&nbsp;")


def diigo_text_file(library: Sequence[DiigoBookmark], *, tag: str = "agents", name: str = GROUP_NAME) -> bytes:
    """The page of the group saved as text by a browser: no addresses, dates and tags; longer lists are collapsed."""
    public = [bookmark for bookmark in library if bookmark.shared]
    items = "\n".join(_text_item(bookmark) for bookmark in public)
    return (
        f"Skip to main content\n\nHome/ {name}/ Group items tagged {tag}\n\nRss Feed Group items tagged\n\n{items}\n"
        f"1 - {len(public)} of {len(public)}\nShowing 20 items per page\n"
    ).encode()


def diigo_pasted_file(library: Sequence[DiigoBookmark], *, tag: str = "agents", name: str = GROUP_NAME) -> bytes:
    """The same page copied from a browser window: blank lines, tabs, no-break spaces, other bullets."""
    lines = diigo_text_file(library, tag=tag, name=name).decode().split("\n")
    pasted = [
        line.replace("  • ", "\t•\t").replace("      ", "\t\t").replace(" - ", "\xa0- ", 1)
        if line.endswith(" views")
        else line.replace("  • ", "\t•\t").replace("      ", "\t\t")
        for line in lines
    ]
    return "\r\n".join(part for line in pasted for part in ((line, "") if line.strip() else (line,))).encode()


def _text_item(bookmark: DiigoBookmark) -> str:
    title = bookmark.title if len(bookmark.title) <= 80 else bookmark.title[:77] + "..."
    lines = [bookmark.user.name, f"{title} - {bookmark.views} views", ""]
    for place, highlight in enumerate(bookmark.highlights):
        if place == 3:
            lines.append(f"  • ...{len(bookmark.highlights) - 3} more annotations...")
        lines.append(f"  • {_flat(highlight.quote)}")
        lines.extend(f"      ◦ {_flat(comment.body)}" for comment in highlight.comments)
    for comment in bookmark.comments:
        lines.extend(("  •", f"      {_flat(comment.body)}"))
    return "\n".join((*lines, ""))


def _flat(text: str) -> str:
    return " ".join(text.split("\n"))
