"""The embedding of a question, and the texts of results whose embeddings are near it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kb.access.actor import AccessScope
from kb.model.items.item import Item
from kb.model.search_request import Fusion, SearchRequest
from kb.model.truncation import truncate
from kb.search.documents import count_characters
from kb.search.embedder import EmbeddedQuestion
from kb.search.fusion import is_question
from kb.search.index_search import IndexAnswer
from kb.search.marks import SNIPPET_SIZE, MatchedText
from kb.search.query_planning import SearchPlan
from kb.search.text_pieces import ITEM, PAGE, TextPiece, text_pieces_of
from kb.services.core.library import Library
from kb.services.search.result_types import SearchHit
from kb.store import ReadSnapshot

MOST_CHARACTERS = 1_000_000
"""Characters of the items of one page that are read for their nearest texts; the last item may go beyond."""


def embedded_question(library: Library, request: SearchRequest, planned: SearchPlan) -> EmbeddedQuestion | None:
    """The embedding of a request whose words are a sentence, if its results are sorted by relevance.

    None for keywords, operators and quotes, for a search to the letter, and while no service answers in time.
    """
    if library.embedder is None or request.fusion is Fusion.OFF or request.is_verbatim or not is_question(planned):
        return None
    vector = library.embedder.embed_question(request.q)
    return None if vector is None else EmbeddedQuestion(vector, library.embedder.model)


def with_nearest_texts(
    reading: ReadSnapshot, scope: AccessScope, rows: Sequence[SearchHit], answer: IndexAnswer
) -> Iterator[SearchHit]:
    """The rows; items without words of the query have the beginning of the text that is nearest to it, if all items of
    the page together are not too large.
    """
    numbers = {hit.id: hit.nearest for hit in answer.hits if hit.nearest is not None and not hit.has_words}
    remaining = MOST_CHARACTERS
    for row in rows:
        number = numbers.get(row.item.id)
        if number is None or remaining <= 0:
            yield row
            continue
        item, page = _whole_item(reading, scope, row.item), reading.page_texts.of_item(row.item.id)
        remaining -= count_characters(item, page)
        pieces = text_pieces_of(item, page)
        # The item may have changed since it was indexed.
        yield _with_text(row, item, pieces[number]) if number < len(pieces) else row


def _whole_item(reading: ReadSnapshot, scope: AccessScope, item: Item) -> Item:
    """The item with all its annotations, which a listing may have left out."""
    return item if item.annotation_count is None else reading.items.visible([item.id], scope).get(item.id, item)


def _with_text(row: SearchHit, item: Item, piece: TextPiece) -> SearchHit:
    pieces = ((truncate(piece.text, SNIPPET_SIZE), False),)
    if piece.source == PAGE:
        return replace(row, matches=(MatchedText("page", None, pieces),))
    if piece.source == ITEM:
        return replace(row, matches=(MatchedText("description", None, pieces),) if item.description else ())
    annotation = next(annotation for annotation in item.annotations if annotation.id == piece.source)
    shown = row.item.annotations if annotation in row.item.annotations else (*row.item.annotations, annotation)
    match = MatchedText(annotation.kind.value, annotation.id, pieces)
    return replace(row, item=replace(row.item, annotations=shown), matches=(match,))
