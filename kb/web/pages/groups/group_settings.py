"""Create a group, and change its settings."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.people.group import Group, JoinPolicy, Visibility
from kb.model.search_request import SearchRequest
from kb.services.groups.group_languages import effective_languages
from kb.services.groups.group_settings import GroupSettings, change_group, create_group, managed_group
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.listing_scope import ListingScope
from kb.web.ui.group_choices import FormOption, joining_choices, visibility_choices
from kb.web.ui.group_header import SETTINGS, GroupHeader, header_of_group
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class GroupFormPage:
    """`head` and `form` are those of an existing group. `asks_slug`: the user may set the whole slug."""

    title: str
    form_token: str
    action: str
    head: GroupHeader | None
    form: SearchForm
    wrong: str
    name: str
    description: str
    visible: tuple[FormOption, ...]
    join: tuple[FormOption, ...]
    feeds: bool
    languages: str
    languages_hint: str
    asks_slug: bool
    slug: str


@dataclass(frozen=True, slots=True)
class _GroupForm:
    """The values of the form, valid or not."""

    name: str = ""
    description: str = ""
    visible: str = Visibility.SIGNED_IN.value
    join: str = JoinPolicy.INVITE.value
    feeds: bool = True
    languages: str = ""
    slug: str = ""

    @property
    def settings(self) -> GroupSettings:
        """The settings. Raises Invalid for a value that the form does not offer."""
        try:
            visible, join = Visibility(self.visible), JoinPolicy(self.join)
        except ValueError:
            raise Invalid("What was sent is not a form of this site.") from None
        languages = self.languages.lower().replace(",", " ").split()
        return GroupSettings(self.name, self.description, visible, join, self.feeds, languages)


def new_group_page(context: RequestContext) -> Response:
    """The form that creates a group. Raises LoginNeeded."""
    require_signed_in(context.actor)
    return _page_response(context, _GroupForm())


def handle_new_group_post(context: RequestContext) -> Response:
    """Create a group, and redirect to it."""
    typed = _group_form(context)
    try:
        made = create_group(context.library, context.actor, typed.settings, typed.slug)
    except (Invalid, Conflict) as error:
        return _page_response(context, typed, error=error)
    return redirect_with_flash(context.addresses.group(made.slug, "members"), "group-made")


def group_settings_page(context: RequestContext) -> Response:
    """The settings of a group, for a user who may change them. Raises NotFound, Forbidden."""
    group = managed_group(context.library, context.actor, context.path_params["group"])
    typed = _GroupForm(
        group.name,
        group.description or "",
        group.visible.value,
        group.join.value,
        group.feeds,
        ", ".join(group.languages),
    )
    return _page_response(context, typed, group)


def handle_group_settings_post(context: RequestContext) -> Response:
    """Change the settings of a group."""
    slug, typed = context.path_params["group"], _group_form(context)
    group = managed_group(context.library, context.actor, slug)
    try:
        change_group(context.library, context.actor, slug, typed.settings)
    except Invalid as error:
        return _page_response(context, typed, group, error)
    return redirect_with_flash(context.addresses.group(slug, SETTINGS), "kept")


def _group_form(context: RequestContext) -> _GroupForm:
    one = context.form_value
    return _GroupForm(
        one("name"),
        one("description"),
        one("visible"),
        one("join"),
        one("feeds") == "on",
        one("languages"),
        one("slug"),
    )


def _page_response(
    context: RequestContext, typed: _GroupForm, group: Group | None = None, error: FlorilegeError | None = None
) -> Response:
    words, carried = context.words, context.choice.url_language
    place = ListingScope(group.slug) if group else None
    usual = effective_languages(Group("", "", ""), context.library.settings)
    title = words.say("Settings") if group else words.say("Make a group")
    page = GroupFormPage(
        title=f"{title} – {group.name}" if group else title,
        form_token=context.form_token,
        action=context.addresses.group(group.slug, SETTINGS) if group else context.addresses.own("groups/new"),
        head=header_of_group(context, group, SETTINGS) if group else None,
        form=search_form_of(place.cleared(SearchRequest()), words, lang=carried, place=place, scope=group.name)
        if place and group
        else search_form_of(SearchRequest(), words, lang=carried),
        wrong=words.sentence(error) if error else "",
        name=typed.name,
        description=typed.description,
        visible=visibility_choices(typed.visible, words),
        join=joining_choices(typed.join, words),
        feeds=typed.feeds,
        languages=typed.languages,
        languages_hint=words.say(
            "Codes as fr, en, the expected one first. Without any: %(usual)s.", usual=", ".join(usual)
        ),
        asks_slug=group is None and context.actor.administrator,
        slug=typed.slug,
    )
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return render(context, "groups/group_settings.html", page, status)
