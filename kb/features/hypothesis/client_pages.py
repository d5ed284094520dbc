"""The page with the bookmark that starts the client on any page, and the window in which a user lets it sign in."""

import json
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.features.hypothesis.client_documents import OAUTH_CLIENT, boot_address, client_settings
from kb.features.hypothesis.client_files import require_client
from kb.services.authentication.session_tokens import TokenPurpose, session_token
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.rendering import render

_CODE_SECONDS = 60
_LONGEST_STATE = 200
_BOOKMARKLET = (
    "javascript:(function(){var d=document,s=d.createElement('script'),b=d.createElement('script');"
    "s.type='application/json';s.className='js-hypothesis-config';s.textContent=JSON.stringify(SETTINGS);"
    "d.head.appendChild(s);b.src='BOOT';d.head.appendChild(b)})()"
)


@dataclass(frozen=True, slots=True)
class BookmarkPage:
    """`bookmarklet` is an address with a script; `name` is the name of the bookmark."""

    bookmarklet: str
    name: str


@dataclass(frozen=True, slots=True)
class AuthorizationPage:
    """`code` is what the client changes for a token, once its user has allowed it; empty before. `state` is the
    client's own.
    """

    state: str
    code: str = ""


def bookmark_page(context: RequestContext) -> Response:
    """The bookmark, and how to install it. Raises NotFound, LoginNeeded."""
    require_client(context)
    require_signed_in(context.actor)
    settings = json.dumps(client_settings(context), separators=(",", ":"))
    code = _BOOKMARKLET.replace("SETTINGS", settings).replace("BOOT", boot_address(context))
    name = context.translator.gettext("Annotate with %(site)s", site=context.site_name)
    return render(context, "hypothesis/bookmark.html", BookmarkPage(code, name))


def authorization_page(context: RequestContext) -> Response:
    """The question whether the client may act for the user. Raises NotFound, LoginNeeded, Invalid."""
    return _authorization(context, "")


def handle_authorization_post(context: RequestContext) -> Response:
    """The page that gives the client a code, by a message that only a page of this site receives."""
    require_client(context)
    return _authorization(context, session_token(context.library, context.actor, TokenPurpose.CODE, _CODE_SECONDS))


def _authorization(context: RequestContext, code: str) -> Response:
    require_client(context)
    require_signed_in(context.actor)
    state = context.param("state")
    if context.param("client_id") != OAUTH_CLIENT or not 0 < len(state) <= _LONGEST_STATE:
        raise Invalid("This page is opened by the client of Hypothesis.")
    response = with_secret_headers(render(context, "hypothesis/authorization.html", AuthorizationPage(state, code)))
    # The window that the client opened must know the client's frame, which is in a page of another site.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response
