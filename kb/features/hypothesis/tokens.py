"""Tokens of OAuth 2 for the client of Hypothesis: it changes a grant of a page of this site, or the code of a window in
which its user has allowed it, for an access token of the user's session, and renews that. They end with the session.
"""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from kb.features.hypothesis.cross_origin import with_cross_origin
from kb.services.authentication.authentication import actor_of_session_token
from kb.services.authentication.session_tokens import TokenPurpose, session_token
from kb.web.clients.sent_parameters import sent_parameters
from kb.web.http.context import RequestContext

ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 7 * 24 * 3_600
_GRANTS = {
    "urn:ietf:params:oauth:grant-type:jwt-bearer": ("assertion", TokenPurpose.GRANT),
    "authorization_code": ("code", TokenPurpose.CODE),
    "refresh_token": ("refresh_token", TokenPurpose.REFRESH),
}
_LONGEST_TOKEN = 400


def exchange_token(context: RequestContext, _headers: Headers) -> Response:
    """An access token (RFC 6749, 5.1; RFC 7523)."""
    sent = sent_parameters(context)
    kind = _GRANTS.get(sent.get("grant_type", ""))
    if kind is None:
        return _refused("unsupported_grant_type")
    name, purpose = kind
    actor = actor_of_session_token(context.library, sent.get(name, "")[:_LONGEST_TOKEN], purpose)
    if actor is None:
        return _refused("invalid_grant")
    access, refresh = (
        session_token(context.library, actor, purpose, seconds)
        for purpose, seconds in ((TokenPurpose.ACCESS, ACCESS_SECONDS), (TokenPurpose.REFRESH, REFRESH_SECONDS))
    )
    shape = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "scope": "annotation:read annotation:write",
    }
    return with_cross_origin(JSONResponse(shape, headers={"Cache-Control": "no-store"}))


def revoke_token(_context: RequestContext, _headers: Headers) -> Response:
    """Tokens are not stored: the client forgets its own, and those of a session end with it."""
    return with_cross_origin(JSONResponse({}, headers={"Cache-Control": "no-store"}))


def _refused(error: str) -> Response:
    return with_cross_origin(JSONResponse({"error": error}, 400, {"Cache-Control": "no-store"}))
