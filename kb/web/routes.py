"""The table of all routes."""

import re
from typing import Any

from starlette.routing import Route

from kb.services.admin.help_texts import HELP_NAMES
from kb.services.admin.site_pages import SITE_PAGE_NAMES
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.api.routes import API_ROUTES
from kb.web.clients.diigo.routes import DIIGO_ROUTES
from kb.web.clients.hypothesis.routes import HYPOTHESIS_ROUTES
from kb.web.clients.linkding.routes import LINKDING_ROUTES
from kb.web.clients.pinboard.routes import PINBOARD_ROUTES
from kb.web.feeds import feed_pages, list_feeds
from kb.web.harvest import oai, sru, unapi
from kb.web.http.context import Handler
from kb.web.http.endpoint import endpoint, refuse_method
from kb.web.http.files.static_files import static_file
from kb.web.http.former_addresses import with_former_addresses
from kb.web.http.typed_dates import with_typed_dates
from kb.web.mcp.endpoint import handle_mcp_post
from kb.web.pages.accounts import (
    account,
    account_deletion,
    api_tokens,
    feed_keys,
    identities,
    invitation_link,
    login,
    oidc_login,
    password_reset,
    personal_data_export,
)
from kb.web.pages.admin import (
    account_administration,
    accounts_and_groups,
    erasure,
    overview,
    site_audit_log,
    site_author_links,
    site_invitations,
    site_page_editor,
    site_settings,
)
from kb.web.pages.annotations import annotation_buttons, annotation_editor, annotation_forms, mentions
from kb.web.pages.annotations.annotation_forms import LARGEST_ANNOTATION_FORM
from kb.web.pages.exports import exports
from kb.web.pages.groups import group_deletion, group_library, group_settings, member, members, membership
from kb.web.pages.imports import import_form, import_jobs
from kb.web.pages.items import (
    citations,
    duplicates,
    file_upload,
    incomplete_items,
    item,
    item_edit,
    item_file,
    move_and_copy,
    page_copy,
    reading_list,
    save,
    save_tools,
)
from kb.web.pages.items.bulk import bulk_actions
from kb.web.pages.links import link_status
from kb.web.pages.lists import list_edit, lists, own_lists, press_review
from kb.web.pages.moderation import audit_log, moderation, moderation_actions
from kb.web.pages.reports import activity_report
from kb.web.pages.search import follow, saved_search_edit, saved_searches, search, suggestions
from kb.web.pages.site import crawlers, health, help_pages, home, manifest, metrics, opensearch, site_text, theme
from kb.web.pages.tags import tag_autocomplete, tag_edit, tags
from kb.web.pages.vocabulary import concepts, vocabulary, vocabulary_import


def _page(path: str, handler: Handler, *, blocking: bool = False) -> Route:
    """A page, or another answer to GET."""
    return Route(path, endpoint(with_former_addresses(handler), blocking=blocking))


def _form(path: str, page: Handler, post: Handler, **more: Any) -> Route:
    """A page with a form that it sends to its own address; `more` as for `endpoint`."""
    return Route(path, endpoint(with_former_addresses(page), post=post, **more), methods=("GET", "POST"))


def _action(path: str, post: Handler, **more: Any) -> Route:
    """The address of a form that stands in other pages; `more` as for `endpoint`."""
    return Route(path, endpoint(post, post=post, **more), methods=("POST",))


ROUTES = (
    _page("/", home.home_page),
    # Feeds before pages: the route of a page would match the dot as a part of a name.
    _page("/search.{form}", feed_pages.search_feed),
    _page("/g/{group}.opml", feed_pages.group_opml),
    _page("/g/{group}.{form}", feed_pages.group_feed),
    _page("/saved.opml", feed_pages.saved_searches_opml),
    _page("/saved/{id}.{form}", feed_pages.saved_search_feed),
    _page("/export", with_typed_dates(exports.search_export_page)),
    _page("/search", with_typed_dates(search.search_page, has_form=True)),
    _form(
        "/bulk",
        with_typed_dates(bulk_actions.bulk_page),
        bulk_actions.handle_bulk_post,
        largest_body=bulk_actions.LARGEST_BULK_FORM,
        in_portions=True,
    ),
    _page("/suggest", suggestions.get_suggestions),
    _page("/g/{group}", with_typed_dates(group_library.library_page, has_form=True)),
    _page("/g/{group}/export", exports.group_export_page),
    _page("/g/{group}/tags", tags.tags_page),
    _form("/g/{group}/tags/edit", tag_edit.tag_edit_page, tag_edit.handle_tag_edit_post),
    _page("/g/{group}/tags/suggest", tag_autocomplete.get_tag_completions),
    _form("/g/{group}/members", members.members_page, members.handle_members_post),
    _form("/g/{group}/members/{login}", member.member_page, member.handle_member_post),
    _form("/g/{group}/settings", group_settings.group_settings_page, group_settings.handle_group_settings_post),
    _form("/g/{group}/deletion", group_deletion.group_deletion_page, group_deletion.handle_group_deletion_post),
    _form("/g/{group}/join", membership.join_page, membership.handle_join_post),
    _form("/g/{group}/leave", membership.leave_page, membership.handle_leave_post),
    _form("/g/{group}/moderation", moderation.moderation_page, moderation.handle_moderation_post),
    _page("/g/{group}/incomplete", incomplete_items.group_incomplete_page),
    _page("/incomplete", incomplete_items.own_incomplete_page),
    _form("/g/{group}/dead-links", link_status.dead_links_page, link_status.handle_dead_links_post),
    _form("/g/{group}/duplicates", duplicates.duplicates_page, duplicates.handle_duplicates_post),
    _form("/g/{group}/bin", moderation.group_trash_page, moderation.handle_trash_post),
    _page("/g/{group}/log", audit_log.group_audit_log_page),
    _page("/g/{group}/report", with_typed_dates(activity_report.group_report_page, has_form=True)),
    _form(
        "/g/{group}/import",
        import_form.import_page,
        import_form.handle_import_post,
        check=import_form.check_importer,
        largest_body=import_form.LARGEST_IMPORT_FORM,
    ),
    _form("/g/{group}/lists", lists.lists_page, lists.handle_new_list_post),
    _form("/lists", own_lists.own_lists_page, own_lists.handle_own_lists_post),
    _form("/lists/add", lists.list_add_page, lists.handle_list_add_post),
    _page("/lists/{id}.{form}", list_feeds.list_feed),
    _page("/lists/{id}", lists.list_page),
    _form(
        "/lists/{id}/edit",
        with_typed_dates(list_edit.list_edit_page, has_form=True),
        list_edit.handle_list_edit_post,
        largest_body=list_edit.LARGEST_LIST_FORM,
    ),
    _page("/lists/{id}/export", exports.list_export_page),
    _page("/lists/{id}/review", press_review.list_review_page),
    _page("/review", with_typed_dates(press_review.search_review_page)),
    _form("/imports/{id}", import_jobs.import_job_page, import_jobs.handle_import_job_post),
    _page("/g/{group}/people", mentions.mentionable_people),
    _form("/groups/new", group_settings.new_group_page, group_settings.handle_new_group_post),
    _form("/invitations", membership.invitations_page, membership.handle_invitation_post),
    _page("/g/{group}/vocabulary", vocabulary.vocabulary_page),
    _page("/g/{group}/vocabulary.{form}", vocabulary.vocabulary_file),
    _form(
        "/g/{group}/vocabulary/term",
        concepts.concept_page,
        concepts.handle_concept_post,
        check=vocabulary.check_vocabulary_editor,
        largest_body=concepts.LARGEST_CONCEPT_FORM,
    ),
    _form(
        "/g/{group}/vocabulary/import",
        vocabulary_import.vocabulary_import_page,
        vocabulary_import.handle_vocabulary_import_post,
        check=vocabulary.check_vocabulary_editor,
        largest_body=vocabulary_import.LARGEST_VOCABULARY_FORM,
    ),
    _form("/g/{group}/vocabulary/remove", concepts.concept_removal_page, concepts.handle_concept_removal_post),
    _page(
        "/g/{group}/tag/{tag:path}",
        feed_pages.tag_page_or_feed(with_typed_dates(group_library.tag_page, has_form=True)),
    ),
    _page("/g/{group}/keep", save.group_save_redirect),
    _form(
        "/keep",
        save.save_page,
        save.handle_save_post,
        sent_page=save.sent_page,
        largest_body=save.LARGEST_SAVE_FORM,
    ),
    _form(
        "/keep/file",
        file_upload.file_upload_page,
        file_upload.handle_file_upload_post,
        check=file_upload.check_uploader,
        has_file=True,
    ),
    _page("/keep/tools", save_tools.save_tools_page),
    _page("/keep/{fetch}/state", save.page_fetch_state),
    _page("/follow", follow.follow_page),
    _page("/saved", saved_searches.saved_searches_page),
    _form(
        "/saved/new",
        with_typed_dates(saved_search_edit.new_saved_search_page),
        saved_search_edit.handle_new_saved_search_post,
    ),
    _form(
        "/saved/{id}/edit", saved_search_edit.saved_search_edit_page, saved_search_edit.handle_saved_search_edit_post
    ),
    _page("/saved/{id}/export", exports.saved_search_export_page),
    _page("/saved/{id}", saved_searches.saved_search_page),
    _page("/items/{id}", item.item_view_page),
    _form(
        "/items/{id}/annotate",
        annotation_editor.annotate_page,
        annotation_editor.handle_annotation_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    _form(
        "/items/{id}/reply",
        annotation_editor.reply_page,
        annotation_editor.handle_reply_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    _form(
        "/items/{id}/words",
        annotation_editor.annotation_edit_page,
        annotation_editor.handle_annotation_edit_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    _form(
        "/items/{id}/private",
        annotation_editor.private_note_page,
        annotation_editor.handle_private_note_post,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    _action("/items/{id}/like", annotation_buttons.handle_like_post),
    _page("/items/{id}/file", item_file.item_file_download, blocking=True),
    _page("/items/{id}/go", item.redirect_to_web_page, blocking=True),
    _form(
        "/items/{id}/moderation",
        moderation_actions.moderation_action_page,
        moderation_actions.handle_moderation_action_post,
    ),
    _form(
        "/items/{id}/edit",
        item_edit.item_edit_page,
        item_edit.handle_item_edit_post,
        largest_body=item_edit.LARGEST_ITEM_FORM,
    ),
    _form("/items/{id}/move", move_and_copy.move_page, move_and_copy.handle_move_post),
    _form("/later", reading_list.own_reading_list_page, reading_list.handle_reading_list_post),
    _action("/restore/{id}", moderation_actions.handle_restore_post, in_portions=True),
    _page("/items/{id}/copy", page_copy.copy_document, blocking=True),
    _form("/items/{id}/copy/delete", page_copy.copy_deletion_page, page_copy.handle_copy_deletion_post),
    _page("/items/{id}/cite", citations.cite_page),
    _form("/mentions", mentions.mentions_page, mentions.handle_mentions_post),
    _page("/source-line", annotation_forms.recognized_source),
    _form("/account/data", personal_data_export.personal_data_page, personal_data_export.handle_personal_data_post),
    _form("/account/delete", account_deletion.account_deletion_page, account_deletion.handle_account_deletion_post),
    _form("/login", login.login_page, login.handle_login_post, keeps_text=False),
    _page("/login/provider", oidc_login.oidc_login_redirect, blocking=True),
    _page("/login/provider/back", oidc_login.oidc_login_callback, blocking=True),
    _form("/login/provider/new", oidc_login.oidc_signup_page, oidc_login.handle_oidc_signup_post, keeps_text=False),
    _form("/account/identity", identities.identity_page, identities.handle_identity_post),
    _form("/logout", login.logout_page, login.handle_logout_post, keeps_text=False),
    _form("/account", account.account_page, account.handle_account_post),
    _form("/account/tokens", api_tokens.tokens_page, api_tokens.handle_tokens_post),
    _form("/account/feeds", feed_keys.feed_keys_page, feed_keys.handle_feed_keys_post),
    _form("/reset", password_reset.lost_password_page, password_reset.handle_lost_password_post, keeps_text=False),
    _form(
        "/reset/{secret}",
        password_reset.password_reset_page,
        password_reset.handle_password_reset_post,
        keeps_text=False,
    ),
    _form("/email/{secret}", account.confirm_email_page, account.handle_confirm_email_post, keeps_text=False),
    _form("/welcome/{secret}", invitation_link.welcome_page, invitation_link.handle_welcome_post, keeps_text=False),
    _form("/admin", overview.overview_page, overview.handle_overview_post),
    _page("/admin/accounts", accounts_and_groups.accounts_page),
    _form(
        "/admin/accounts/{login}",
        account_administration.administered_account_page,
        account_administration.handle_administered_account_post,
    ),
    _form("/admin/invitations", site_invitations.site_invitations_page, site_invitations.handle_site_invitations_post),
    _form(
        "/admin/site",
        site_settings.site_settings_page,
        site_settings.handle_site_settings_post,
        check=site_settings.check_administrator,
        largest_body=site_settings.LARGEST_IDENTITY_FORM,
    ),
    _action("/admin/undo/{what}", site_settings.handle_site_undo_post),
    _form(
        "/admin/site/{name}",
        site_page_editor.site_page_editor,
        site_page_editor.handle_site_page_post,
        largest_body=site_page_editor.LARGEST_SITE_PAGE_FORM,
    ),
    _page("/admin/groups", accounts_and_groups.groups_page),
    _page("/admin/report", with_typed_dates(activity_report.site_report_page, has_form=True)),
    _page("/admin/log", site_audit_log.admin_audit_log_page),
    _form("/admin/forget/{login}", erasure.erasure_page, erasure.handle_erasure_post),
    _page("/admin/authors", accounts_and_groups.authors_page),
    _form("/admin/authors/{login}", site_author_links.author_link_page, site_author_links.handle_author_link_post),
    *(_page(f"/{name}", site_text.text_page) for name in SITE_PAGE_NAMES),
    _page("/aide", help_pages.help_page),
    *(_page(f"/aide/{name}", help_pages.help_topic_page) for name in HELP_NAMES),
    _page("/robots.txt", crawlers.get_robots),
    _page("/sitemap.xml", crawlers.get_sitemap_index),
    _page("/sitemap/{part}.xml", crawlers.get_sitemap_portion),
    _page("/opensearch.xml", opensearch.get_opensearch),
    _page("/theme.css", theme.get_theme),
    _page("/logo.png", theme.get_logo),
    _page("/manifest.webmanifest", manifest.get_manifest),
    _page("/unapi", unapi.unapi_answer),
    _page("/sru", sru.sru_answer),
    Route("/oai", endpoint(oai.oai_answer, call=oai.handle_oai_post), methods=("GET", "POST")),
    *API_ROUTES,
    Route("/mcp", endpoint(refuse_method, call=handle_mcp_post, largest_body=LARGEST_OBJECT), methods=("POST",)),
    *LINKDING_ROUTES,
    *DIIGO_ROUTES,
    *PINBOARD_ROUTES,
    *HYPOTHESIS_ROUTES,
    Route("/static/{name}", static_file),
    Route("/healthz", health.healthz),
    _page("/readyz", health.readyz, blocking=True),
    Route("/metrics", metrics.get_metrics),
)
for _route in ROUTES:
    # Starlette ends its patterns with `$`, which also matches before a last line feed: `/admin%0a` would be `/admin`.
    _route.path_regex = re.compile(_route.path_regex.pattern.removesuffix("$") + r"\Z")
