"""Read a page that a reader's browser saved: its copy to keep, and its facts. This module runs in a subprocess."""

import sys
from collections.abc import Iterator

from kb.extraction.charsets import decode_body
from kb.extraction.extraction_process import COPY, TANGLED, ExtractedFacts, run_extraction
from kb.extraction.html_facts import PICTURE_ADDRESS, article_text, declared_facts, inferred_facts, parse_html
from kb.extraction.html_sanitizer import NAMED_DATA, CopyTooLarge, clean_copy, named_pictures, with_named_data
from kb.extraction.markup_bounds import MarkupTooLarge, require_bounded_markup
from kb.extraction.mhtml import NotAnArchive, html_of_mhtml, is_mhtml


def facts_of_saved_page(body: bytes, parameters: dict[str, str]) -> Iterator[ExtractedFacts]:
    """The copy first, because a page is kept even if its facts take too long; nothing if it cannot be kept."""
    try:
        page = html_of_mhtml(body) if is_mhtml(body) else decode_body(body, parameters["charset"])
        small = with_named_data(page)
        require_bounded_markup(small)
        tree = parse_html(small)
        known = declared_facts(tree) if tree is not None else {}
        copy = clean_copy(page, tree, str(known.get("title") or ""))
        yield {COPY: copy}
    except (NotAnArchive, CopyTooLarge):
        return
    except MarkupTooLarge:
        yield {TANGLED: True}
        return
    if tree is None:
        return
    yield known
    yield inferred_facts(tree, parameters["address"], known)
    pictures = named_pictures(copy)
    for picture in tree.iter("img"):
        name = (picture.get("src") or "").removeprefix(NAMED_DATA)
        if name in pictures:
            picture.set("src", f"{PICTURE_ADDRESS}{name}.png")
    yield article_text(tree, with_pictures=bool(pictures))


if __name__ == "__main__":
    sys.exit(run_extraction(facts_of_saved_page))
