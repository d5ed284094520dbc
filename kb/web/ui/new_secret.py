"""A page that shows a new secret once: a token, or an address that contains one."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.display_text import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class _NewSecretPage:
    title: str
    breadcrumb: tuple[Link, ...]
    lead: str
    secret: str


def new_secret_page(
    context: RequestContext, title: str, breadcrumb: tuple[Link, ...], lead: str, *, token: str = "", address: str = ""
) -> Response:
    """The page with a `token`, or with the `address` of a page of this site."""
    secret = token or context.library.settings.base_url + address
    return with_secret_headers(render(context, "ui/new_secret.html", _NewSecretPage(title, breadcrumb, lead, secret)))
