"""Login and logout."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.errors import Forbidden, RateLimited, translatable
from kb.services.accounts.oidc_login import oidc_logout_url, provider_name
from kb.services.authentication.authentication import actor_of_session, sign_in, sign_out
from kb.translation import Translator
from kb.web.http.authentication import without_session_cookies
from kb.web.http.context import FormError, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.forms.refused_forms import EARLIER_FORM, fits_login_form, unpack_form
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import with_new_session
from kb.web.pages.accounts.oidc_redirect import oidc_redirect_page
from kb.web.ui.form_errors import handle_form
from kb.web.ui.refused_form_pages import RefusedText, refused_text, resume_page
from kb.web.ui.rendering import render

_PURPOSES = (
    ("/keep", translatable("Log in to save the page: its form comes next.")),
    ("/later", translatable("Log in to see your reading list.")),
    ("/account", translatable("Log in to see your account.")),
    ("/admin", translatable("Log in as an administrator to see this page.")),
    ("/welcome", translatable("Log in to use your invitation.")),
)
_USUAL_PURPOSE = translatable("Once you are logged in, you go on to the page that you asked for.")


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`provider` is that of the OIDC login, empty for none. `purpose` says what the login is for. `text` is that of a
    form which was sent after the session had ended; `carried`: this form carries it along.
    """

    next: str
    purpose: str
    provider: str
    text: RefusedText | None
    carried: bool


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """`elsewhere`: a proxy logs the user in at each request, so that a logout is not possible here."""

    elsewhere: bool


def login_page(context: RequestContext) -> Response:
    """The login form; a user who is logged in is redirected."""
    if context.actor.user_id is not None:
        return redirect_with_flash(safe_next(context.param("next")))
    if context.credentials.proxy_login:
        unknown = Forbidden(
            "You are known in your network as %(name)s, who has no account here.", name=context.credentials.proxy_login
        )
        context = replace(context, form_error=FormError(unknown, 200))
    return login_form(context)


def login_form(context: RequestContext) -> Response:
    """The login form, also for a user who is logged in. The OIDC login shows it with its errors."""
    onward = safe_next(context.typed_value("next", context.param("next")))
    sent = unpack_form(context.typed_value(EARLIER_FORM))
    text = refused_text(sent, onward) if sent else None
    page = LoginPage(
        next=onward,
        purpose=_purpose(onward, context.translator),
        provider=provider_name(context.library.settings),
        text=text,
        carried=text is not None and fits_login_form(text.packed),
    )
    return with_secret_headers(render(context, "accounts/login.html", page))


@handle_form(login_form, {Forbidden: 403, RateLimited: 429})
def handle_login_post(context: RequestContext) -> Response:
    """Log in, and continue at the requested page."""
    library, field = context.library, context.form_value
    secret = sign_in(
        library, field("login"), field("password"), context.client, context.agent, device=context.credentials.device
    )
    # A login replaces an existing session: its cookie is overwritten.
    sign_out(library, context.actor)
    onward = safe_next(field("next"))
    if (sent := unpack_form(field(EARLIER_FORM))) is not None:
        session = replace(context.credentials, session=secret)
        signed_in = replace(context, credentials=session, actor=actor_of_session(library, secret))
        return with_new_session(resume_page(signed_in, sent, onward), secret, library)
    return with_new_session(redirect_with_flash(onward, "signed-in"), secret, library)


def _purpose(onward: str, translator: Translator) -> str:
    """What the user wanted to do, by the address to continue at; empty for the home page."""
    path = urlsplit(onward).path
    if path == "/":
        return ""
    known = next(
        (purpose for start, purpose in _PURPOSES if path == start or path.startswith(f"{start}/")), _USUAL_PURPOSE
    )
    return translator.gettext(known)


def logout_page(context: RequestContext) -> Response:
    """The logout form; an anonymous visitor is redirected."""
    if context.actor.user_id is None:
        # A user who has also logged out at the provider is redirected here.
        return redirect_with_flash(context.addresses.home(), "signed-out")
    return render(context, "accounts/logout.html", LogoutPage(context.credentials.proxy_login == context.actor.login))


def handle_logout_post(context: RequestContext) -> Response:
    """Log out; a user of an OIDC login is then redirected to the provider's logout."""
    library, translator = context.library, context.translator
    sign_out(library, context.actor)
    address = oidc_logout_url(library, context.credentials.hint)
    if not address:
        return without_session_cookies(redirect_with_flash(context.addresses.home(), "signed-out"), library.settings)
    name = provider_name(library.settings)
    lead = translator.gettext(
        "You are logged out here. %(name)s logs you out too in a moment, then leads you back.", name=name
    )
    left = replace(context, actor=ANONYMOUS)
    return without_session_cookies(
        oidc_redirect_page(left, translator.gettext("Log out"), lead, address), library.settings
    )
