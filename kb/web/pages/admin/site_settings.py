"""The name, the colour and the texts of the site, for administrators."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import NotFound
from kb.images.logo import LARGEST_LOGO
from kb.model.accent_colour import DEFAULT_ACCENT, AccentColours, accent_colours, checked_colour
from kb.services.admin.account_administration import require_visible_administration
from kb.services.admin.site_changes import IDENTITY, save_identity, undo_site_change
from kb.services.admin.site_pages import (
    HOME_TEXT,
    LONGEST_HOME_TEXT,
    SITE_PAGE_NAMES,
    SitePage,
    home_text,
    save_home_texts,
    site_page,
    template_values,
)
from kb.services.core.site_identity import SiteIdentity, site_identity
from kb.translation import LANGUAGES
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.admin.admin_layout import SITE, AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.markdown_rendering import fill_in_facts
from kb.web.ui.rendering import render
from kb.web.ui.site_look import LogoImage, logo_of

LARGEST_IDENTITY_FORM = LARGEST_LOGO + (1 << 20)
"""Bytes: slightly more than the limit of a logo, so that a larger one gets a clear message."""


def check_administrator(context: RequestContext) -> None:
    """Raise LoginNeeded or NotFound unless the user is an administrator."""
    require_visible_administration(context.actor)


@dataclass(frozen=True, slots=True)
class SiteSettingsPage:
    """`accent` is the selected colour, `colours` what becomes of it.

    `texts` has, for each language, its code, its name, and the text: the sent one after an error. `pages` link to the
    editors of the legal pages.
    """

    head: AdminHeader
    identity: SiteIdentity
    default_name: str
    accent: str
    colours: AccentColours
    logo: LogoImage | None
    largest_logo: int
    texts: tuple[tuple[str, str, str], ...]
    limit: int
    pages: tuple[tuple[str, str, SitePage, str], ...]


@administrators_only
def site_settings_page(context: RequestContext) -> Response:
    """The forms, with the present values."""
    translator, library, identity = context.translator, context.library, site_identity(context.library)
    is_home = context.form_error is not None and not context.form_value("act")
    accent = identity.accent or DEFAULT_ACCENT
    colours = accent_colours(checked_colour(accent))
    page = SiteSettingsPage(
        head=admin_header(context, SITE),
        identity=identity,
        default_name=library.settings.site_name,
        accent=context.typed_value("accent", accent)[:20],
        colours=colours,
        logo=logo_of(identity),
        largest_logo=LARGEST_LOGO // 10**6,
        texts=tuple(
            (
                code,
                translator.language_name(code),
                context.form_value(f"text-{code}") if is_home else home_text(library, code),
            )
            for code in LANGUAGES
        ),
        limit=LONGEST_HOME_TEXT,
        pages=_pages(context),
    )
    return render(context, "admin/site_settings.html", page)


@administrators_only
@handle_form(site_settings_page)
def handle_site_settings_post(context: RequestContext) -> Response:
    """Store the name and the colour, or the texts of the home page."""
    library, actor, here = context.library, context.actor, context.addresses.admin(SITE)
    if context.form_value("act") == IDENTITY:
        logo = context.file("logo")
        save_identity(
            library,
            actor,
            context.form_value("name"),
            context.form_value("accent"),
            logo.content if logo and logo.size <= LARGEST_IDENTITY_FORM else b"",
            keeps_logo=not context.form_value("no-logo"),
        )
        return redirect_with_flash(here, "site-changed", IDENTITY)
    # Browsers send the ends of lines as CR LF.
    texts = {code: context.form_value(f"text-{code}").replace("\r\n", "\n") for code in LANGUAGES}
    save_home_texts(library, actor, texts)
    return redirect_with_flash(here, "site-changed", HOME_TEXT)


@administrators_only
def handle_site_undo_post(context: RequestContext) -> Response:
    """Undo the last change of the identity or of a text. Raises NotFound for anything else."""
    what = context.path_params["what"]
    name, _, language = what.partition(".")
    is_page = name in SITE_PAGE_NAMES and language in LANGUAGES
    if not is_page and what not in {IDENTITY, HOME_TEXT}:
        raise NotFound("There is nothing at this address.")
    done = "undone" if undo_site_change(context.library, context.actor, what) else "unchanged"
    address = context.addresses.admin(SITE, name, (("text", language),)) if is_page else context.addresses.admin(SITE)
    return redirect_with_flash(address, done)


def _pages(context: RequestContext) -> tuple[tuple[str, str, SitePage, str], ...]:
    """The name of each legal page, each language, the page in it, and its title."""
    library, facts = context.library, template_values(context.library.settings, context.site_name)
    return tuple(
        (name, code, page, fill_in_facts(page.title, facts))
        for name in SITE_PAGE_NAMES
        for code in LANGUAGES
        for page in (site_page(library, name, code),)
    )
