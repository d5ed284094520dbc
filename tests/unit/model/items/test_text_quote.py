"""Where a passage stands in its page."""

from kb.model.items.item_fields import Words
from kb.model.items.text_quote import placed_in

PAGE = "Le port s’éveille.\n\nLes mouettes   crient sur le quai ; les chaluts rentrent, et la criée commence."


def test_a_passage_is_found_whatever_its_spaces() -> None:
    found = placed_in(Words("mouettes\ncrient sur le  quai"), PAGE)
    assert (found.quote, found.prefix) == ("mouettes\ncrient sur le  quai", "Le port s’éveille. Les ")
    assert found.suffix == " ; les chaluts rentrent, et la c"


def test_what_is_not_there_or_placed_already_stays_as_it_is() -> None:
    for words in (Words("Les goélands"), Words(body="Un mot."), Words("mouettes", prefix="Trois ")):
        assert placed_in(words, PAGE) == words
