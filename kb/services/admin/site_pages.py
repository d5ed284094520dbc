"""Pages about the site itself, and the words of the home page: the default text of the program, or the text of an
administrator in its place.
"""

import re
from dataclasses import dataclass
from functools import cache

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import Invalid, NotFound
from kb.model.storable_text import check_text
from kb.package_data import texts_dir
from kb.services.admin.site_changes import store_site_texts
from kb.services.core.library import Library
from kb.settings import Settings
from kb.store import PageText, ReadSnapshot
from kb.translation import LANGUAGES

SITE_PAGE_NAMES = ("mentions-legales", "donnees-personnelles", "accessibilite")
"""Every page with a text, in the order of the site's footer."""
LONGEST_SITE_PAGE = 200_000
"""Characters of a text."""
PLACEHOLDER_TO_COMPLETE = re.compile(r"\[(?:à compléter|to be completed)\b[^\[\]]*\]", re.IGNORECASE)
"""A placeholder for facts that the administrator must fill in."""

_LONGEST_TITLE = 200
LONGEST_HOME_TEXT = 2000
"""Characters of a text."""
HOME_TEXT = "accueil"
"""Among the texts of the site's pages, from which it is read."""


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page of the site in one language: its title, and the Markdown after it.

    `changed_at` is when the administrator wrote it (RFC 3339), None for the program's default text.
    """

    name: str
    language: str
    title: str
    text: str
    changed_at: str | None = None

    @property
    def placeholder_count(self) -> int:
        """How many placeholders the administrator has not filled in yet."""
        return len(PLACEHOLDER_TO_COMPLETE.findall(self.text))


def site_page(library: Library, name: str, language: str) -> SitePage:
    """A page for a reader with this language.

    The administrator's text in this language, otherwise theirs in another language, otherwise the default text. Raises
    NotFound for a page that the site does not have.
    """
    _check_page_name(name)
    with library.store.read() as reading:
        written = [text for code in _language_order(language) if (text := reading.site_pages.get(name, code))]
    return _page_of_saved_text(written[0]) if written else _default_page(name, language)


def site_titles(reading: ReadSnapshot, language: str) -> tuple[SitePage, ...]:
    """Every page for a reader with this language, without its text: the links of the site's footer."""
    starts = {(text.name, text.language): text for text in reading.site_pages.starts(2 * _LONGEST_TITLE)}
    written = {
        name: [start for code in _language_order(language) if (start := starts.get((name, code)))]
        for name in SITE_PAGE_NAMES
    }
    return tuple(
        _page_of_saved_text(written[name][0]) if written[name] else _default_page(name, language)
        for name in SITE_PAGE_NAMES
    )


def default_site_titles(language: str) -> tuple[SitePage, ...]:
    """The default pages, for answers when the database is unavailable."""
    return tuple(_default_page(name, language) for name in SITE_PAGE_NAMES)


def site_page_markdown(library: Library, name: str, language: str) -> str:
    """The complete Markdown stored for exactly this language, unchanged. Raises NotFound."""
    _check_page_name(name)
    with library.store.read() as reading:
        written = reading.site_pages.get(name, language)
    return written.body if written else _default_markdown(name, language)


def save_site_page(library: Library, actor: Actor, name: str, language: str, markdown: str) -> SitePage:
    """Store the administrator's text of a page. Raises NotFound, Forbidden; Invalid for an empty or too long text."""
    require_administrator(actor)
    check_page_text(name, markdown)
    with library.store.write() as writing:
        store_site_texts(writing, actor, name, {language: markdown})
    return site_page(library, name, language)


def check_page_text(name: str, markdown: str) -> None:
    """Raise NotFound for another page, Invalid for an empty or too long text."""
    _check_page_name(name)
    if len(markdown) > LONGEST_SITE_PAGE:
        raise Invalid("The text of a page must have at most %(limit)s characters.", limit=LONGEST_SITE_PAGE)
    if not _split_title(check_text(markdown))[1].strip():
        raise Invalid("The text of a page must not be empty; the one of the program can be brought back.")


def preview_of_page(name: str, language: str, markdown: str) -> SitePage:
    """A page as this text would make it. Raises NotFound, Invalid."""
    check_page_text(name, markdown)
    return _page_of_saved_text(PageText(name, language, markdown, ""))


def reset_site_page(library: Library, actor: Actor, name: str, language: str) -> SitePage:
    """Restore the default text. Raises NotFound and Forbidden."""
    require_administrator(actor)
    _check_page_name(name)
    with library.store.write() as writing:
        store_site_texts(writing, actor, name, {language: None})
    return _default_page(name, language)


def template_values(settings: Settings, name: str = "") -> dict[str, str]:
    """The values that replace placeholders in a text: `{site}`, its name, `{address}`, and the days for which the site
    keeps sessions, the trash and the audit log. `name` replaces the name of the settings.
    """
    return {
        "{site}": name or settings.site_name,
        "{address}": settings.base_url,
        "{session_days}": str(settings.session_days),
        "{bin_days}": str(settings.bin_days),
        "{log_days}": str(settings.log_days),
    }


def _check_page_name(name: str) -> None:
    if name not in SITE_PAGE_NAMES:
        raise NotFound("There is no page “%(name)s”: there are %(known)s.", name=name, known=", ".join(SITE_PAGE_NAMES))


def _language_order(language: str) -> tuple[str, ...]:
    return (language, *(code for code in LANGUAGES if code != language))


def _page_of_saved_text(text: PageText) -> SitePage:
    title, rest = _split_title(text.body)
    named = title or _default_page(text.name, text.language).title
    return SitePage(text.name, text.language, named, rest, text.changed_at)


@cache
def _default_page(name: str, language: str) -> SitePage:
    title, rest = _split_title(_default_markdown(name, language))
    return SitePage(name, language, title, rest)


@cache
def _default_markdown(name: str, language: str) -> str:
    return (texts_dir() / f"{name}.{language}.md").read_text(encoding="utf-8")


def _split_title(markdown: str) -> tuple[str, str]:
    """Split a text into its title, which is the first line if that begins with "# ", and the rest."""
    first, _, rest = markdown.lstrip().partition("\n")
    title = first.removeprefix("# ").strip() if first.startswith("# ") else ""
    before, _, closing = title.rpartition(" ")
    if closing and not closing.strip("#"):
        title = before.strip()
    return (title[:_LONGEST_TITLE], rest) if title else ("", markdown)


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
