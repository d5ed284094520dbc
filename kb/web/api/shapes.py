"""The shapes that leave by the JSON interface, and by the command, to the letter of what was promised."""

from html import escape

from kb.library.results import FacetValue, Match, Results, Row
from kb.model.annotation import Annotation, AnnotationKind, Reply
from kb.model.item import Item
from kb.model.search import View
from kb.model.user import User

SHOWN_HIGHLIGHTS = 3

Shape = dict[str, object]


def search_answer(results: Results) -> Shape:
    """The answer to a search: one page of hits, the total, the facets."""
    request = results.request
    row_shape = _item_hit if request.view is View.ITEMS else _passage_hit
    return {
        "query": request.q,
        "total": results.total,
        "page": request.page,
        "per_page": request.per_page,
        "range": list(results.range) if results.range else None,
        "took_ms": results.took_ms,
        "understood": not results.left_out,
        "suggestion": results.suggestion,
        "items": [row_shape(row) for row in results.rows],
        "facets": {
            name: [_facet_value(name, value) for value in results.facets.get(name, ())]
            for name in ("tag", "author", "source", "language", "kind", "group", "date")
        },
    }


def _item_hit(row: Row) -> Shape:
    return {**_item(row), "score": row.score, "annotations": _annotations(row.item), "matches": _matches(row)}


def _passage_hit(row: Row) -> Shape:
    annotation = _annotation(row.annotation) if row.annotation else None
    item = {**_item(row), "annotations": _annotations(row.item)}
    return {"annotation": annotation, "item": item, "matches": _matches(row), "score": row.score}


def _item(row: Row) -> Shape:
    item = row.item
    return {
        "id": item.id,
        "group": {"slug": row.group.slug, "name": row.group.name},
        "url": item.url,
        "title": item.title,
        "description": item.description,
        "author": _user(item.author),
        "byline": item.byline,
        "tags": list(item.tags),
        "language": item.language,
        "source": item.source,
        "published": item.published,
        "added": item.added,
        "updated": item.updated,
        "views": item.views,
    }


def _annotations(item: Item) -> Shape:
    """How many there are, the first highlights and all comments, in their order."""
    shown: list[Annotation] = []
    highlights = 0
    for annotation in item.annotations:
        if annotation.kind is AnnotationKind.COMMENT:
            shown.append(annotation)
        elif annotation.kind is AnnotationKind.HIGHLIGHT and highlights < SHOWN_HIGHLIGHTS:
            highlights += 1
            shown.append(annotation)
    return {"total": len(item.annotations), "items": [_annotation(annotation) for annotation in shown]}


def _annotation(annotation: Annotation) -> Shape:
    return {
        "id": annotation.id,
        "kind": annotation.kind.value,
        "author": _user(annotation.author),
        "added": annotation.added,
        "quote": annotation.quote,
        "body": annotation.body,
        "replies": [_reply(reply) for reply in annotation.replies],
    }


def _reply(reply: Reply) -> Shape:
    return {"id": reply.id, "author": _user(reply.author), "added": reply.added, "body": reply.body}


def _user(user: User | None) -> Shape | None:
    return {"login": user.login, "name": user.name} if user else None


def _matches(row: Row) -> list[Shape]:
    return [{"field": match.field, "annotation": match.annotation, "html": _html(match)} for match in row.matches]


def _html(match: Match) -> str:
    """Escaped text with `<mark>` only."""
    return "".join(f"<mark>{escape(text)}</mark>" if marked else escape(text) for text, marked in match.pieces)


def _facet_value(name: str, value: FacetValue) -> Shape:
    if name == "date":
        return {"value": value.value, "count": value.count}
    return {"value": value.value, "label": value.label, "count": value.count, "selected": value.selected}
