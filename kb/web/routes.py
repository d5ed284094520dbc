"""The one table of addresses."""

from starlette.routing import Route

from kb.services.admin.site_pages import NAMES
from kb.web.api.routes import API_ROUTES
from kb.web.feeds import feed_pages, opml_pages
from kb.web.http.context import endpoint
from kb.web.http.static_files import static_file
from kb.web.pages.accounts import (
    account,
    account_deletion,
    api_tokens,
    confirm_email,
    feed_keys,
    identities,
    login,
    oidc_login,
    oidc_signup,
    password_reset,
    password_reset_request,
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
from kb.web.pages.annotations import annotation_pages, likes, mentions, source_hint
from kb.web.pages.annotations.annotation_forms import LARGEST_WORDS
from kb.web.pages.groups import group_library, group_settings, member, member_actions, members, membership
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
from kb.web.pages.links import dead_links
from kb.web.pages.lists import list_add, list_edit, lists, press_review
from kb.web.pages.moderation import audit_log, moderation, moderation_actions, trash
from kb.web.pages.search import saved_search_edit, saved_searches, search, suggestions
from kb.web.pages.site import health, home, manifest, opensearch, site_text
from kb.web.pages.tags import tag_autocomplete, tag_edit, tags
from kb.web.pages.vocabulary import concepts, vocabulary, vocabulary_import

BOTH = ("GET", "POST")

ROUTES = (
    Route("/", endpoint(home.home_page)),
    # Feeds before pages, which would take the dot for a part of a name.
    Route("/search.{form}", endpoint(feed_pages.search_feed)),
    Route("/g/{group}.opml", endpoint(opml_pages.group_opml)),
    Route("/g/{group}.{form}", endpoint(feed_pages.group_feed)),
    Route("/saved.opml", endpoint(opml_pages.saved_opml)),
    Route("/saved/{id}.{form}", endpoint(feed_pages.saved_feed)),
    Route("/search", endpoint(search.search_page)),
    Route("/bulk", endpoint(bulk_actions.bulk_page, acts=bulk_actions.act_on_items), methods=BOTH),
    Route("/suggest", endpoint(suggestions.suggestions)),
    Route("/g/{group}", endpoint(group_library.library_page)),
    Route("/g/{group}/tags", endpoint(tags.tags_page)),
    Route("/g/{group}/tags/edit", endpoint(tag_edit.order_page, acts=tag_edit.act_on_tags), methods=BOTH),
    Route("/g/{group}/tags/suggest", endpoint(tag_autocomplete.tag_proposals)),
    Route("/g/{group}/members", endpoint(members.members_page, acts=member_actions.act_on_members), methods=BOTH),
    Route("/g/{group}/members/{login}", endpoint(member.member_page, acts=member.act_on_member), methods=BOTH),
    Route(
        "/g/{group}/settings", endpoint(group_settings.settings_page, acts=group_settings.change_settings), methods=BOTH
    ),
    Route("/g/{group}/join", endpoint(membership.join_page, acts=membership.join), methods=BOTH),
    Route("/g/{group}/leave", endpoint(membership.leave_page, acts=membership.leave), methods=BOTH),
    Route(
        "/g/{group}/moderation",
        endpoint(moderation.moderation_page, acts=moderation.act_on_moderation),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/dead-links", endpoint(dead_links.dead_links_page, acts=dead_links.act_on_dead_links), methods=BOTH
    ),
    Route(
        "/g/{group}/duplicates", endpoint(duplicates.duplicates_page, acts=duplicates.act_on_duplicates), methods=BOTH
    ),
    Route("/g/{group}/bin", endpoint(trash.bin_page, acts=trash.act_on_bin), methods=BOTH),
    Route("/g/{group}/log", endpoint(audit_log.log_page)),
    Route(
        "/g/{group}/import",
        endpoint(
            import_jobs.import_page,
            acts=import_jobs.send,
            before=import_jobs.check_importer,
            largest=import_jobs.LARGEST_FORM,
        ),
        methods=BOTH,
    ),
    Route("/g/{group}/lists", endpoint(lists.lists_page, acts=lists.begin), methods=BOTH),
    Route("/lists/add", endpoint(list_add.add_page, acts=list_add.add), methods=BOTH),
    Route("/lists/{id}", endpoint(lists.list_page)),
    Route(
        "/lists/{id}/edit",
        endpoint(list_edit.edit_page, acts=list_edit.edit, largest=list_edit.LARGEST_FORM),
        methods=BOTH,
    ),
    Route("/lists/{id}/review", endpoint(press_review.list_review)),
    Route("/review", endpoint(press_review.search_review)),
    Route("/imports/{id}", endpoint(import_jobs.intake_page, acts=import_jobs.act_on_intake), methods=BOTH),
    Route("/g/{group}/people", endpoint(mentions.people)),
    Route("/groups/new", endpoint(group_settings.new_group_page, acts=group_settings.new_group), methods=BOTH),
    Route("/invitations", endpoint(membership.invitations_page, acts=membership.answer), methods=BOTH),
    Route("/g/{group}/vocabulary", endpoint(vocabulary.vocabulary_page)),
    Route("/g/{group}/vocabulary.{form}", endpoint(vocabulary.vocabulary_file)),
    Route(
        "/g/{group}/vocabulary/term",
        endpoint(
            concepts.term_page, acts=concepts.act_on_term, before=vocabulary.check_editor, largest=concepts.LARGEST_TERM
        ),
        methods=BOTH,
    ),
    Route(
        "/g/{group}/vocabulary/import",
        endpoint(
            vocabulary_import.send_page,
            acts=vocabulary_import.bring_in,
            before=vocabulary.check_editor,
            largest=vocabulary_import.LARGEST_FORM,
        ),
        methods=BOTH,
    ),
    Route("/g/{group}/vocabulary/remove", endpoint(concepts.remove_page, acts=concepts.remove_term), methods=BOTH),
    Route("/g/{group}/tag/{tag:path}", endpoint(feed_pages.or_feed_of_tag(group_library.tag_page))),
    Route("/g/{group}/keep", endpoint(save.group_form)),
    Route(
        "/keep",
        endpoint(save.form_page, acts=save.act, again=save.again, largest=save.LARGEST_FORM),
        methods=BOTH,
    ),
    Route("/keep/tools", endpoint(save_tools.tools_page)),
    Route("/keep/{fetch}/state", endpoint(save.page_state)),
    Route("/saved", endpoint(saved_searches.saved_list_page)),
    Route("/saved/new", endpoint(saved_search_edit.new_page, acts=saved_search_edit.save), methods=BOTH),
    Route("/saved/{id}/edit", endpoint(saved_search_edit.edit_page, acts=saved_search_edit.edit), methods=BOTH),
    Route("/saved/{id}", endpoint(saved_searches.saved_page)),
    Route("/items/{id}", endpoint(item.item)),
    Route(
        "/items/{id}/annotate",
        endpoint(
            annotation_pages.annotate_page,
            acts=annotation_pages.annotate_item,
            before=annotation_pages.check_writer,
            largest=LARGEST_WORDS,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/reply",
        endpoint(
            annotation_pages.reply_page,
            acts=annotation_pages.reply_to,
            before=annotation_pages.check_writer,
            largest=LARGEST_WORDS,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/words",
        endpoint(
            annotation_pages.change_page,
            acts=annotation_pages.change_words,
            before=annotation_pages.check_writer,
            largest=LARGEST_WORDS,
        ),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/private",
        endpoint(annotation_pages.private_page, acts=annotation_pages.note_for_oneself, largest=LARGEST_WORDS),
        methods=BOTH,
    ),
    Route("/items/{id}/like", endpoint(likes.act_on_like, acts=likes.act_on_like), methods=("POST",)),
    Route("/items/{id}/go", endpoint(item.go, waits=True)),
    Route(
        "/items/{id}/moderation",
        endpoint(moderation_actions.thing_page, acts=moderation_actions.act_on_thing),
        methods=BOTH,
    ),
    Route(
        "/items/{id}/edit",
        endpoint(item_edit.edit_page, acts=item_edit.act_on_edit, largest=item_edit.LARGEST_ITEM),
        methods=BOTH,
    ),
    Route("/items/{id}/move", endpoint(move_and_copy.move_page, acts=move_and_copy.act_on_move), methods=BOTH),
    Route("/later", endpoint(reading_list.later_page, acts=reading_list.act_on_later), methods=BOTH),
    Route("/restore/{id}", endpoint(moderation_actions.put_back, acts=moderation_actions.put_back), methods=("POST",)),
    Route("/items/{id}/cite", endpoint(citations.cite_page)),
    Route("/mentions", endpoint(mentions.mentions_page, acts=mentions.act_on_mentions), methods=BOTH),
    Route("/source-line", endpoint(source_hint.source_line)),
    Route("/account/data", endpoint(personal_data_export.data_page, acts=personal_data_export.take_data), methods=BOTH),
    Route("/account/delete", endpoint(account_deletion.delete_page, acts=account_deletion.delete), methods=BOTH),
    Route("/login", endpoint(login.login_page, acts=login.log_in), methods=BOTH),
    Route("/login/provider", endpoint(oidc_login.go, waits=True)),
    Route("/login/provider/back", endpoint(oidc_login.back, waits=True)),
    Route("/login/provider/new", endpoint(oidc_signup.arriving_page, acts=oidc_signup.arrive), methods=BOTH),
    Route("/account/identity", endpoint(identities.identity_page, acts=identities.act_on_identity), methods=BOTH),
    Route("/logout", endpoint(login.logout_page, acts=login.log_out), methods=BOTH),
    Route("/account", endpoint(account.account_page, acts=account.act_on_account), methods=BOTH),
    Route("/account/tokens", endpoint(api_tokens.tokens_page, acts=api_tokens.act_on_tokens), methods=BOTH),
    Route("/account/feeds", endpoint(feed_keys.feeds_page, acts=feed_keys.act_on_feeds), methods=BOTH),
    Route(
        "/reset",
        endpoint(password_reset_request.lost_password_page, acts=password_reset_request.ask_for_link),
        methods=BOTH,
    ),
    Route("/reset/{secret}", endpoint(password_reset.reset_page, acts=password_reset.reset), methods=BOTH),
    Route("/email/{secret}", endpoint(confirm_email.confirm_page, acts=confirm_email.confirm), methods=BOTH),
    Route("/welcome/{secret}", endpoint(login.welcome_page, acts=login.welcome), methods=BOTH),
    Route("/admin", endpoint(overview.overview_page)),
    Route("/admin/accounts", endpoint(overview.accounts_page)),
    Route(
        "/admin/accounts/{login}",
        endpoint(account_administration.account_page, acts=account_administration.act_on_account),
        methods=BOTH,
    ),
    Route(
        "/admin/invitations",
        endpoint(site_invitations.invitations_page, acts=site_invitations.act_on_invitations),
        methods=BOTH,
    ),
    Route("/admin/groups", endpoint(overview.groups_page)),
    Route("/admin/log", endpoint(site_audit_log.log_page)),
    Route("/admin/forget/{login}", endpoint(erasure.forget_page, acts=erasure.forget), methods=BOTH),
    Route("/admin/authors", endpoint(overview.authors_page)),
    Route(
        "/admin/authors/{login}",
        endpoint(site_author_links.author_page, acts=site_author_links.act_on_author),
        methods=BOTH,
    ),
    *(Route(f"/{name}", endpoint(site_text.text_page)) for name in NAMES),
    Route("/opensearch.xml", endpoint(opensearch.opensearch)),
    Route("/manifest.webmanifest", endpoint(manifest.manifest)),
    *API_ROUTES,
    Route("/static/{name}", static_file),
    Route("/healthz", health.healthz),
    Route("/readyz", endpoint(health.readyz, waits=True)),
)
