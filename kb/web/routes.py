"""The one table of addresses."""

from starlette.routing import Route

from kb.library.pages import NAMES
from kb.web import feed_lists, feeds, health, opensearch
from kb.web.api.routes import API_ROUTES
from kb.web.context import endpoint
from kb.web.pages import (
    account,
    account_feeds,
    account_tokens,
    citing,
    entering,
    group_forms,
    groups,
    home,
    items,
    joining,
    member,
    members,
    members_acts,
    resetting,
    saved,
    saving,
    search,
    site,
    suggesting,
    tags,
    vocabulary,
)
from kb.web.statics import static_file

BOTH = ("GET", "POST")

ROUTES = (
    Route("/", endpoint(home.home_page)),
    # Feeds before pages, which would take the dot for a part of a name.
    Route("/search.{form}", endpoint(feeds.search_feed)),
    Route("/g/{group}.opml", endpoint(feed_lists.group_opml)),
    Route("/g/{group}.{form}", endpoint(feeds.group_feed)),
    Route("/saved.opml", endpoint(feed_lists.saved_opml)),
    Route("/saved/{id}.{form}", endpoint(feeds.saved_feed)),
    Route("/search", endpoint(search.search_page)),
    Route("/suggest", endpoint(suggesting.suggestions)),
    Route("/g/{group}", endpoint(groups.library_page)),
    Route("/g/{group}/tags", endpoint(tags.tags_page)),
    Route("/g/{group}/members", endpoint(members.members_page, acts=members_acts.act_on_members), methods=BOTH),
    Route("/g/{group}/members/{login}", endpoint(member.member_page, acts=member.act_on_member), methods=BOTH),
    Route("/g/{group}/settings", endpoint(group_forms.settings_page, acts=group_forms.change_settings), methods=BOTH),
    Route("/g/{group}/join", endpoint(joining.join_page, acts=joining.join), methods=BOTH),
    Route("/g/{group}/leave", endpoint(joining.leave_page, acts=joining.leave), methods=BOTH),
    Route("/groups/new", endpoint(group_forms.new_group_page, acts=group_forms.new_group), methods=BOTH),
    Route("/invitations", endpoint(joining.invitations_page, acts=joining.answer), methods=BOTH),
    Route("/g/{group}/vocabulary", endpoint(vocabulary.vocabulary_page)),
    Route("/g/{group}/vocabulary.{form}", endpoint(vocabulary.vocabulary_file)),
    Route("/g/{group}/tag/{tag:path}", endpoint(feeds.or_feed_of_tag(groups.tag_page))),
    Route("/saved", endpoint(saved.saved_list_page)),
    Route("/saved/new", endpoint(saving.new_page, acts=saving.save), methods=BOTH),
    Route("/saved/{id}/edit", endpoint(saving.edit_page, acts=saving.edit), methods=BOTH),
    Route("/saved/{id}", endpoint(saved.saved_page)),
    Route("/items/{id}", endpoint(items.item)),
    Route("/items/{id}/go", endpoint(items.go, waits=True)),
    Route("/items/{id}/cite", endpoint(citing.cite_page)),
    Route("/login", endpoint(entering.login_page, acts=entering.log_in), methods=BOTH),
    Route("/logout", endpoint(entering.logout_page, acts=entering.log_out), methods=BOTH),
    Route("/account", endpoint(account.account_page, acts=account.act_on_account), methods=BOTH),
    Route("/account/tokens", endpoint(account_tokens.tokens_page, acts=account_tokens.act_on_tokens), methods=BOTH),
    Route("/account/feeds", endpoint(account_feeds.feeds_page, acts=account_feeds.act_on_feeds), methods=BOTH),
    Route("/reset/{secret}", endpoint(resetting.reset_page, acts=resetting.reset), methods=BOTH),
    Route("/welcome/{secret}", endpoint(entering.welcome_page, acts=entering.welcome), methods=BOTH),
    *(Route(f"/{name}", endpoint(site.text_page)) for name in NAMES),
    Route("/opensearch.xml", endpoint(opensearch.opensearch)),
    *API_ROUTES,
    Route("/static/{name}", static_file),
    Route("/healthz", health.healthz),
    Route("/readyz", endpoint(health.readyz, waits=True)),
)
