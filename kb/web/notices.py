"""What a page says of what was just done: the address bears a key, never words."""

from collections.abc import Mapping

from kb.translating import Translator

_SENTENCES: Mapping[str, str] = {
    "signed-in": "You are signed in.",
    "signed-out": "You are signed out.",
    "welcome": "Your account is ready.",
    "kept": "Your changes are kept.",
}


def notice_of(key: str, words: Translator) -> str:
    """The sentence of a key; nothing for another text."""
    return words.say(_SENTENCES[key]) if key in _SENTENCES else ""
