"""A press review as a tagged PDF, by Typst. The texts are data for the template: none of them is markup."""

import json
from dataclasses import asdict
from pathlib import Path

import typst

from kb.press_review.review import PressReview
from kb.press_review.review_blocks import review_blocks
from kb.translation import Translator

_TEMPLATE = Path(__file__).with_suffix(".typ").read_bytes()


def write_pdf_review(review: PressReview, words: Translator) -> bytes:
    """The whole document: PDF/UA-1 if the fonts of the machine have all its characters, else tagged all the same."""
    data = {
        "title": review.title,
        "publisher": review.publisher,
        "logo": list(review.logo),
        "language": review.language,
        "label": words.say("permanent link"),
        "blocks": [asdict(block) for block in review_blocks(review, words)],
    }
    inputs = {"review": json.dumps(data)}
    try:
        return typst.compile(_TEMPLATE, format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:
        return typst.compile(_TEMPLATE, format="pdf", sys_inputs=inputs)
