"""Diigo bookmarks with random texts, and the facts of a bookmark and of its draft in a common form."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AuthorDraft, ItemDraft
from tests.factories.diigo_library import ODD_TEXTS, USERS, DiigoBookmark, DiigoComment, DiigoHighlight

_START = datetime(2014, 11, 7, 9, 12, tzinfo=UTC)
_letters = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), exclude_characters="\ufffe\uffff"
)
_words = st.text(_letters, min_size=1, max_size=12)
lines = st.lists(_words, min_size=1, max_size=6).map(" ".join)
texts = st.lists(lines, min_size=1, max_size=3).map("\n".join) | st.sampled_from(ODD_TEXTS)
comments = st.builds(DiigoComment, texts, st.sampled_from(USERS), st.just(_START + timedelta(hours=1)))
highlights = st.builds(
    DiigoHighlight, texts, st.just(_START + timedelta(minutes=1)), st.lists(comments, max_size=2).map(tuple)
)
tags = st.lists(lines.filter(lambda tag: "," not in tag), max_size=3, unique_by=str.casefold).map(tuple)
bookmarks = st.builds(
    DiigoBookmark,
    st.sampled_from(["https://exemple.fr/?a=1&b=%20", "http://É.FR/é", "https://exemple.fr/\"<x>'"]),
    lines,
    st.sampled_from(USERS),
    st.just(_START),
    st.just(_START + timedelta(days=1)),
    st.just("") | texts,
    tags,
    st.just(True),
    st.integers(0, 5_000),
    st.lists(highlights, max_size=3).map(tuple),
    st.lists(comments, max_size=2).map(tuple),
)
"""Public bookmarks, with texts without control characters."""


def written_facts(bookmark: DiigoBookmark) -> tuple[object, ...]:
    """The facts of a bookmark in the feed and on the page of a group: address, start of the title, sharer, texts."""
    return (
        bookmark.url,
        bookmark.title[:70],
        bookmark.user.login,
        bookmark.description,
        bookmark.tags,
        [
            (highlight.quote, [(comment.user.login, comment.body) for comment in highlight.comments])
            for highlight in bookmark.highlights
        ],
        [(comment.user.login, comment.body) for comment in bookmark.comments],
    )


def read_facts(draft: ItemDraft) -> tuple[object, ...]:
    """The same facts of a draft."""
    return (
        draft.url,
        (draft.title or "")[:70],
        _login(draft.author),
        draft.description or "",
        draft.tags or (),
        [
            (annotation.quote, [(_login(reply.author), reply.body) for reply in annotation.replies])
            for annotation in draft.annotations
            if annotation.kind is AnnotationKind.HIGHLIGHT
        ],
        [(_login(part.author), part.body) for part in draft.annotations if part.kind is AnnotationKind.COMMENT],
    )


def _login(author: AuthorDraft | None) -> str | None:
    return author.login if author else None
