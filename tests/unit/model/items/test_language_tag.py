"""Language tags: their form, and the language that they name."""

import pytest

from kb.model.items.language_tag import language_code, language_tag


@pytest.mark.parametrize(
    ("text", "tag", "code"),
    [
        ("fr", "fr", "fr"),
        ("fr-CA", "fr-CA", "fr"),
        ("FR", "FR", "fr"),
        ("oci", "oci", "oci"),
        ("klingon", "klingon", None),
        ("zh-Hant-TW", "zh-Hant-TW", "zh"),
        ("fr_CA", None, None),
        ("x", None, None),
        ("fr\n", None, None),
        ("é", None, None),
        ('"><script>', None, None),
        ("en" + "-x" * 17, None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_text_is_a_tag_with_a_language_or_none(text: str | None, tag: str | None, code: str | None) -> None:
    assert (language_tag(text), language_code(text)) == (tag, code)
