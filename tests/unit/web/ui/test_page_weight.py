"""The annotations of an item are divided into pages: none is lost, and no page exceeds the weight limit."""

import pytest

from kb.model.items.annotation import Annotation
from kb.web.ui.page_weight import MOST_PAGE_BYTES, PageBudget, fitting_labels, html_bytes, paginate_annotations
from tests.factories.items import a_reply, an_annotation


def weight(annotations: tuple[Annotation, ...]) -> int:
    texts = [text for part in annotations for text in (part.quote, part.body, *(reply.body for reply in part.replies))]
    return sum(map(html_bytes, texts))


def test_an_ordinary_item_has_one_page() -> None:
    annotations = [an_annotation(f"Passage {n}.") for n in range(300)]
    assert paginate_annotations(annotations) == (tuple(annotations),)
    assert paginate_annotations([]) == ((),)


@pytest.mark.parametrize("text", ["x", "<&>" * 100, "\U0001f600" * 10_000, '"' * 50_000])
def test_many_annotations_are_on_many_pages_and_none_is_lost(text: str) -> None:
    annotations = [an_annotation(text) for _ in range(2_000)]
    pages = paginate_annotations(annotations)
    assert [annotation for page in pages for annotation in page] == annotations
    assert len(pages) > 1
    assert max(map(weight, pages)) <= MOST_PAGE_BYTES


def test_replies_that_do_not_fit_go_on_in_the_next_page() -> None:
    replies = [a_reply(f"{n} " + "é" * 2_000) for n in range(1_000)]
    annotation = an_annotation("Un passage.", replies=replies)
    pages = paginate_annotations([annotation])
    assert [reply for page in pages for annotation in page for reply in annotation.replies] == replies
    assert {annotation.id for page in pages for annotation in page} == {annotation.id}
    assert max(map(weight, pages)) <= MOST_PAGE_BYTES


def test_a_page_budget_accepts_texts_up_to_its_size() -> None:
    budget = PageBudget(10_000)
    assert budget.reserve("x" * 5_000, None)
    assert not budget.reserve("x" * 5_000)
    assert budget.reserve("x" * 1_000)


def test_labels_that_are_too_long_are_left_out() -> None:
    assert fitting_labels(["eau", "x" * 10_000_000, "port"], 100) == ["eau", "port"]
