"""Jinja: one environment for each language, everything escaped."""

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from kb.library.pages import brought_titles, facts_of, site_titles
from kb.resources import templates_dir
from kb.translating import LANGUAGES, catalogue
from kb.web.addresses import with_language
from kb.web.context import Context
from kb.web.markdown import with_facts

_NAMES = {"fr": "Français", "en": "English"}
AVAILABLE = {"fr": "Cette page existe aussi en français.", "en": "This page is also available in English."}
"""Said in the language that is offered, whatever the language of the page."""


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    code: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class FootLink:
    """A page of the site itself; `language` is that of its title when it is not the page's."""

    label: str
    href: str
    language: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page. `suggesting` is the script of the search box, `citing` that of pages that cite.

    `suggestion` offers, in its own language, a page that the browser would prefer.
    """

    language: str
    site_name: str
    home: str
    search: str
    carried: str | None
    style: str
    script: str
    suggesting: str
    citing: str
    icon: str
    languages: tuple[OtherLanguage, ...]
    suggestion: tuple[OtherLanguage, str] | None
    foot: tuple[FootLink, ...]


def render(context: Context, template: str, page: object, status: int = 200) -> HTMLResponse:
    """A page object through its template. What depends on the reader is never kept by a shared cache."""
    text = _environment(context.choice.language).get_template(template).render(page=page, frame=_frame(context, status))
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Accept-Language, Cookie"}
    return HTMLResponse(text, status, headers=headers)


def fragment(language: str, template: str, page: object) -> str:
    """A piece of HTML that stands alone, outside our pages."""
    return _environment(language).get_template(template).render(page=page)


def read_templates() -> None:
    """Read and compile every template, in every language, so that no reader waits for it."""
    for language in LANGUAGES:
        environment = _environment(language)
        for name in environment.list_templates():
            environment.get_template(name)


def _frame(context: Context, status: int) -> Frame:
    choice, addresses = context.choice, context.addresses
    others = tuple(
        OtherLanguage(code, _NAMES[code], with_language(context.path, context.params, code))
        for code in LANGUAGES
        if code != choice.language
    )
    offered = next((other for other in others if other.code == choice.suggested), None)
    return Frame(
        language=choice.language,
        site_name=context.library.settings.site_name,
        home=addresses.home(),
        search="/search",
        carried=choice.carried,
        style=addresses.static("kb.css"),
        script=addresses.static("kb.js"),
        suggesting=addresses.static("suggest.js"),
        citing=addresses.static("cite.js"),
        icon=addresses.static("favicon.svg"),
        languages=others,
        suggestion=(offered, AVAILABLE[offered.code]) if offered else None,
        foot=_foot(context, status),
    )


def _foot(context: Context, status: int) -> tuple[FootLink, ...]:
    """The pages of the site itself, by their titles. A page that says that the base fails does not ask it again."""
    language, facts = context.choice.language, facts_of(context.library.settings)
    pages = brought_titles(language) if status >= 500 else site_titles(context.library, language)
    return tuple(
        FootLink(
            with_facts(page.title, facts),
            context.addresses.site_page(page.name),
            page.language if page.language != language else "",
        )
        for page in pages
    )


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
