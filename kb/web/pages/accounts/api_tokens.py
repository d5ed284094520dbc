"""The page of a user's API tokens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.dates import instant_of
from kb.model.people.account import Token, TokenScope
from kb.model.people.group import Group
from kb.services.accounts.api_tokens import LONGEST_NAME, NewToken, add_token, own_tokens, revoke_token
from kb.services.items.item_creation import writable_groups
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.accounts.account_layout import (
    TOKENS,
    AccountHeader,
    account_breadcrumb,
    account_header,
    created_on,
    last_use,
    require_browser,
)
from kb.web.ui.display_text import facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.rendering import render

_DAYS: Mapping[str, int | None] = {"30": 30, "90": 90, "365": 365, "never": None}
_USUAL_DAYS = "90"


@dataclass(frozen=True, slots=True)
class TokensPage:
    head: AccountHeader
    rows: tuple[FormRow, ...]
    longest: int
    scopes: tuple[FormOption, ...]
    days: tuple[FormOption, ...]
    groups: tuple[FormOption, ...]


def tokens_page(context: RequestContext) -> Response:
    """The tokens of the logged-in user. Raises LoginNeeded."""
    require_browser(context)
    translator = context.translator
    groups = writable_groups(context.library, context.actor)
    page = TokensPage(
        head=account_header(context, TOKENS),
        rows=tuple(_row(token, groups, translator) for token in own_tokens(context.library, context.actor)),
        longest=LONGEST_NAME,
        scopes=_scopes(context.form_value("scope") or TokenScope.READ, translator),
        days=_days(context.form_value("days") or _USUAL_DAYS, translator),
        groups=_groups(groups, context.form_value("group"), translator),
    )
    return render(context, "accounts/api_tokens.html", page)


@handle_form(tokens_page, {NotFound: 404})
def handle_tokens_post(context: RequestContext) -> Response:
    """Create a token, which is shown once, or revoke one."""
    require_browser(context)
    match context.form_value("act"):
        case "make":
            return _make_token(context)
        case "revoke":
            revoke_token(context.library, context.actor, context.form_value("id"), own=True)
            return redirect_with_flash(context.addresses.own(TOKENS), "token-revoked")
        case _:
            raise Invalid("The request is not a form of this site.")


@once
def _make_token(context: RequestContext) -> Response:
    _, secret = add_token(context.library, context.actor, _new_token_of_form(context))
    translator = context.translator
    lead = translator.gettext(
        "Copy it now: it is not shown again. Anyone who has it can do what it allows in your name; take it back "
        "when it is not used any more."
    )
    return new_secret_page(
        context, translator.gettext("Your new token"), account_breadcrumb(context, TOKENS), lead, token=secret
    )


def _new_token_of_form(context: RequestContext) -> NewToken:
    name, scope, days = (context.form_value(field) for field in ("name", "scope", "days"))
    if not name.strip():
        raise Invalid("A name has 1 to %(count)s characters, on one line.", count=LONGEST_NAME)
    if scope not in set(TokenScope) or days not in _DAYS:
        raise Invalid("The request is not a form of this site.")
    return NewToken(TokenScope(scope), name, _DAYS[days], context.form_value("group"))


def _row(token: Token, groups: Iterable[Group], translator: Translator) -> FormRow:
    _ = translator.gettext
    if token.expires_at is None:
        end = _("without end")
    elif instant_of(token.expires_at) <= datetime.now(UTC):
        end = _("has expired")
    else:
        end = _("until %(day)s", day=translator.instant(token.expires_at))
    about = [
        _scope(token.scope, translator),
        created_on(token.created_at, translator),
        end,
        last_use(token.seen_at, translator),
    ]
    about += [_("saves in %(group)s", group=group.name) for group in groups if group.id == token.default_group_id]
    return FormRow(token.id, token.name, facts_line(*about))


def _scope(scope: TokenScope, translator: Translator) -> str:
    return (
        translator.gettext("reading alone") if scope is TokenScope.READ else translator.gettext("reading and writing")
    )


def _scopes(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    hints = {
        TokenScope.READ: translator.gettext("what you may read, and changes nothing"),
        TokenScope.WRITE: translator.gettext("all that you may do in your groups"),
    }
    return tuple(
        FormOption(scope.value, _scope(scope, translator), hints[scope], scope.value == selected)
        for scope in TokenScope
    )


def _groups(groups: Iterable[Group], selected: str, translator: Translator) -> tuple[FormOption, ...]:
    shared = (
        FormOption(group.slug, group.name, selected=group.slug == selected) for group in groups if not group.is_personal
    )
    return (FormOption("", translator.gettext("Your own library"), selected=not selected), *shared)


def _days(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    return tuple(
        FormOption(
            key,
            translator.ngettext("%(count)s day", "%(count)s days", days) if days else translator.gettext("without end"),
            selected=key == selected,
        )
        for key, days in _DAYS.items()
    )
