"""Things that outlive a request: the tables that store them, the user whose rights are checked at use, and the tests.

The table "What outlives a request" of `docs/security.md` has a row for each of these things, in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

WALK = "test_rights_at_use.py"


@dataclass(frozen=True, slots=True)
class Thing:
    """`kept` are the tables that store it, each with its columns that reference something or contain text."""

    name: str
    rights: str
    tests: tuple[str, ...]
    kept: Mapping[str, str] = field(default_factory=dict)


THINGS = (
    Thing(
        "session",
        "the user, read at each request; no session after the account is closed or deleted",
        ("test_web_sessions.py", WALK),
        {"sessions": "hash user_id agent"},
    ),
    Thing(
        "API token",
        "the user, read at each request; no token after the account is closed or deleted",
        ("test_web_tokens.py", WALK),
        {"tokens": "hash user_id name default_group_id"},
    ),
    Thing(
        "key of a private feed",
        "the user, read at each request, for one address; no page names a group that the user may not read",
        ("test_feed_keys.py", "test_personal_data_export_rights.py", WALK),
        {"feed_keys": "hash user_id address"},
    ),
    Thing(
        "membership and role",
        "the members at that moment; no copy is stored elsewhere",
        ("test_membership.py", WALK),
        {"memberships": "user_id group_id"},
    ),
    Thing(
        "invitation; link to an account, a group or a password",
        "the maker, who must still have the right to make it, and the user, whose account must be open",
        ("test_invitation_rights.py", WALK),
        {"invitations": "hash user_id group_id email made_by"},
    ),
    Thing(
        "request to join a group",
        "the moderator who answers, for the role that is given, and the requester, whose account must be open",
        ("test_invitation_rights.py", "test_invitations.py"),
        {"join_requests": "group_id user_id message"},
    ),
    Thing(
        "claim to an imported author",
        "the moderator who answers, and the claimant, who must still be a member",
        ("test_author_links.py", WALK),
        {"claims": "group_id author_id user_id"},
    ),
    Thing(
        "name of imported files that was given to an account",
        "the account, which must be open and a member, and whoever imports: an owner, the operator, or the account",
        ("test_remembered_names.py",),
        {"imported_names": "group_id name user_id"},
    ),
    Thing(
        "login at an identity provider, begun or finished",
        "the account, which must be open, and the maker of the invitation that it came with",
        ("test_web_oidc_login.py", "test_web_oidc_signup.py"),
        {
            "oidc_logins": "hash nonce verifier next user_id invitation identity_claims",
            "identities": "issuer subject user_id",
        },
    ),
    Thing(
        "undo",
        "the user who did the action, in each group that the undo writes to (its roles too); content that was hidden, "
        "removed or deleted since stays so",
        ("test_undo_after_moderation.py", "test_web_members.py", WALK),
        {"undos": "user_id body"},
    ),
    Thing(
        "answer stored under an `Idempotency-Key`",
        "the user: the created content must be there, in a group where the user may still contribute",
        ("test_idempotent_rights.py", WALK),
        {"idempotent_answers": "key user_id request_hash headers body"},
    ),
    Thing(
        "import that waits or runs",
        "the user, checked again in each batch",
        ("test_member_imports.py", "test_web_import_jobs.py", WALK),
        {"import_jobs": "user_id group_id name own_names report"},
    ),
    Thing(
        "e-mail that waits",
        "the recipient, when it is sent: the account is open, and the recipient may open what it links to; who may "
        "invite reads what became of an invitation; a message of a feature asks its kind, and one of an unknown kind "
        "is not sent",
        ("test_message_rights.py", "test_feature_messages.py", "test_invitation_delivery.py", WALK),
        {
            "outbox": "recipient subject body recipient_id about_id invitation_id answer author_key html "
            "unsubscribe_url list_id"
        },
    ),
    Thing(
        "page fetch, page text, link check",
        "a fetch belongs to its requester, while the account is open; its result is read with the item",
        ("test_background_fetch.py", "test_link_status.py", WALK),
        {
            "page_fetches": "address host user_id item_id failure facts",
            "page_texts": "item_id text layout",
            "link_checks": "item_id address failure failing_since",
        },
    ),
    Thing(
        "file of an item",
        "the reader of the item, at each download",
        ("test_web_files.py", WALK),
        {"item_files": "item_id role sha256 media_type name text_state added_by", "file_quotas": "group_id"},
    ),
    Thing(
        "versions of a page text, places of passages",
        "the reader of the item; deleting the copy of a page deletes its versions",
        ("test_versions_pages.py", "test_versions.py"),
        {
            "version_contents": "sha256",
            "page_versions": "item_id sha256",
            "passage_anchors": "annotation_id item_id digest",
            "anchor_queue": "item_id",
            "page_checks": "item_id",
        },
    ),
    Thing(
        "history of an item",
        "the reader of the item, for what happened in groups that the user may read",
        ("test_item_history.py",),
        {"item_history": "item_id group_id moved_to_id part_id part_author_id user_id changes"},
    ),
    Thing(
        "notice, its mail",
        "its user, when it is shown and when its mail is sent: what the user may not read is not counted",
        ("test_notices.py", "test_notice_mails.py", WALK),
        {
            "notices": "user_id bundle_id thread_id group_id item_id part_id by_id mail message",
            "notice_choices": "user_id mail",
        },
    ),
    Thing(
        "reading list",
        "the user: content that the user may not read is neither shown nor counted",
        ("test_reading_list.py", WALK),
        {"reading_list": "user_id item_id"},
    ),
    Thing(
        "like",
        "the reader of the item",
        ("test_likes.py", WALK),
        {"likes": "subject_id user_id item_id"},
    ),
    Thing(
        "newsletter, its issues and subscribers",
        "the reader, for the group and for each item in an issue; the recipient, when a message is sent; who scheduled "
        "an issue, when it is sent",
        ("test_sending.py", "test_web_letters.py", WALK),
        {
            "newsletters": "group_id slug name description accent sender postal",
            "newsletter_issues": "group_id newsletter subject introduction item_list content made_by scheduled_by",
            "newsletter_issue_items": "issue item_id part_id group_id",
            "newsletter_subscribers": "group_id newsletter user_id email address_hash stop_key since vouched_by "
            "consent",
            "newsletter_recipients": "issue subscriber group_id",
            "newsletter_logos": "newsletter group_id digest png",
        },
    ),
    Thing(
        "list, its entries, its press review",
        "the reader, for the list and for each item in it",
        ("test_web_lists.py", WALK),
        {
            "lists": "group_id user_id name description review",
            "list_entries": "list_id item_id annotation_id text chosen",
        },
    ),
    Thing(
        "what a user follows",
        "the user; members of the group that it is shown to, as long as its user is a member",
        ("test_following.py",),
        {"follows": "user_id search_id group_id name"},
    ),
    Thing(
        "followed search",
        "the reader, when it is asked what is new: an item that the reader may not read is neither told nor counted",
        ("test_followed_searches.py",),
        {
            "followed_searches": "digest parameters",
            "followed_search_baselines": "search_id group_id",
            "search_matches": "search_id item_id group_id",
        },
    ),
    Thing(
        "saved search, its feed",
        "the reader, for its group, for each group that it names, and for every result",
        ("test_saved_searches.py", WALK),
        {"saved_searches": "group_id name parameters"},
    ),
    Thing(
        "report to the moderators",
        "the moderators of the group that has the item",
        ("test_moderation_actions.py", WALK),
        {"reports": "group_id item_id annotation_id user_id reason"},
    ),
    Thing(
        "hidden content, content in the trash",
        "the moderators of the group; a member, for content that they removed themselves; the author of a hidden text, "
        "who corrects it as long as they may write in the group",
        ("test_moderation_actions.py", "test_hidden_corrections.py", "test_hidden_everywhere.py", WALK),
        {"removed_content": "group_id item_id annotation_id title body user_id reason canonical_url"},
    ),
    Thing(
        "old address of a merged item",
        "the reader, for the item that it leads to",
        ("test_segment_merge.py", WALK),
        {"merged_items": "item_id into_id"},
    ),
    Thing(
        "audit log",
        "the moderators of the group",
        ("test_site_audit_log.py", "test_moderation_views.py", WALK),
        {"audit_log": "user_id action group_id subject detail person_id"},
    ),
    Thing(
        "report of activity",
        "the members of the group, and its owners for the figures of persons",
        ("test_web_reports.py", WALK),
        {"daily_views": "day item_id"},
    ),
    Thing(
        "record that portals harvest",
        "everyone: of an item that not everyone may read any more, its id and the date are left, without the group",
        ("test_oai_rights.py", WALK),
        {"harvest_records": "item_id public_group_id stamp"},
    ),
    Thing(
        "digest that waits, reader of digests, request of a stranger",
        "the reader, when it is sent: a user reads what their rights allow at that moment, a reader without an account "
        "what everybody may; the key of a reader opens their choices, not the names of what a "
        "user follows, and that of a request confirms it, and then opens their choices",
        ("test_digests.py", "test_subscribers.py"),
        {
            "digests": "reader_id content",
            "digest_readers": "user_id email key language consent refusal",
            "digest_subscriptions": "reader_id search_id title rhythm",
            "digest_requests": "hash email parameters title rhythm language consent search_id",
        },
    ),
    Thing(
        "sites that may show the frames of a group",
        "none: a frame shows what everyone may read at that moment",
        ("test_embeds.py",),
        {"embed_origins": "group_id origins"},
    ),
    Thing(
        "rule of what may be quoted of a source",
        "none: it limits what press reviews have; owners of the group see and change it",
        ("test_quotation.py",),
        {"quotation_rules": "group_id form source rule"},
    ),
    Thing(
        "articles that a group sent, in its ledger",
        "none: sources and numbers, which owners of the group see; the title is that of an issue, or of a list whose "
        "user recorded it for the group",
        ("test_ledger.py",),
        {"sent_articles": "distribution form source group_id day title item_list"},
    ),
    Thing(
        "webhook, and a message that waits for it",
        "the group, when it is sent: what is in it and not hidden at that moment; owners see and change its webhooks",
        ("test_webhooks.py",),
        {
            "webhooks": "group_id search_id address shape language secret failure name",
            "webhook_deliveries": "webhook_id group_id item_ids passage_ids status",
            "webhook_passages": "webhook_id annotation_id group_id item_id",
        },
    ),
    Thing(
        "personal data export",
        "the user: the user's own words whole, and the rest as far as the user may read it now",
        ("test_personal_data_export_rights.py", WALK),
    ),
    Thing(
        "device cookie; cookie of the last group",
        "none: the first counts attempts at a password, the second selects one of the groups where the user "
        "may contribute",
        ("test_password_guessing.py", "test_web_save.py"),
    ),
    Thing(
        "form that was opened earlier, with a draft in it",
        "the user who sends it, when it is sent; the server stores no draft",
        ("test_rights_walk.py", WALK),
    ),
)

UNCONCERNED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("items", "item_tags", "item_sharers", "import_sources", "annotations"),
            *("vocabularies", "concepts", "concept_texts"),
        ),
        "the library itself, read through the scope of each request",
    ),
    **dict.fromkeys(("concept_links", "groups", "users", "accounts"), "the library itself, and who is in it"),
    **dict.fromkeys(("changes", "index_failures", "meta", "pages"), "for the operator, the index and everybody"),
    **dict.fromkeys(("embeddings", "embedding_queue"), "for the index: numbers by item, read with its documents"),
    "web_annotation_facts": "what a program sent with an annotation, read with it",
    **dict.fromkeys(("rate_limits", "views_seen", "erased_people"), "hashes that open nothing"),
}
"""Tables without content that is used later in a user's name."""
PEOPLE_IN_UNCONCERNED = frozenset(
    {
        *("items.author_id", "annotations.author_id", "item_sharers.user_id", "accounts.user_id"),
        *("views_seen.hash", "erased_people.hash", "web_annotation_facts.user_id"),
    }
)
"""Columns of those tables that name a user or contain a hash: they record authorship, or the hash gives no access."""
PLAIN = frozenset({"id", "kind", "state", "format", "scope", "purpose", "at"})
"""Text columns that contain no name and no user's text; times (`…_at`) are left out too."""
