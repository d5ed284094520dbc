"""Documents are written in a subprocess with limits, and whatever language an item names."""

import subprocess
import sys

import pytest

from kb.errors import Invalid, Unavailable
from kb.press_review import review_formats
from kb.press_review.review import PressReview, ReviewedItem, ReviewedQuote, ReviewSection
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS, write_document
from kb.translation import Translator

TRANSLATOR = Translator("fr")
HEADS = {"docx": b"PK", "odt": b"PK", "pdf": b"%PDF-"}
LANGUAGES = ("fr-CA", "klingon", "FR", "fr_CA", "zh-Hant-TW", "x", "é", '"><b>', "fr\n", "a" * 300, "en" + "-x" * 99)


def a_review(*languages: str, items: int = 1, quote: str = "Les agents racontent") -> PressReview:
    entries = tuple(
        ReviewedItem(f"Titre {position}", quotes=(ReviewedQuote(quote),), language=language)
        for position, language in enumerate(languages or [""] * items)
    )
    return PressReview("Revue", "", "", "fr", (ReviewSection(entries=entries),))


@pytest.mark.parametrize("form", HEADS)
def test_each_document_is_written_in_the_subprocess(form: str) -> None:
    assert write_document(form, a_review(), TRANSLATOR).startswith(HEADS[form])


def test_no_web_worker_imports_the_libraries_that_write_documents() -> None:
    program = "import sys, kb.web.routes; print(sorted({'typst', 'docx', 'odfdo'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize("limits", [{"seconds": 1}, {"memory": 300 << 20}], ids=["time", "memory"])
def test_a_document_that_takes_too_long_or_too_much_is_refused(limits: dict[str, int]) -> None:
    review = a_review(items=200, quote="漢字仮名交じり文" * 2_000)
    with pytest.raises(Invalid, match="too much time or memory"):
        write_document("pdf", review, TRANSLATOR, **limits)


def test_a_failure_of_the_writer_is_not_told_as_one_of_the_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_formats, "_WRITER", "kb.press_review.no_such_writer")
    with pytest.raises(Unavailable):
        write_document("pdf", a_review(), TRANSLATOR)


@pytest.mark.parametrize("form", PRESS_REVIEW_FORMATS)
def test_no_language_of_an_item_keeps_a_review_from_being_written(form: str) -> None:
    assert PRESS_REVIEW_FORMATS[form].write(a_review(*LANGUAGES), TRANSLATOR)
