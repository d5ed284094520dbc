"""Item fields: one validation, and exact storage where possible."""

import pytest
from hypothesis import given as given_any
from hypothesis.strategies import lists, text

from kb.errors import Invalid
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import (
    AnnotationFields,
    ItemFields,
    checked_annotation_fields,
    checked_fields,
    checked_tags,
    parse_tags,
    tags_as_text,
)


def test_fields_are_stripped_and_tags_deduplicated() -> None:
    fields = ItemFields(
        url=" exemple.fr/page ",
        title="  Un\n titre ",
        description=" Deux\r\nlignes ",
        tags=(" Eau ", "eau", "", "Loi  NOTRe"),
    )
    checked = checked_fields(fields)
    assert (checked.url, checked.title, checked.description) == ("https://exemple.fr/page", "Un titre", "Deux\nlignes")
    assert checked.tags == ("Eau", "Loi NOTRe")


@pytest.mark.parametrize(
    "fields",
    [
        ItemFields(),
        ItemFields(title="  "),
        ItemFields(url="pas une adresse"),
        ItemFields(url="https://" + "a" * 8_000),
        ItemFields(title="x" * 2_001),
        ItemFields(title="nul \0"),
        ItemFields(title="Daté", published="2024-02-30"),
        ItemFields(title="Daté", published="hier"),
        ItemFields(title="Parlé", language="français"),
        ItemFields(title="Parlé", language="en" + "-x" * 17),
        ItemFields(title="Étiqueté", tags=("x" * 201,)),
        ItemFields(title="Étiqueté", tags=tuple(map(str, range(101)))),
    ],
)
def test_an_unstorable_field_is_refused_with_a_sentence(fields: ItemFields) -> None:
    with pytest.raises(Invalid):
        checked_fields(fields)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:x", "java\tscript:x", "data:text/html,<b>", "vbscript:x", "about:blank",
     "place:sort=8", "chrome://settings"],
)  # fmt: skip
def test_an_address_that_leads_to_no_page_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="is no address: https://… was expected"):
        checked_fields(ItemFields(url=url, title="Piège"))


def test_addresses_that_browsers_would_not_follow_are_kept_as_they_are() -> None:
    for url in ("urn:isbn:9782070360024", "ftp://exemple.fr/a", "mailto:claire@exemple.fr"):
        assert checked_fields(ItemFields(url=url)).url == url


def test_words_are_what_they_hold() -> None:
    assert AnnotationFields("Cité").kind is AnnotationKind.HIGHLIGHT
    assert AnnotationFields("Cité", "Lu").kind is AnnotationKind.NOTE
    assert checked_annotation_fields(AnnotationFields("", " Lu ", "pink")) == AnnotationFields(body="Lu")
    for wrong in (AnnotationFields(" ", "\n"), AnnotationFields("Cité", color="mauve"), AnnotationFields("x" * 50_001)):
        with pytest.raises(Invalid):
            checked_annotation_fields(wrong)


def test_tags_are_typed_with_commas_semicolons_or_lines() -> None:
    assert checked_tags(parse_tags("eau, crue ;digue\n\n, Loi NOTRe")) == ("eau", "crue", "digue", "Loi NOTRe")


@given_any(lists(text(alphabet='aé ,;"\n/?#', max_size=12), max_size=6))
def test_tags_come_back_from_the_field_that_shows_them(tags: list[str]) -> None:
    checked = checked_tags(tags)
    assert checked_tags(parse_tags(tags_as_text(checked))) == checked


def test_a_tag_in_quotation_marks_may_hold_commas() -> None:
    assert checked_tags(parse_tags('eau, "Nantes, Loire"; "dit ""le fleuve""" ,crue "haute"')) == (
        "eau",
        "Nantes, Loire",
        'dit "le fleuve"',
        'crue "haute"',
    )
