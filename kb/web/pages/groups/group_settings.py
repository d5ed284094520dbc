"""Create a group, and change its settings."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.model.people.group import Group, GroupState, JoinPolicy, Visibility
from kb.services.files.file_quotas import MEGABYTE, file_quota_of_managed_group, set_file_quota
from kb.services.groups.group_languages import effective_languages
from kb.services.groups.group_settings import (
    GroupNameTaken,
    GroupSettings,
    change_group,
    create_group,
    require_new_group_name,
)
from kb.services.groups.group_states import archive_group
from kb.services.groups.group_views import require_group_permission
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.file_sizes import files_sentence
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, joining_choices, visibility_choices
from kb.web.ui.group_header import SETTINGS, GroupHeader, header_of_group, search_form_of_group
from kb.web.ui.item_links import group_link
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of
from kb.whole_numbers import parse_whole_number


@dataclass(frozen=True, slots=True)
class GroupFormPage:
    """`head` is that of an existing group; `group` has the values to begin with. `is_archived`: only that can be
    changed. `files` says what its files take; `quota` is what they may take in MB, None for a user who is no
    administrator. `other` links to the group that has the name.
    """

    title: str
    head: GroupHeader | None
    form: SearchForm
    group: Group
    visible: tuple[FormOption, ...]
    join: tuple[FormOption, ...]
    feeds: bool
    languages_hint: str
    is_archived: bool
    files: str
    quota: str | None
    other: Link | None


def new_group_page(context: RequestContext) -> Response:
    """The form that creates a group. Raises LoginNeeded."""
    require_signed_in(context.actor)
    return _page_response(context, None)


@handle_form(new_group_page)
@once
def handle_new_group_post(context: RequestContext) -> Response:
    """Create a group, and redirect to it."""
    settings = _settings_of_form(context)
    require_new_group_name(context.library, context.actor, settings.name)
    group = create_group(context.library, context.actor, settings)
    return redirect_with_flash(context.addresses.group(group.slug, "members"), "group-made")


def group_settings_page(context: RequestContext) -> Response:
    """The settings of a group, for a user who may change them. Raises NotFound, Forbidden."""
    return _page_response(
        context, require_group_permission(context.library, context.actor, Action.CLOSE, context.path_params["group"])
    )


@handle_form(group_settings_page)
def handle_group_settings_post(context: RequestContext) -> Response:
    """Change the settings of a group."""
    slug = context.path_params["group"]
    require_group_permission(context.library, context.actor, Action.CLOSE, slug)
    match context.form_value("act"):
        case "archive":
            archived = archive_group(context.library, context.actor, slug)
            return redirect_with_flash(context.addresses.group(archived.slug, SETTINGS), "group-archived")
        case "unarchive":
            opened = archive_group(context.library, context.actor, slug, archived=False)
            return redirect_with_flash(context.addresses.group(opened.slug, SETTINGS), "group-unarchived")
        case "quota":
            limited = set_file_quota(context.library, context.actor, slug, _quota_of_form(context))
            return redirect_with_flash(context.addresses.group(limited.slug, SETTINGS), "kept")
    changed = change_group(context.library, context.actor, slug, _settings_of_form(context))
    return redirect_with_flash(context.addresses.group(changed.slug, SETTINGS), "kept")


def _settings_of_form(context: RequestContext) -> GroupSettings:
    """The settings. Raises Invalid for a value that the form does not offer."""
    field = context.form_value
    try:
        visible, join = Visibility(field("visible")), JoinPolicy(field("join"))
    except ValueError:
        raise Invalid("The request is not a form of this site.") from None
    languages = field("languages").lower().replace(",", " ").split()
    feeds, slug = field("feeds") == "on", field("slug")
    return GroupSettings(field("name"), field("description"), visible, join, feeds, languages, slug)


def _quota_of_form(context: RequestContext) -> int | None:
    """The quota in MB, None for the usual one. Raises Invalid."""
    typed = "".join(context.form_value("quota").split())
    quota = parse_whole_number(typed, None)
    if typed and quota is None:
        raise Invalid("The quota is a whole number of MB; 0 sets no limit.")
    return quota


def _page_response(context: RequestContext, group: Group | None) -> Response:
    translator, typed = context.translator, context.typed_value
    _ = translator.gettext
    error = context.form_error.error if context.form_error else None
    usual = effective_languages(Group("", "", ""), context.library.settings)
    now = group or Group("", "", "", visible=Visibility.SIGNED_IN, join=JoinPolicy.INVITE)
    quota = file_quota_of_managed_group(context.library, context.actor, group) if group else None
    title = _("Settings") if group else _("Create a group")
    page = GroupFormPage(
        title=f"{title} – {group.name}" if group else title,
        head=header_of_group(context, group, SETTINGS) if group else None,
        form=search_form_of_group(context, group) if group else search_form_of(context),
        group=now,
        visible=visibility_choices(typed("visible", now.visible), translator),
        join=joining_choices(typed("join", now.join), translator),
        feeds=context.form_value("feeds") == "on" if context.form_error else now.feeds,
        languages_hint=_("Codes as fr, en, the expected one first. Without any: %(usual)s.", usual=", ".join(usual)),
        is_archived=now.state is GroupState.ARCHIVED,
        files=files_sentence(quota, translator) if quota else "",
        quota=typed("quota", "" if quota.is_default else str((quota.most or 0) // MEGABYTE))
        if quota and context.actor.administrator
        else None,
        other=group_link(context, error.group) if isinstance(error, GroupNameTaken) else None,
    )
    return render(context, "groups/group_settings.html", page)
