"""OIDC redirects: the links to the identity provider, and a page that redirects by itself."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.model.people.secret import new_secret
from kb.services.accounts.oidc_login import OidcBrowser, provider_name
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OidcLink:
    """The link to the OIDC login; no `href` if there is no provider."""

    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class OidcRedirectPage:
    """A page that continues at another site, because browsers do not follow a redirect to another site after a form."""

    title: str
    lead: str
    href: str
    label: str


def oidc_link(context: RequestContext, onward: str = "", invitation: str = "") -> OidcLink:
    """The link to log in with the provider of this site."""
    name = provider_name(context.library.settings)
    if not name:
        return OidcLink()
    return OidcLink(
        context.addresses.provider(onward, invitation), context.translator.gettext("Log in with %(name)s", name=name)
    )


def browser_of_request(context: RequestContext) -> OidcBrowser:
    """The browser of the request, with its existing binding, or a new one."""
    return OidcBrowser(
        context.credentials.provider or new_secret(), context.client, context.agent, context.credentials.device
    )


def oidc_redirect_page(context: RequestContext, title: str, lead: str, href: str) -> Response:
    """The page that continues at the provider."""
    name = provider_name(context.library.settings)
    page = OidcRedirectPage(title, lead, href, context.translator.gettext("Go on to %(name)s", name=name))
    return with_secret_headers(render(context, "accounts/oidc_redirect.html", page))
