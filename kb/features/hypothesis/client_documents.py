"""The documents in which Hypothesis' client runs: its sidebar, and the copy of a page as it was saved, to annotate.

The copy is a document of a stranger. It stands in a frame without an origin (`sandbox`), where only the script of the
client runs: this script marks passages there, and speaks with the sidebar by messages. The sidebar has the origin of
the site and the token of the user, and stands beside the frame, not in it. Each document has a policy of its own.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import escape
from starlette.responses import RedirectResponse, Response

from kb.errors import Forbidden, LoginNeeded
from kb.features.hypothesis.annotation_objects import authority
from kb.features.hypothesis.client_files import CLIENT, require_client
from kb.features.hypothesis.groups import API
from kb.services.authentication.session_tokens import TokenPurpose, session_token
from kb.services.captures.page_capture import copy_content, page_copy
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers

OAUTH_CLIENT = "florilege"
ANNOTATED = "annotated"
_GRANT_SECONDS = 300
_PARTS = (
    "style-src 'unsafe-inline' {build}; img-src {static} data:; font-src {build} data:; base-uri 'none'; "
    "form-action 'none'"
)
_SIDEBAR_POLICY = "default-src 'none'; script-src {build}; connect-src {api}; frame-ancestors *; " + _PARTS
_PAGE_POLICY = (
    "default-src 'none'; script-src {build}; connect-src {build}; frame-src {copy} {sidebar}; frame-ancestors 'none'; "
    + _PARTS
)
_COPY_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src {build}boot.js {build}scripts/annotator.bundle.js; "
    "frame-ancestors 'self'; style-src 'unsafe-inline' data: {build}; img-src data:; font-src data:; base-uri 'none'"
)
_DOCTYPE = re.compile(rb"\s{0,100}<!doctype[^>]{0,200}>", re.IGNORECASE)
_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>html,body{{height:100%;margin:0}}body{{display:flex;flex-direction:column;font:15px/1.4 sans-serif}}
p{{margin:0;padding:.4rem 1rem;border-bottom:1px solid #767676}}iframe{{flex:1;width:100%;border:0}}
body.hypothesis-sidebyside-active{{margin:0 452px 0 0!important}}</style>
</head><body><p><a href="{back}">{back_label}</a></p>
<iframe src="{copy}" sandbox="allow-scripts" title="{title}"></iframe>
{scripts}</body></html>
"""
_SIDEBAR = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Hypothesis</title></head><body><hypothesis-app></hypothesis-app>
{scripts}</body></html>
"""


def sidebar_document(context: RequestContext) -> Response:
    """The sidebar of the client, which any page may contain: it is the same for everybody. It asks only the API, where
    cookies give no right.
    """
    require_client(context)
    settings = {
        "apiUrl": f"{_base(context)}{API}/",
        "authDomain": authority(context),
        "oauthClientId": OAUTH_CLIENT,
        "rpcAllowedOrigins": [],
    }
    text = _SIDEBAR.format(scripts=_scripts(context, settings))
    return _document(text, _SIDEBAR_POLICY, _addresses(context), {"Cache-Control": "no-cache"})


def annotated_page(context: RequestContext) -> Response:
    """The page with the frame of a saved copy, and the client beside it, for the group of the item. Raises NotFound."""
    require_client(context)
    copy = page_copy(context.library, context.actor, context.path_params["id"])
    item, group = copy.view.item, copy.view.group
    settings = {
        "openSidebar": True,
        "showHighlights": "always",
        "services": [
            {
                "apiUrl": f"{_base(context)}{API}/",
                "authority": authority(context),
                "grantToken": _grant(context),
                "groups": [group.slug],
                "allowLeavingGroups": False,
                "enableShareLinks": False,
                "enableShareImportExportPanel": False,
            }
        ],
    }
    addresses = {**_addresses(context), "copy": f"{_base(context)}/items/{quote(item.id, safe='')}/{ANNOTATED}/copy"}
    title = context.translator.gettext("%(title)s, to annotate", title=item.title or item.url or "")
    text = _PAGE.format(
        language=context.choice.language,
        title=escape(title),
        copy=addresses["copy"],
        back=escape(context.addresses.item(item.id)),
        back_label=escape(context.translator.gettext("Back to the item")),
        scripts=_scripts(context, settings),
    )
    return with_secret_headers(_document(text, _PAGE_POLICY, addresses, {"X-Robots-Tag": "noindex, nofollow"}))


def annotated_copy(context: RequestContext) -> Response:
    """The saved copy with the script of the client that marks passages in it. Raises NotFound.

    It is shown in its frame alone: where scripts may run, so may a `meta` refresh, which only the policy of the page
    around the frame forbids. Copies have none, since they are cleaned.
    """
    require_client(context)
    copy = page_copy(context.library, context.actor, context.path_params["id"])
    if context.is_in_window:
        address = context.addresses.of_item(copy.view.item.id, ANNOTATED)
        return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    content = copy_content(context.library, copy, compressed=False)
    headers = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex, nofollow"}
    scripts = _scripts(context, {"subFrameIdentifier": "copy"}).encode()
    # In the head, which the parser then begins: in the body, the settings would be words of the page.
    begin = _DOCTYPE.match(content)
    at = begin.end() if begin else 0
    response = _document(content[:at] + scripts + content[at:], _COPY_POLICY, _addresses(context), headers)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def client_settings(context: RequestContext) -> dict[str, object]:
    """The addresses of the client on this site, which each page with it names."""
    sidebar = _addresses(context)["sidebar"]
    return {
        "assetRoot": f"{_base(context)}{CLIENT}/",
        "sidebarAppUrl": sidebar,
        "notebookAppUrl": sidebar,
        "profileAppUrl": sidebar,
    }


def boot_address(context: RequestContext) -> str:
    """The address of the script that starts the client."""
    return f"{_base(context)}{CLIENT}/build/boot.js"


def _scripts(context: RequestContext, settings: Mapping[str, object]) -> str:
    """The settings of the client and its first script. No `<` of a setting ends the element."""
    text = json.dumps({**client_settings(context), **settings}).replace("<", "\\u003c")
    return (
        f'<script type="application/json" class="js-hypothesis-config">{text}</script>\n'
        f'<script src="{boot_address(context)}"></script>\n'
    )


def _grant(context: RequestContext) -> str | None:
    """What the client changes for an access token; None for a visitor, or a program, which read."""
    try:
        return session_token(context.library, context.actor, TokenPurpose.GRANT, _GRANT_SECONDS)
    except (LoginNeeded, Forbidden):
        return None


def _addresses(context: RequestContext) -> dict[str, str]:
    """The values of the placeholders of the policies."""
    base = _base(context)
    return {
        "build": f"{base}{CLIENT}/build/",
        "api": f"{base}{API}/",
        "static": f"{base}/static/",
        "sidebar": f"{base}{CLIENT}/app.html",
    }


def _base(context: RequestContext) -> str:
    return context.library.settings.base_url


def _document(text: str | bytes, policy: str, addresses: Mapping[str, str], headers: Mapping[str, str]) -> Response:
    # The media type is a header: an answer with the media type of pages would get the language cookie.
    fields = {"Content-Security-Policy": policy.format(**addresses), "Content-Type": "text/html; charset=utf-8"}
    return Response(text, headers={**fields, **headers})
