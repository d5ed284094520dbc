"""The place of a passage in its page."""

from kb.model.items.item_fields import AnnotationFields
from kb.model.items.text_quote import with_text_quote

PAGE = "Le port s’éveille.\n\nLes mouettes   crient sur le quai ; les chaluts rentrent, et la criée commence."


def test_a_passage_is_found_whatever_its_spaces() -> None:
    quoted = with_text_quote(AnnotationFields("mouettes\ncrient sur le  quai"), PAGE)
    assert (quoted.quote, quoted.prefix) == ("mouettes\ncrient sur le  quai", "Le port s’éveille. Les ")
    assert quoted.suffix == " ; les chaluts rentrent, et la c"


def test_a_quote_that_is_missing_or_placed_already_stays_unchanged() -> None:
    for words in (
        AnnotationFields("Les goélands"),
        AnnotationFields(body="Un mot."),
        AnnotationFields("mouettes", prefix="Trois "),
    ):
        assert with_text_quote(words, PAGE) == words
