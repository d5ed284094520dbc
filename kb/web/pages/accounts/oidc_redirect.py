"""OIDC redirects: the links to the identity provider, and a page that redirects by itself."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.model.people.secret import new_secret
from kb.services.accounts.oidc_login import OidcBrowser, provider_name
from kb.web.http.context import RequestContext
from kb.web.http.secret_pages import with_secret_headers
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OidcLink:
    """The link to sign in elsewhere; no `href` when there is nowhere."""

    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class OidcRedirectPage:
    """A page of another site to go on to. Browsers hold a redirection after a form to our own pages."""

    title: str
    lead: str
    href: str
    label: str


def oidc_link(context: RequestContext, onward: str = "", invitation: str = "") -> OidcLink:
    """The link to sign in with the provider of this site."""
    name = provider_name(context.library.settings)
    if not name:
        return OidcLink()
    return OidcLink(
        context.addresses.provider(onward, invitation), context.words.say("Sign in with %(name)s", name=name)
    )


def browser_of_request(context: RequestContext) -> OidcBrowser:
    """The browser that asks, as it was tied before; tied anew when it was not."""
    return OidcBrowser(context.shown.provider or new_secret(), context.client, context.agent, context.shown.device)


def oidc_redirect_page(context: RequestContext, title: str, lead: str, href: str) -> Response:
    """The page that goes on to the provider."""
    name = provider_name(context.library.settings)
    page = OidcRedirectPage(title, lead, href, context.words.say("Go on to %(name)s", name=name))
    return with_secret_headers(render(context, "accounts/oidc_redirect.html", page))
