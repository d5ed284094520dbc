"""The table of all routes."""

from starlette.routing import Route

from kb.services.admin.site_pages import SITE_PAGE_NAMES
from kb.web.api.routes import API_ROUTES
from kb.web.feeds import feed_pages
from kb.web.http.context import endpoint
from kb.web.http.static_files import static_file
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
    erasure,
    overview,
    site_audit_log,
    site_author_links,
    site_invitations,
)
from kb.web.pages.annotations import annotation_actions, annotation_editor, annotation_forms, mentions
from kb.web.pages.annotations.annotation_forms import LARGEST_ANNOTATION_FORM
from kb.web.pages.groups import group_library, group_settings, member, members, membership
from kb.web.pages.imports import import_jobs
from kb.web.pages.items import (
    bulk_actions,
    citations,
    duplicates,
    item,
    item_edit,
    move_and_copy,
    reading_list,
    save,
    save_tools,
)
from kb.web.pages.links import link_status
from kb.web.pages.lists import list_add, list_edit, lists, press_review
from kb.web.pages.moderation import audit_log, moderation, moderation_actions
from kb.web.pages.search import saved_search_edit, saved_searches, search, suggestions
from kb.web.pages.site import health, home, manifest, opensearch, site_text
from kb.web.pages.tags import tag_autocomplete, tag_edit, tags
from kb.web.pages.vocabulary import concepts, vocabulary, vocabulary_import

BOTH = ("GET", "POST")

ROUTES = (
    Route("/", endpoint(home.home_page)),
    # Feeds before pages: the route of a page would match the dot as a part of a name.
    Route("/search.{form}", endpoint(feed_pages.search_feed)),
    Route("/g/{group}.opml", endpoint(feed_pages.group_opml)),
    Route("/g/{group}.{form}", endpoint(feed_pages.group_feed)),
    Route("/saved.opml", endpoint(feed_pages.saved_searches_opml)),
    Route("/saved/{id}.{form}", endpoint(feed_pages.saved_search_feed)),
    Route("/search", endpoint(search.search_page)),
    Route("/bulk", endpoint(bulk_actions.bulk_page, acts=bulk_actions.handle_bulk_post), methods=BOTH),
    Route("/suggest", endpoint(suggestions.get_suggestions)),
    Route("/g/{group}", endpoint(group_library.library_page)),
    Route("/g/{group}/tags", endpoint(tags.tags_page)),
    Route("/g/{group}/tags/edit", endpoint(tag_edit.tag_edit_page, acts=tag_edit.handle_tag_edit_post), methods=BOTH),
    Route("/g/{group}/tags/suggest", endpoint(tag_autocomplete.get_tag_completions)),
    Route("/g/{group}/members", endpoint(members.members_page, acts=members.handle_members_post), methods=BOTH),
    Route("/g/{group}/members/{login}", endpoint(member.member_page, acts=member.handle_member_post), methods=BOTH),
    Route(
        "/g/{group}/settings",
        endpoint(group_settings.group_settings_page, acts=group_settings.handle_group_settings_post),
        methods=BOTH,
    ),
    Route("/g/{group}/join", endpoint(membership.join_page, acts=membership.handle_join_post), methods=BOTH),
    Route("/g/{group}/leave", endpoint(membership.leave_page, acts=membership.handle_leave_post), methods=BOTH),
    Route(
        "/g/{group}/moderation",
        endpoint(moderation.moderation_page, acts=moderation.handle_moderation_post),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/dead-links",
        endpoint(link_status.dead_links_page, acts=link_status.handle_dead_links_post),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/duplicates",
        endpoint(duplicates.duplicates_page, acts=duplicates.handle_duplicates_post),
        methods=BOTH,
    ),
    Route("/g/{group}/bin", endpoint(moderation.group_trash_page, acts=moderation.handle_trash_post), methods=BOTH),
    Route("/g/{group}/log", endpoint(audit_log.group_audit_log_page)),
    Route(
        "/g/{group}/import",
        endpoint(
            import_jobs.import_page,
            acts=import_jobs.handle_import_post,
            before=import_jobs.check_importer,
            largest=import_jobs.LARGEST_IMPORT_FORM,
        ),
        methods=BOTH,
    ),
    Route("/g/{group}/lists", endpoint(lists.lists_page, acts=lists.handle_new_list_post), methods=BOTH),
    Route("/lists/add", endpoint(list_add.list_add_page, acts=list_add.handle_list_add_post), methods=BOTH),
    Route("/lists/{id}", endpoint(lists.list_page)),
    Route(
        "/lists/{id}/edit",
        endpoint(list_edit.list_edit_page, acts=list_edit.handle_list_edit_post, largest=list_edit.LARGEST_LIST_FORM),
        methods=BOTH,
    ),
    Route("/lists/{id}/review", endpoint(press_review.list_review_page)),
    Route("/review", endpoint(press_review.search_review_page)),
    Route(
        "/imports/{id}", endpoint(import_jobs.import_job_page, acts=import_jobs.handle_import_job_post), methods=BOTH
    ),
    Route("/g/{group}/people", endpoint(mentions.mentionable_people)),
    Route(
        "/groups/new", endpoint(group_settings.new_group_page, acts=group_settings.handle_new_group_post), methods=BOTH
    ),
    Route("/invitations", endpoint(membership.invitations_page, acts=membership.handle_invitation_post), methods=BOTH),
    Route("/g/{group}/vocabulary", endpoint(vocabulary.vocabulary_page)),
    Route("/g/{group}/vocabulary.{form}", endpoint(vocabulary.vocabulary_file)),
    Route(
        "/g/{group}/vocabulary/term",
        endpoint(
            concepts.concept_page,
            acts=concepts.handle_concept_post,
            before=vocabulary.check_vocabulary_editor,
            largest=concepts.LARGEST_CONCEPT_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/vocabulary/import",
        endpoint(
            vocabulary_import.vocabulary_import_page,
            acts=vocabulary_import.handle_vocabulary_import_post,
            before=vocabulary.check_vocabulary_editor,
            largest=vocabulary_import.LARGEST_VOCABULARY_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/vocabulary/remove",
        endpoint(concepts.concept_removal_page, acts=concepts.handle_concept_removal_post),
        methods=BOTH,
    ),
    Route("/g/{group}/tag/{tag:path}", endpoint(feed_pages.tag_page_or_feed(group_library.tag_page))),
    Route("/g/{group}/keep", endpoint(save.group_save_redirect)),
    Route(
        "/keep",
        endpoint(
            save.save_page,
            acts=save.handle_save_post,
            again=save.handle_stale_save_post,
            largest=save.LARGEST_SAVE_FORM,
        ),
        methods=BOTH,
    ),
    Route("/keep/tools", endpoint(save_tools.save_tools_page)),
    Route("/keep/{fetch}/state", endpoint(save.page_fetch_state)),
    Route("/saved", endpoint(saved_searches.saved_searches_page)),
    Route(
        "/saved/new",
        endpoint(saved_search_edit.new_saved_search_page, acts=saved_search_edit.handle_new_saved_search_post),
        methods=BOTH,
    ),
    Route(
        "/saved/{id}/edit",
        endpoint(saved_search_edit.saved_search_edit_page, acts=saved_search_edit.handle_saved_search_edit_post),
        methods=BOTH,
    ),
    Route("/saved/{id}", endpoint(saved_searches.saved_search_page)),
    Route("/items/{id}", endpoint(item.item_view_page)),
    Route(
        "/items/{id}/annotate",
        endpoint(
            annotation_editor.annotate_page,
            acts=annotation_editor.handle_annotation_post,
            before=annotation_editor.check_annotator,
            largest=LARGEST_ANNOTATION_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/reply",
        endpoint(
            annotation_editor.reply_page,
            acts=annotation_editor.handle_reply_post,
            before=annotation_editor.check_annotator,
            largest=LARGEST_ANNOTATION_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/words",
        endpoint(
            annotation_editor.annotation_edit_page,
            acts=annotation_editor.handle_annotation_edit_post,
            before=annotation_editor.check_annotator,
            largest=LARGEST_ANNOTATION_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/private",
        endpoint(
            annotation_editor.private_note_page,
            acts=annotation_editor.handle_private_note_post,
            largest=LARGEST_ANNOTATION_FORM,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/like",
        endpoint(annotation_actions.handle_like_post, acts=annotation_actions.handle_like_post),
        methods=("POST",),
    ),
    Route("/items/{id}/go", endpoint(item.redirect_to_web_page, waits=True)),
    Route(
        "/items/{id}/moderation",
        endpoint(moderation_actions.moderation_action_page, acts=moderation_actions.handle_moderation_action_post),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/edit",
        endpoint(item_edit.item_edit_page, acts=item_edit.handle_item_edit_post, largest=item_edit.LARGEST_ITEM_FORM),
        methods=BOTH,
    ),
    Route("/items/{id}/move", endpoint(move_and_copy.move_page, acts=move_and_copy.handle_move_post), methods=BOTH),
    Route(
        "/later", endpoint(reading_list.own_reading_list_page, acts=reading_list.handle_reading_list_post), methods=BOTH
    ),
    Route(
        "/restore/{id}",
        endpoint(moderation_actions.handle_restore_post, acts=moderation_actions.handle_restore_post),
        methods=("POST",),
    ),
    Route("/items/{id}/cite", endpoint(citations.cite_page)),
    Route("/mentions", endpoint(mentions.mentions_page, acts=mentions.handle_mentions_post), methods=BOTH),
    Route("/source-line", endpoint(annotation_forms.recognized_source)),
    Route(
        "/account/data",
        endpoint(personal_data_export.personal_data_page, acts=personal_data_export.handle_personal_data_post),
        methods=BOTH,
    ),
    Route(
        "/account/delete",
        endpoint(account_deletion.account_deletion_page, acts=account_deletion.handle_account_deletion_post),
        methods=BOTH,
    ),
    Route("/login", endpoint(login.login_page, acts=login.handle_login_post), methods=BOTH),
    Route("/login/provider", endpoint(oidc_login.oidc_login_redirect, waits=True)),
    Route("/login/provider/back", endpoint(oidc_login.oidc_login_callback, waits=True)),
    Route(
        "/login/provider/new",
        endpoint(oidc_login.oidc_signup_page, acts=oidc_login.handle_oidc_signup_post),
        methods=BOTH,
    ),
    Route("/account/identity", endpoint(identities.identity_page, acts=identities.handle_identity_post), methods=BOTH),
    Route("/logout", endpoint(login.logout_page, acts=login.handle_logout_post), methods=BOTH),
    Route("/account", endpoint(account.account_page, acts=account.handle_account_post), methods=BOTH),
    Route("/account/tokens", endpoint(api_tokens.tokens_page, acts=api_tokens.handle_tokens_post), methods=BOTH),
    Route("/account/feeds", endpoint(feed_keys.feed_keys_page, acts=feed_keys.handle_feed_keys_post), methods=BOTH),
    Route(
        "/reset",
        endpoint(password_reset.lost_password_page, acts=password_reset.handle_lost_password_post),
        methods=BOTH,
    ),
    Route(
        "/reset/{secret}",
        endpoint(password_reset.password_reset_page, acts=password_reset.handle_password_reset_post),
        methods=BOTH,
    ),
    Route(
        "/email/{secret}",
        endpoint(account.confirm_email_page, acts=account.handle_confirm_email_post),
        methods=BOTH,
    ),
    Route(
        "/welcome/{secret}",
        endpoint(invitation_link.welcome_page, acts=invitation_link.handle_welcome_post),
        methods=BOTH,
    ),
    Route("/admin", endpoint(overview.overview_page)),
    Route("/admin/accounts", endpoint(overview.accounts_page)),
    Route(
        "/admin/accounts/{login}",
        endpoint(
            account_administration.administered_account_page,
            acts=account_administration.handle_administered_account_post,
        ),
        methods=BOTH,
    ),
    Route(
        "/admin/invitations",
        endpoint(site_invitations.site_invitations_page, acts=site_invitations.handle_site_invitations_post),
        methods=BOTH,
    ),
    Route("/admin/groups", endpoint(overview.groups_page)),
    Route("/admin/log", endpoint(site_audit_log.admin_audit_log_page)),
    Route("/admin/forget/{login}", endpoint(erasure.erasure_page, acts=erasure.handle_erasure_post), methods=BOTH),
    Route("/admin/authors", endpoint(overview.authors_page)),
    Route(
        "/admin/authors/{login}",
        endpoint(site_author_links.author_link_page, acts=site_author_links.handle_author_link_post),
        methods=BOTH,
    ),
    *(Route(f"/{name}", endpoint(site_text.text_page)) for name in SITE_PAGE_NAMES),
    Route("/opensearch.xml", endpoint(opensearch.get_opensearch)),
    Route("/manifest.webmanifest", endpoint(manifest.get_manifest)),
    *API_ROUTES,
    Route("/static/{name}", static_file),
    Route("/healthz", health.healthz),
    Route("/readyz", endpoint(health.readyz, waits=True)),
)
