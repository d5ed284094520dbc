"""Detect the language of a text, once, when it is saved. No other package uses langdetect."""

from kb.language.language_detection import detect_language
from kb.language.letter_profiles import known_languages
