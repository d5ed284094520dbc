"""The language of a text, decided once, when it is saved. The only room that knows langdetect."""

from kb.language.language_detection import detect_language
from kb.language.letter_profiles import known_languages

__all__ = ["detect_language", "known_languages"]
