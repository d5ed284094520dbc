"""Templates show the values of page objects, escaped, in the reader's language."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, UndefinedError
from markupsafe import Markup, escape

from kb.package_data import feature_template_dirs, templates_dir
from kb.translation import LANGUAGES, message_catalogue
from kb.web.ui.template_environment import escaped, jinja_environment, mark_matches, read_templates


@given(st.one_of(st.text(), st.integers(), st.text().map(Markup), st.none(), st.text("&<>'\"ab;#")))
def test_escaping_is_that_of_markupsafe(value: object) -> None:
    assert escaped(value) == escape(value)
    assert jinja_environment("fr").from_string("{{ value }}").render(value=value) == escape(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_in_the_language_of_the_environment(language: str) -> None:
    template = jinja_environment(language).from_string(
        '{% macro m(a) %}{{ _("Search") }}{{ a }}{% endmacro %}{{ m(_("Tags")) }}'
    )
    assert template.render() == message_catalogue(language).gettext("Search") + message_catalogue(language).gettext(
        "Tags"
    )


def test_every_time_of_a_template_is_written_as_html_has_it() -> None:
    folders = (templates_dir(), *feature_template_dirs().values())
    found = [
        value
        for folder in folders
        for path in folder.rglob("*.html")
        for value in re.findall(r'datetime="{{ (.*?) }}"', path.read_text("utf-8"))
    ]
    assert len(found) > 5
    # The lines of a log have it already.
    assert [value for value in found if not value.endswith("|html_time") and value != "line.utc"] == []


def test_the_values_of_a_sentence_are_escaped() -> None:
    template = jinja_environment("en").from_string('{{ _("Search in %(scope)s", scope=scope) }}')
    assert template.render(scope="<b>") == "Search in &lt;b&gt;"


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [("fr", "L’eau «\u202flà\u202f»", "«\u202fL’eau “là”\u202f»"), ("en", "“There” & here", "“‘There’ &amp; here”")],
)
def test_a_name_between_quotation_marks_has_inner_ones(language: str, name: str, expected: str) -> None:
    template = jinja_environment(language).from_string(
        '{{ _("You are the only owner of “%(group)s”, which has other members.", group=name) }}'
    )
    assert expected in template.render(name=name)


def test_a_percent_sign_of_a_sentence_is_written_twice_with_and_without_values() -> None:
    environment = jinja_environment("en")
    assert environment.from_string('{{ _("100 %% of it") }}').render() == "100 % of it"
    assert environment.from_string('{{ _("%(n)s %% of it", n=100) }}').render() == "100 % of it"


def test_words_found_are_marked_and_escaped() -> None:
    assert mark_matches((("a & ", False), ("<b>", True), ("'", False))) == "a &amp; <mark>&lt;b&gt;</mark>&#39;"
    assert jinja_environment("fr").from_string("{{ text|marked }}").render(text=(("&", False),)) == "&amp;"


def test_a_missing_page_object_attribute_is_an_error() -> None:
    environment = jinja_environment("fr")
    with pytest.raises(AttributeError):
        environment.from_string("{{ page.name }}").render(page=object())
    with pytest.raises(UndefinedError):
        environment.from_string("{{ page.name }}").render()


def test_a_process_that_ends_reads_no_further_template() -> None:
    with patch.object(Environment, "get_template") as get_template:
        read_templates(lambda: get_template.call_count == 3)
        assert get_template.call_count == 3
        read_templates(lambda: False)

    names = jinja_environment("fr").list_templates()
    assert get_template.call_count == 3 + len(LANGUAGES) * len(names)
