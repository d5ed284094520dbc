"""The table of all routes of the core."""

from starlette.routing import Route

from kb.services.admin.help_texts import HELP_NAMES
from kb.services.admin.site_pages import SITE_PAGE_NAMES
from kb.web.api.routes import API_ROUTES
from kb.web.feeds import feed_pages, list_feeds
from kb.web.http.endpoint import action_route, form_route, page_route
from kb.web.http.files.static_files import static_file
from kb.web.http.typed_dates import with_typed_dates
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
from kb.web.pages.search import follow, saved_search_forms, saved_searches, search, suggestions
from kb.web.pages.site import browser_files, crawlers, health, help_pages, home, metrics, site_text
from kb.web.pages.tags import tag_autocomplete, tag_edit, tags
from kb.web.pages.vocabulary import concepts, vocabulary, vocabulary_import

ROUTES = (
    page_route("/", home.home_page),
    # Feeds before pages: the route of a page would match the dot as a part of a name.
    page_route("/search.{form}", feed_pages.search_feed),
    page_route("/g/{group}.opml", feed_pages.group_opml),
    page_route("/g/{group}.{form}", feed_pages.group_feed),
    page_route("/saved.opml", feed_pages.saved_searches_opml),
    page_route("/saved/{id}.{form}", feed_pages.saved_search_feed),
    page_route("/export", with_typed_dates(exports.search_export_page)),
    page_route("/search", with_typed_dates(search.search_page, has_form=True)),
    form_route(
        "/bulk",
        with_typed_dates(bulk_actions.bulk_page),
        bulk_actions.handle_bulk_post,
        largest_body=bulk_actions.LARGEST_BULK_FORM,
        in_portions=True,
    ),
    page_route("/suggest", suggestions.get_suggestions),
    page_route("/g/{group}", with_typed_dates(group_library.library_page, has_form=True)),
    page_route("/g/{group}/export", exports.group_export_page),
    page_route("/g/{group}/tags", tags.tags_page),
    form_route("/g/{group}/tags/edit", tag_edit.tag_edit_page, tag_edit.handle_tag_edit_post),
    page_route("/g/{group}/tags/suggest", tag_autocomplete.get_tag_completions),
    form_route("/g/{group}/members", members.members_page, members.handle_members_post),
    form_route("/g/{group}/members/{login}", member.member_page, member.handle_member_post),
    form_route("/g/{group}/settings", group_settings.group_settings_page, group_settings.handle_group_settings_post),
    form_route("/g/{group}/deletion", group_deletion.group_deletion_page, group_deletion.handle_group_deletion_post),
    form_route("/g/{group}/join", membership.join_page, membership.handle_join_post),
    form_route("/g/{group}/leave", membership.leave_page, membership.handle_leave_post),
    form_route("/g/{group}/moderation", moderation.moderation_page, moderation.handle_moderation_post),
    page_route("/g/{group}/incomplete", incomplete_items.group_incomplete_page),
    page_route("/incomplete", incomplete_items.own_incomplete_page),
    form_route("/g/{group}/dead-links", link_status.dead_links_page, link_status.handle_dead_links_post),
    form_route("/g/{group}/duplicates", duplicates.duplicates_page, duplicates.handle_duplicates_post),
    form_route("/g/{group}/bin", moderation.group_trash_page, moderation.handle_trash_post),
    page_route("/g/{group}/log", audit_log.group_audit_log_page),
    form_route(
        "/g/{group}/import",
        import_form.import_page,
        import_form.handle_import_post,
        check=import_form.check_importer,
        largest_body=import_form.LARGEST_IMPORT_FORM,
    ),
    form_route("/g/{group}/lists", lists.lists_page, lists.handle_new_list_post),
    form_route("/lists", own_lists.own_lists_page, own_lists.handle_own_lists_post),
    form_route("/lists/add", lists.list_add_page, lists.handle_list_add_post),
    page_route("/lists/{id}.{form}", list_feeds.list_feed),
    page_route("/lists/{id}", lists.list_page),
    form_route(
        "/lists/{id}/edit",
        with_typed_dates(list_edit.list_edit_page, has_form=True),
        list_edit.handle_list_edit_post,
        largest_body=list_edit.LARGEST_LIST_FORM,
    ),
    page_route("/lists/{id}/export", exports.list_export_page),
    form_route(
        "/lists/{id}/review",
        press_review.list_review_page,
        press_review.handle_list_review_post,
        largest_body=press_review.LARGEST_REVIEW_FORM,
    ),
    page_route("/lists/{id}/review.{form}", press_review.list_review_file),
    form_route(
        "/review",
        with_typed_dates(press_review.search_review_page),
        press_review.handle_search_review_post,
    ),
    form_route("/imports/{id}", import_jobs.import_job_page, import_jobs.handle_import_job_post),
    page_route("/g/{group}/people", mentions.mentionable_people),
    form_route("/groups/new", group_settings.new_group_page, group_settings.handle_new_group_post),
    form_route("/invitations", membership.invitations_page, membership.handle_invitation_post),
    page_route("/g/{group}/vocabulary", vocabulary.vocabulary_page),
    page_route("/g/{group}/vocabulary.{form}", vocabulary.vocabulary_file),
    form_route(
        "/g/{group}/vocabulary/term",
        concepts.concept_page,
        concepts.handle_concept_post,
        check=vocabulary.check_vocabulary_editor,
        largest_body=concepts.LARGEST_CONCEPT_FORM,
    ),
    form_route(
        "/g/{group}/vocabulary/import",
        vocabulary_import.vocabulary_import_page,
        vocabulary_import.handle_vocabulary_import_post,
        check=vocabulary.check_vocabulary_editor,
        largest_body=vocabulary_import.LARGEST_VOCABULARY_FORM,
    ),
    form_route("/g/{group}/vocabulary/remove", concepts.concept_removal_page, concepts.handle_concept_removal_post),
    page_route(
        "/g/{group}/tag/{tag:path}",
        feed_pages.tag_page_or_feed(with_typed_dates(group_library.tag_page, has_form=True)),
    ),
    page_route("/g/{group}/keep", save.group_save_redirect),
    form_route(
        "/keep",
        save.save_page,
        save.handle_save_post,
        sent_page=save.sent_page,
        largest_body=save.LARGEST_SAVE_FORM,
    ),
    form_route(
        "/keep/file",
        file_upload.file_upload_page,
        file_upload.handle_file_upload_post,
        check=file_upload.check_uploader,
        has_file=True,
    ),
    page_route("/keep/tools", save_tools.save_tools_page),
    page_route("/keep/{fetch}/state", save.page_fetch_state),
    page_route("/follow", follow.follow_page),
    page_route("/saved", saved_searches.saved_searches_page),
    form_route(
        "/saved/new",
        with_typed_dates(saved_search_forms.new_saved_search_page),
        saved_search_forms.handle_new_saved_search_post,
    ),
    form_route(
        "/saved/{id}/edit", saved_search_forms.saved_search_edit_page, saved_search_forms.handle_saved_search_edit_post
    ),
    page_route("/saved/{id}/export", exports.saved_search_export_page),
    page_route("/saved/{id}", saved_searches.saved_search_page),
    page_route("/items/{id}", item.item_view_page),
    form_route(
        "/items/{id}/annotate",
        annotation_editor.annotate_page,
        annotation_editor.handle_annotation_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    form_route(
        "/items/{id}/reply",
        annotation_editor.reply_page,
        annotation_editor.handle_reply_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    form_route(
        "/items/{id}/words",
        annotation_editor.annotation_edit_page,
        annotation_editor.handle_annotation_edit_post,
        check=annotation_editor.check_annotator,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    form_route(
        "/items/{id}/private",
        annotation_editor.private_note_page,
        annotation_editor.handle_private_note_post,
        largest_body=LARGEST_ANNOTATION_FORM,
    ),
    action_route("/items/{id}/like", annotation_buttons.handle_like_post),
    page_route("/items/{id}/file", item_file.item_file_download, blocking=True),
    page_route("/items/{id}/go", item.redirect_to_web_page, blocking=True),
    form_route(
        "/items/{id}/moderation",
        moderation_actions.moderation_action_page,
        moderation_actions.handle_moderation_action_post,
    ),
    form_route(
        "/items/{id}/edit",
        item_edit.item_edit_page,
        item_edit.handle_item_edit_post,
        largest_body=item_edit.LARGEST_ITEM_FORM,
    ),
    form_route("/items/{id}/move", move_and_copy.move_page, move_and_copy.handle_move_post),
    form_route("/later", reading_list.own_reading_list_page, reading_list.handle_reading_list_post),
    action_route("/restore/{id}", moderation_actions.handle_restore_post, in_portions=True),
    page_route("/items/{id}/copy", page_copy.copy_document, blocking=True),
    form_route("/items/{id}/copy/delete", page_copy.copy_deletion_page, page_copy.handle_copy_deletion_post),
    page_route("/items/{id}/cite", citations.cite_page),
    page_route("/source-line", annotation_forms.recognized_source),
    form_route(
        "/account/data", personal_data_export.personal_data_page, personal_data_export.handle_personal_data_post
    ),
    form_route(
        "/account/delete", account_deletion.account_deletion_page, account_deletion.handle_account_deletion_post
    ),
    form_route("/login", login.login_page, login.handle_login_post, keeps_text=False),
    page_route("/login/provider", oidc_login.oidc_login_redirect, blocking=True),
    page_route("/login/provider/back", oidc_login.oidc_login_callback, blocking=True),
    form_route(
        "/login/provider/new", oidc_login.oidc_signup_page, oidc_login.handle_oidc_signup_post, keeps_text=False
    ),
    form_route("/account/identity", identities.identity_page, identities.handle_identity_post),
    form_route("/logout", login.logout_page, login.handle_logout_post, keeps_text=False),
    form_route("/account", account.account_page, account.handle_account_post),
    form_route("/account/tokens", api_tokens.tokens_page, api_tokens.handle_tokens_post),
    form_route("/account/feeds", feed_keys.feed_keys_page, feed_keys.handle_feed_keys_post),
    form_route("/reset", password_reset.lost_password_page, password_reset.handle_lost_password_post, keeps_text=False),
    form_route(
        "/reset/{secret}",
        password_reset.password_reset_page,
        password_reset.handle_password_reset_post,
        keeps_text=False,
    ),
    form_route("/email/{secret}", account.confirm_email_page, account.handle_confirm_email_post, keeps_text=False),
    form_route(
        "/welcome/{secret}", invitation_link.welcome_page, invitation_link.handle_welcome_post, keeps_text=False
    ),
    form_route("/admin", overview.overview_page, overview.handle_overview_post),
    page_route("/admin/accounts", accounts_and_groups.accounts_page),
    form_route(
        "/admin/accounts/{login}",
        account_administration.administered_account_page,
        account_administration.handle_administered_account_post,
    ),
    form_route(
        "/admin/invitations", site_invitations.site_invitations_page, site_invitations.handle_site_invitations_post
    ),
    form_route(
        "/admin/site",
        site_settings.site_settings_page,
        site_settings.handle_site_settings_post,
        check=site_settings.check_administrator,
        largest_body=site_settings.LARGEST_IDENTITY_FORM,
    ),
    action_route("/admin/undo/{what}", site_settings.handle_site_undo_post),
    form_route(
        "/admin/site/{name}",
        site_page_editor.site_page_editor,
        site_page_editor.handle_site_page_post,
        largest_body=site_page_editor.LARGEST_SITE_PAGE_FORM,
    ),
    page_route("/admin/groups", accounts_and_groups.groups_page),
    page_route("/admin/log", site_audit_log.admin_audit_log_page),
    form_route("/admin/forget/{login}", erasure.erasure_page, erasure.handle_erasure_post),
    page_route("/admin/authors", accounts_and_groups.authors_page),
    form_route("/admin/authors/{login}", site_author_links.author_link_page, site_author_links.handle_author_link_post),
    *(page_route(f"/{name}", site_text.text_page) for name in SITE_PAGE_NAMES),
    page_route("/aide", help_pages.help_page),
    *(page_route(f"/aide/{name}", help_pages.help_topic_page) for name in HELP_NAMES),
    page_route("/robots.txt", crawlers.get_robots),
    page_route("/sitemap.xml", crawlers.get_sitemap_index),
    page_route("/sitemap/{part}.xml", crawlers.get_sitemap_portion),
    page_route("/opensearch.xml", browser_files.get_opensearch),
    page_route("/theme.css", browser_files.get_theme),
    page_route("/logo.png", browser_files.get_logo),
    page_route("/manifest.webmanifest", browser_files.get_manifest),
    *API_ROUTES,
    Route("/static/{name}", static_file),
    Route("/healthz", health.healthz),
    page_route("/readyz", health.readyz, blocking=True),
    Route("/metrics", metrics.get_metrics),
)
