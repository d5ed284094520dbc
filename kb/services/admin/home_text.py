"""The words of the organisation on the home page, in place of those of the program, in each language."""

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import Invalid
from kb.model.storable_text import check_text
from kb.services.admin.site_changes import store_site_texts
from kb.services.core.library import Library
from kb.translation import LANGUAGES

LONGEST_HOME_TEXT = 2000
"""Characters of a text."""
HOME_TEXT = "accueil"
"""Among the texts of the site's pages, from which it is read."""


def home_text(library: Library, language: str) -> str:
    """The text for exactly this language; empty if no administrator has written one."""
    with library.store.read() as reading:
        written = reading.site_pages.get(HOME_TEXT, language)
    return written.body if written else ""


def save_home_texts(library: Library, actor: Actor, texts: dict[str, str]) -> None:
    """Store a text for each language; an empty one brings back that of the program. Raises Forbidden, Invalid."""
    require_administrator(actor)
    for text in texts.values():
        if len(text) > LONGEST_HOME_TEXT:
            raise Invalid("This text must have at most %(limit)s characters.", limit=LONGEST_HOME_TEXT)
        check_text(text)
    with library.store.write() as writing:
        store_site_texts(
            writing, actor, HOME_TEXT, {language: texts.get(language, "").strip() or None for language in LANGUAGES}
        )
