"""The JSON shapes of the API and of the command's output, exactly as the API description defines them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from itertools import accumulate
from typing import cast

from kb.access.actor import Actor
from kb.model.bibliographic_record import RECORD_FIELDS, record_values
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.item import Item
from kb.model.items.item_file import ItemFile
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.search_request import SearchRequest, View
from kb.model.truncation import truncate_within
from kb.search.marks import MatchedText
from kb.services.accounts.own_account import OwnAccount
from kb.services.annotations.annotations import AnnotationOrReplyView
from kb.services.groups.group_views import GroupView
from kb.services.items.items import ItemsPage, ItemView
from kb.services.search.result_types import FacetValue, SearchHit, SearchResults, result_range
from kb.services.search.saved_searches import SavedSearchView
from kb.services.tags.tags import TagCount
from kb.web.api.answer_size import LONGEST_SHORT_TEXT, shortened_item, within_size
from kb.web.api.json_types import answers
from kb.web.http.context import AnnotationFacts

SHOWN_HIGHLIGHTS = 3
_MOST_FACET_BYTES = 150_000
_OF_HIT = frozenset({"shortened", "score", "matches", "by_meaning"})
"""The members that an item that was found has beside those of its item."""
# The first members in their order; fields that the record has gained since follow them.
_ITEM_MEMBERS: dict[str, object] = dict.fromkeys(
    "id group url title description author byline tags language source published added updated views".split()
)


def search_answer(results: SearchResults) -> answers.FoundItems | answers.FoundPassages:
    """The answer to a search: one page of hits, the total, the facets."""
    request = results.request
    common: answers.Found = {
        "query": request.q,
        **_page_members(request, results.total, len(results.rows)),
        "took_ms": results.took_ms,
        "understood": not results.left_out and results.interpretation is None,
        "suggestion": results.suggestion,
        **_answers(results),
    }
    values = {name: _facet_values(name, results.facets.get(name, ())) for name in answers.FACET_NAMES}
    facets = cast("answers.Facets", values)
    if request.view is View.ITEMS:
        item_hits = within_size(results.rows, _item_hit)
        return {**common, "items": item_hits, "facets": facets}
    passage_hits = within_size([(row, row.annotation) for row in results.rows if row.annotation], _passage_hit)
    return {**common, "items": passage_hits, "facets": facets}


def _answers(results: SearchResults) -> answers.SomeAnswers:
    """What the texts say a question, if there are any."""
    sentences: list[answers.AnswerSentence] = [
        {
            "text": sentence.text,
            "item": sentence.item.id,
            "annotation": sentence.annotation.id if sentence.annotation else None,
            "score": sentence.score,
        }
        for sentence in results.answers
    ]
    return {"answers": sentences} if sentences else {}


def listed(answers_of_all: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """The answer with all of these."""
    items = list(answers_of_all)
    return {"total": len(items), "items": items}


def items_answer(page: ItemsPage, views: Iterable[ItemView], base_url: str) -> answers.Items:
    """One page of whole items."""
    items = within_size(views, partial(item_answer, base_url=base_url))
    return {**_page_members(page.request, page.total, len(items)), "items": items}


def item_answer(
    view: ItemView, *, base_url: str, is_shortened: bool = False, facts: AnnotationFacts | None = None
) -> answers.WholeItem:
    """An item as a search gives it, with all its annotations and the address of its page. `facts` are what features
    know of its annotations.
    """
    is_shortened = is_shortened or view.annotation_count is not None
    item = shortened_item(view.item) if is_shortened else view.item
    total = len(view.item.annotations) if view.annotation_count is None else view.annotation_count
    return {
        **_item(item, view.group),
        "annotations": {**annotations_answer(item, facts), "total": total},
        "shortened": is_shortened,
        "permalink": f"{base_url}/items/{view.item.id}",
        "files": [_file(file) for file in view.item.files],
    }


def _file(file: ItemFile) -> answers.File:
    return {
        "role": file.role,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
    }


def annotations_answer(item: Item, facts: AnnotationFacts | None = None) -> answers.AllAnnotations:
    """All annotations of an item, whole, in their order."""
    return {
        "total": len(item.annotations),
        "items": [_whole_annotation(annotation, facts) for annotation in item.annotations],
    }


def part_answer(
    view: AnnotationOrReplyView, facts: AnnotationFacts | None = None
) -> answers.PlacedAnnotation | answers.PlacedReply:
    """An annotation or a reply, whole, with its item and parent."""
    match view.part:
        case Annotation():
            return {**_whole_annotation(view.part, facts), "item": view.item.id}
        case Reply():
            return {**reply_answer(view.part), "item": view.item.id, "annotation": view.parent or ""}


def group_answer(view: GroupView) -> answers.Group:
    """A group, the user's role in it, and the counts of its readable content."""
    return {
        **_group(view.group),
        "description": view.group.description,
        "visible": view.group.visible,
        "join": view.group.join,
        "feeds": view.group.feeds,
        "role": view.role.key if view.role else None,
        "items": view.items,
        "annotations": view.annotations,
    }


def me_answer(own: OwnAccount, actor: Actor) -> answers.Me:
    """The user: the account, the role in each group, and the rights of the session or token."""
    account = own.account
    return {
        "login": account.user.login,
        "name": account.user.name,
        "email": account.email,
        "administrator": account.administrator,
        "groups": [{**_group(group), "role": role.key} for group, role in own.groups],
        "scope": "read" if actor.read_only else "write",
    }


def tags_answer(request: SearchRequest, tags: Sequence[TagCount]) -> answers.Tags:
    """One page of tags."""
    start = (request.page - 1) * request.per_page
    counts: list[answers.TagCount] = [
        {"tag": tag.label, "count": tag.count} for tag in tags[start : start + request.per_page]
    ]
    return {**_page_members(request, len(tags), len(counts)), "items": counts}


def saved_search_answer(saved: SavedSearchView, base_url: str) -> answers.SavedSearch:
    """A saved search, with its parameters as an address spells them."""
    return {
        "id": saved.search.id,
        "group": _group(saved.group),
        "name": saved.search.name,
        "parameters": saved.search.parameters,
        "created": saved.search.created_at,
        "permalink": f"{base_url}/saved/{saved.search.id}",
    }


def _page_members(request: SearchRequest, total: int, shown: int) -> answers.Page:
    """The total, and the range that a page shows."""
    places = result_range(request, shown)
    return {
        "total": total,
        "page": request.page,
        "per_page": request.per_page,
        "range": list(places) if places else None,
    }


def _item_hit(row: SearchHit, *, is_shortened: bool) -> answers.ItemHit:
    return {
        **_item(shortened_item(row.item) if is_shortened else row.item, row.group),
        "shortened": is_shortened,
        "score": row.score,
        "annotations": _annotations(row.item, most=0 if is_shortened else None),
        "matches": [] if is_shortened else _matches(row),
        **_by_meaning(row),
    }


def _passage_hit(row: tuple[SearchHit, Annotation], *, is_shortened: bool) -> answers.PassageHit:
    hit, annotation = row
    shown = _item_hit(hit, is_shortened=is_shortened)
    if is_shortened:
        quote, body = (
            text and truncate_within(text, LONGEST_SHORT_TEXT) for text in (annotation.quote, annotation.body)
        )
        annotation = replace(annotation, quote=quote, body=body, replies=())
    return {
        "shortened": is_shortened,
        "annotation": _annotation(annotation),
        "item": cast("answers.Item", {name: value for name, value in shown.items() if name not in _OF_HIT}),
        "matches": shown["matches"],
        "score": shown["score"],
        **_by_meaning(hit),
    }


def _by_meaning(row: SearchHit) -> answers.ByMeaning:
    return {} if row.has_words else {"by_meaning": True}


def _item(item: Item, group: Group) -> answers.ItemMembers:
    members = _ITEM_MEMBERS | {
        "id": item.id,
        "group": _group(group),
        **_record_members(item),
        "author": person_answer(item.author),
        "tags": list(item.tags),
        "added": item.added,
        "updated": item.updated,
        "views": item.views,
    }
    # Those of the record are listed there; tests judge that the shape has them.
    return cast("answers.ItemMembers", members)


def _annotations(item: Item, most: int | None) -> answers.SomeAnnotations:
    """The number of annotations, the first highlights and all comments that a listing reads, in their order, `most` at
    most.
    """
    annotations: list[Annotation] = []
    highlights = 0
    for annotation in item.annotations:
        if annotation.kind is AnnotationKind.COMMENT:
            annotations.append(annotation)
        elif annotation.kind is AnnotationKind.HIGHLIGHT and highlights < SHOWN_HIGHLIGHTS:
            highlights += 1
            annotations.append(annotation)
    return {"total": item.annotations_in_all, "items": [_annotation(annotation) for annotation in annotations[:most]]}


def _annotation(annotation: Annotation) -> answers.Annotation:
    return {
        "id": annotation.id,
        "kind": annotation.kind,
        "author": person_answer(annotation.author),
        "added": annotation.added,
        "quote": annotation.quote,
        "body": annotation.body,
        "replies": [reply_answer(reply) for reply in annotation.replies],
    }


def _whole_annotation(annotation: Annotation, facts: AnnotationFacts | None) -> answers.WholeAnnotation:
    whole = {
        **_annotation(annotation),
        "prefix": annotation.prefix,
        "suffix": annotation.suffix,
        "color": annotation.color,
        "updated": annotation.updated,
        "tags": _own_tags(annotation),
        "selectors": annotation.selectors,
    }
    # The interface names the members that features may add.
    return cast("answers.WholeAnnotation", {**whole, **(facts or {}).get(annotation.id, {})})


def reply_answer(reply: Reply) -> answers.Reply:
    return {
        "id": reply.id,
        "author": person_answer(reply.author),
        "added": reply.added,
        "body": reply.body,
        "reply_to": reply.reply_to,
        "updated": reply.updated,
        "tags": _own_tags(reply),
    }


def _own_tags(part: Annotation | Reply) -> list[str] | None:
    return None if part.tags is None else list(part.tags)


def _group(group: Group) -> answers.GroupName:
    return {"slug": group.slug, "name": group.name}


def _record_members(item: Item) -> dict[str, str | None]:
    """The fields of the record; those of a reference where they have a value."""
    values = record_values(item)
    return {field.name: values[field.name] for field in RECORD_FIELDS if values[field.name] or not field.of_reference}


def person_answer(user: User | None) -> answers.Person | None:
    return {"login": user.login, "name": user.name} if user else None


def _matches(row: SearchHit) -> list[answers.Match]:
    """The marked texts in the places that the interface names: a byline, for example, is none."""
    return [
        {"field": match.field, "annotation": match.annotation, "html": _html(match)}
        for match in row.matches
        if match.field in answers.MATCHED_FIELDS
    ]


def _html(match: MatchedText) -> str:
    """Escaped text with `<mark>` only."""
    return "".join(f"<mark>{escape(text)}</mark>" if marked else escape(text) for text, marked in match.pieces)


def _facet_bytes(value: FacetValue) -> int:
    return len(f"{value.value}{value.label}".encode("utf-8", "surrogatepass"))


def _facet_values(name: str, values: Sequence[FacetValue]) -> list[answers.Month | answers.FacetValue]:
    """The first values of a facet, as many as fit, and the selected ones."""
    fitting = sum(size <= _MOST_FACET_BYTES for size in accumulate(_facet_bytes(value) for value in values))
    return [_facet_value(name, value) for place, value in enumerate(values) if place < fitting or value.selected]


def _facet_value(name: str, value: FacetValue) -> answers.Month | answers.FacetValue:
    if name == "date":
        return {"value": value.value, "count": value.count}
    return {"value": value.value, "label": value.label, "count": value.count, "selected": value.selected}
