"""The page of a user's OIDC identities: add an identity to the account, or remove it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from kb.errors import Forbidden, RateLimited, Unavailable
from kb.model.people.account import Identity
from kb.services.accounts.oidc_login import provider_name, start_identity_link
from kb.services.accounts.oidc_signup import own_identities, remove_identity
from kb.web.http.authentication import with_provider_cookie
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import IDENTITY, AccountHeader, account_header, require_browser
from kb.web.pages.accounts.oidc_redirect import browser_of_request, oidc_redirect_page
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """`identities` stand beside the names of their providers. `provider` is the provider that can be added, empty for
    none; `has_one`: the user has an identity there; `asks`: adding one requires the password.
    """

    head: AccountHeader
    identities: tuple[tuple[str, Identity], ...]
    provider: str
    has_one: bool
    asks: bool


def identity_page(context: RequestContext) -> Response:
    """The user's OIDC identities. Raises LoginNeeded."""
    require_browser(context)
    identities, has_password = own_identities(context.library, context.actor)
    provider, here = provider_name(context.library.settings), context.library.settings.oidc_issuer
    names = (
        provider if identity.issuer == here else urlsplit(identity.issuer).hostname or identity.issuer
        for identity in identities
    )
    page = IdentityPage(
        head=account_header(context, IDENTITY),
        identities=tuple(zip(names, identities, strict=True)),
        provider=provider,
        has_one=any(identity.issuer == here for identity in identities),
        asks=has_password,
    )
    return with_secret_headers(render(context, "accounts/identities.html", page))


@handle_form(identity_page, {Forbidden: 403, RateLimited: 429, Unavailable: 503})
def handle_identity_post(context: RequestContext) -> Response:
    """Add an identity, or remove one."""
    require_browser(context)
    if context.form_value("act") != "detach":
        return _attach(context)
    remove_identity(context.library, context.actor, context.form_value("issuer"), context.form_value("subject"))
    return redirect_with_flash(_page_address(context), "identity-removed")


def _attach(context: RequestContext) -> Response:
    browser, translator = browser_of_request(context), context.translator
    address = start_identity_link(
        context.library, context.actor, browser, context.form_value("password"), _page_address(context)
    )
    name = provider_name(context.library.settings)
    title = translator.gettext("Log in with %(name)s", name=name)
    lead = translator.gettext("You are led to %(name)s in a moment, and back here from there.", name=name)
    return with_provider_cookie(
        oidc_redirect_page(context, title, lead, address), browser.binding, context.library.settings
    )


def _page_address(context: RequestContext) -> str:
    return context.addresses.own(IDENTITY)
