"""Render page objects with their templates, inside the layout of every page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from markupsafe import Markup
from starlette.responses import HTMLResponse

from kb.access.actor import Actor
from kb.errors import RateLimited, Unavailable
from kb.services.admin.page_frame import FrameFacts, frame_facts, frame_facts_of_settings
from kb.services.admin.site_pages import template_values
from kb.translation import LANGUAGES
from kb.web.http.context import LinkLocation, PanelLocation, RequestContext
from kb.web.http.urls.page_urls import Addresses, quoted_path, url_in_language, url_with_query
from kb.web.ui.display_text import Link
from kb.web.ui.flash import Flash, flash_of, listing_undo_id
from kb.web.ui.markdown_rendering import fill_in_facts
from kb.web.ui.search_form import SearchForm, search_form_of
from kb.web.ui.site_look import LogoImage, logo_of, theme_address
from kb.web.ui.template_environment import jinja_environment

_NAMES = {"fr": "Français", "en": "English"}
AVAILABLE_IN = {"fr": "Cette page existe aussi en français.", "en": "This page is also available in English."}
"""In the language that is offered, whatever the language of the page."""


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A link to a page in another language, or with a title in another language; `language` is empty for the same."""

    label: str
    href: str
    language: str


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The layout of every page. `addresses` gives those of other pages, `typed` the value of a field when its form is
    shown again. `theme` is the address of the style sheet with the site's own colours, or empty.

    `here` is the address of this page without its parameters, where most forms are sent, with `form_token`;
    `form_error` is the sentence about the error of a sent form.

    `user` is the id of the logged-in user, empty without one; `search` is the form that searches everything. `account`
    is the link to log in, or the name of the user. `help` gives the address of a help text by its name, and of their
    list without a name; `panels` gives what features show at a place of the page,
    `own_links` are theirs in the menu of the user. `suggestion` offers, in its own
    language, a page in a language that the browser prefers.
    """

    language: str
    actor: Actor
    addresses: Addresses
    typed: Callable[..., str]
    site_name: str
    theme: str
    logo: LogoImage | None
    languages: tuple[LanguageLink, ...]
    suggestion: tuple[LanguageLink, str] | None
    footer_links: tuple[LanguageLink, ...]
    help: Callable[..., str]
    panels: Callable[[str, str], Markup]
    own_links: tuple[Link, ...]
    user: str
    search: Callable[[], SearchForm]
    account: Link
    facts: FrameFacts
    flash: Flash
    path: str
    url_language: str
    here: str
    form_token: str
    form_error: str


def render(context: RequestContext, template: str, page: object, status: int | None = None) -> HTMLResponse:
    """Render a page object with its template. Content that depends on the reader is never stored by a shared cache.

    Without a `status`, it is that of the form's error, and 200 without one.
    """
    failed = context.form_error
    status = status or (failed.status if failed else 200)
    language, library = context.choice.language, context.library
    # A page that reports a database failure does not query the database again.
    facts = (
        frame_facts(library, context.actor, language, listing_undo_id(context))
        if status < 500
        else frame_facts_of_settings(library.settings, language)
    )
    frame = _frame(context, facts)
    if status >= 500:
        frame = replace(frame, panels=lambda _location, _subject: Markup())
    text = jinja_environment(language).get_template(template).render(page=page, frame=frame)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Accept-Language, Cookie"}
    match failed.error if failed else None:
        case RateLimited() as error:
            headers["Retry-After"] = str(ceil(error.wait))
        case Unavailable():
            headers["Retry-After"] = "30"
    return HTMLResponse(text, status, headers=headers)


def render_fragment(language: str, template: str, page: object) -> str:
    """A piece of HTML for use outside our pages."""
    return jinja_environment(language).get_template(template).render(page=page)


def _frame(context: RequestContext, facts: FrameFacts) -> PageFrame:
    choice, addresses, actor = context.choice, context.addresses, context.actor
    others = tuple(
        LanguageLink(_NAMES[code], url_in_language(context.path, context.params, code), code)
        for code in LANGUAGES
        if code != choice.language
    )
    offered = next((other for other in others if other.language == choice.suggested), None)
    return PageFrame(
        language=choice.language,
        actor=actor,
        addresses=addresses,
        typed=context.typed_value,
        site_name=facts.identity.name,
        theme=theme_address(facts.identity),
        logo=logo_of(facts.identity),
        languages=others,
        suggestion=(offered, AVAILABLE_IN[offered.language]) if offered else None,
        footer_links=_footer_links(context, facts),
        help=addresses.help,
        panels=partial(feature_panels, context),
        own_links=tuple(
            Link(context.translator.gettext(link.label), addresses.own(link.path))
            for link in context.feature_links(LinkLocation.OWN_MENU)
        )
        if actor.user_id is not None
        else (),
        user=actor.user_id or "",
        search=partial(search_form_of, context),
        account=_account(context),
        facts=facts,
        flash=flash_of(context),
        path=quoted_path(context.path),
        url_language=choice.url_language or "",
        here=addresses.current(),
        form_token=context.credentials.form_token,
        form_error=context.translator.sentence(context.form_error.error) if context.form_error else "",
    )


def feature_panels(context: RequestContext, location: str, subject: str) -> Markup:
    """What features show at a `PanelLocation`, given by its name."""
    panels = (panel for feature in context.features for panel in feature.panels)
    return Markup().join(
        panel.render(context, subject) for panel in panels if panel.location is PanelLocation[location]
    )


def _account(context: RequestContext) -> Link:
    actor, translator, addresses = context.actor, context.translator, context.addresses
    if actor.user_id is not None:
        return Link(actor.name, addresses.own("account"))
    here = "" if context.path == "/login" else url_with_query(context.path, context.params)
    return Link(translator.gettext("Log in"), addresses.login(here))


def _footer_links(context: RequestContext, facts: FrameFacts) -> tuple[LanguageLink, ...]:
    """The pages about the site, by title."""
    language = context.choice.language
    values = template_values(context.library.settings, facts.identity.name)
    return tuple(
        LanguageLink(
            fill_in_facts(page.title, values),
            context.addresses.own(page.name),
            page.language if page.language != language else "",
        )
        for page in facts.pages
    )
