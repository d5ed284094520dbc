"""The language of a text, decided once, when it is saved. The only room that knows langdetect."""

from kb.language.deciding import language_of

__all__ = ["language_of"]
