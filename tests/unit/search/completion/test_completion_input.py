"""The unfinished word at the end of a typed text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.completion.completion_input import CompletionKind, TypedPrefix, parse_completion_input


@pytest.mark.parametrize(
    ("text", "letters", "prefix"),
    [
        ("télétr", "teletr", ""),
        ("les Agents terri", "terri", "les Agents "),
        ("l'éner", "ener", "l'"),
        ("jusqu’à l’éner", "ener", "jusqu’à l’"),
        ("e-admin", "eadmin", ""),
        ("aujourd'h", "aujourdh", ""),
        ("data.gou", "data.gou", ""),
        ("des", "des", ""),
        ("agents -élu", "elu", "agents -"),
        ("agents (élu", "elu", "agents ("),
        ('"fonction pub', "pub", '"fonction '),
        ("titre:éner", "ener", "titre:"),
        ("agents ET élu", "elu", "agents ET "),
    ],
)
def test_the_last_word_is_being_typed(text: str, letters: str, prefix: str) -> None:
    assert parse_completion_input(text).word == TypedPrefix(letters, prefix)


@pytest.mark.parametrize(
    "text", ["", "  ", "agents ", "agents,", "l'", "num*", "agnets~", "(", '"', '"agents"', "titre:", "🙂"]
)
def test_nothing_is_being_typed(text: str) -> None:
    assert parse_completion_input(text).word is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fonction pub", [("fonction pub", ""), ("pub", "fonction")]),
        (
            "un deux trois quatre cinq",
            [
                ("trois quatre cinq", "un deux"),
                ("quatre cinq", "un deux trois"),
                ("cinq", "un deux trois quatre"),
            ],
        ),
        ("eau ET fonction pub", [("fonction pub", "eau ET"), ("pub", "eau ET fonction")]),
        ("tag:eau fonction pub", [("fonction pub", "tag:eau"), ("pub", "tag:eau fonction")]),
        ("eau -pub", [("pub", "eau -")]),
        ('eau "fonction pub', [("fonction pub", "eau")]),
        ("adm* pub", [("pub", "adm*")]),
        ('"eau" pub', [("pub", '"eau"')]),
        ("de l'eau pot", [("de l'eau pot", ""), ("eau pot", "de"), ("pot", "de l'eau")]),
    ],
)
def test_a_value_is_being_typed_with_the_words_before_it(text: str, values: list[tuple[str, str]]) -> None:
    assert parse_completion_input(text).asked is CompletionKind.ANYTHING
    assert [(value.letters, value.before) for value in parse_completion_input(text).values] == values


@pytest.mark.parametrize(
    ("text", "expected_kind", "letters", "prefix"),
    [
        ("agents étiquette:fon", CompletionKind.TAG, "fon", "agents"),
        ('agents TAG:"fonction pub', CompletionKind.TAG, "fonction pub", "agents"),
        ("-tag:fon", CompletionKind.TAG, "fon", ""),
        ("auteur:«Documentation C", CompletionKind.AUTHOR, "Documentation C", ""),
        ("partagé-par:cla", CompletionKind.SHARER, "cla", ""),
        ("sharedby:cla", CompletionKind.SHARER, "cla", ""),
        ("agents mots-clés:fon", CompletionKind.TAG, "fon", "agents"),
        ("source:laga", CompletionKind.SOURCE, "laga", ""),
        ("titre:agen", CompletionKind.WORDS, "agen", ""),
        ("avant:2014", CompletionKind.NOTHING, "2014", ""),
        ("langue:f", CompletionKind.NOTHING, "f", ""),
        ("étiquette:", CompletionKind.TAG, "", ""),
        ("eau auteur:", CompletionKind.AUTHOR, "", "eau"),
        ("", CompletionKind.TAG, "", ""),
        ("https://exem", CompletionKind.ANYTHING, "https://exem", ""),
    ],
)
def test_a_field_says_what_is_being_typed(text: str, expected_kind: CompletionKind, letters: str, prefix: str) -> None:
    assert parse_completion_input(text).asked is expected_kind
    assert [(value.letters, value.before) for value in parse_completion_input(text).values] == [(letters, prefix)]


@given(st.text(st.sampled_from("aé '’-:\"«»()*~ETOU tagun\t.+🙂")))
def test_any_typed_text_is_a_completable_beginning_or_nothing(text: str) -> None:
    completion = parse_completion_input(text)
    assert all(text.startswith(start.before) for start in completion.values)
    assert completion.word is None or (completion.word.letters and text.startswith(completion.word.before))
