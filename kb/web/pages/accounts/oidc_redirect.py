"""OIDC redirects: the browser of an OIDC login, and a page that redirects by itself."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.model.people.secret import new_secret
from kb.services.accounts.oidc_login import OidcBrowser, provider_name
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OidcRedirectPage:
    """A page that continues at another site, because browsers do not follow a redirect to another site after a form."""

    title: str
    lead: str
    href: str
    provider: str


def browser_of_request(context: RequestContext) -> OidcBrowser:
    """The browser of the request, with its existing binding, or a new one."""
    return OidcBrowser(
        context.credentials.provider or new_secret(), context.client, context.agent, context.credentials.device
    )


def oidc_redirect_page(context: RequestContext, title: str, lead: str, href: str) -> Response:
    """The page that continues at the provider."""
    page = OidcRedirectPage(title, lead, href, provider_name(context.library.settings))
    return with_secret_headers(render(context, "accounts/oidc_redirect.html", page))
