"""The language of a text, decided once, when it is saved. The only room that knows langdetect."""

from kb.language.language_detection import language_of
from kb.language.letter_profiles import known_languages

__all__ = ["known_languages", "language_of"]
