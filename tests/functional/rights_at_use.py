"""What outlives a request: where the store keeps it, whose rights are asked when it is used, which tests prove it.

The table of `docs/security.md` ("What outlives a request") has a row for each of these things, in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

WALK = "test_rights_at_use.py"


@dataclass(frozen=True, slots=True)
class Thing:
    """`kept` are the tables that hold it, each with its columns that name somebody or something, or hold text."""

    name: str
    rights: str
    tests: tuple[str, ...]
    kept: Mapping[str, str] = field(default_factory=dict)


THINGS = (
    Thing(
        "session",
        "of its person, read anew at each request; none once the account is closed or deleted",
        ("test_web_sessions.py", WALK),
        {"sessions": "hash user_id agent"},
    ),
    Thing(
        "API token",
        "of its person, read anew at each request; none once the account is closed or deleted",
        ("test_web_tokens.py", WALK),
        {"tokens": "hash user_id name"},
    ),
    Thing(
        "key of a private feed",
        "of its person, read anew at each request, for its one address; no page names a group that may not be read",
        ("test_feed_keys.py", "test_personal_data_export_rights.py", WALK),
        {"feed_keys": "hash user_id address"},
    ),
    Thing(
        "membership and role",
        "of whoever is in the group at that moment; no copy of it is kept elsewhere",
        ("test_membership.py", WALK),
        {"memberships": "user_id group_id"},
    ),
    Thing(
        "invitation; link to an account, a group or a password",
        "of its maker, who must still have the right to make it, and of its user, whose account must be open",
        ("test_invitation_rights.py", WALK),
        {"invitations": "hash user_id group_id email made_by"},
    ),
    Thing(
        "request to join a group",
        "of who answers it, for the role that is given, and of who asked, whose account must be open",
        ("test_invitation_rights.py", "test_invitations.py"),
        {"join_requests": "group_id user_id message"},
    ),
    Thing(
        "claim to an imported author",
        "of who answers it, and of who claims, who must be a member still",
        ("test_author_links.py", WALK),
        {"claims": "group_id author_id user_id"},
    ),
    Thing(
        "login at an identity provider, begun or finished",
        "of the account, which must be open, and of the maker of the invitation that it came with",
        ("test_web_oidc_login.py", "test_web_oidc_signup.py"),
        {
            "sign_ins": "hash nonce verifier next user_id invitation arrived",
            "identities": "issuer subject user_id",
        },
    ),
    Thing(
        "undo",
        "of who did it, in each group that it writes to; what was hidden, removed or deleted since stays so",
        ("test_undo_after_moderation.py", WALK),
        {"undos": "user_id body"},
    ),
    Thing(
        "answer kept under an `Idempotency-Key`",
        "of its person: what the request made must be there, where they still contribute",
        ("test_idempotent_rights.py", WALK),
        {"answered": "key user_id asked headers body"},
    ),
    Thing(
        "import that waits or goes on",
        "of its person, asked again in each batch",
        ("test_member_imports.py", "test_web_import_jobs.py", WALK),
        {"intakes": "user_id group_id name mine report"},
    ),
    Thing(
        "e-mail that waits",
        "of its recipient, when it is sent: the account is open, what it links to may be opened",
        ("test_message_rights.py", WALK),
        {"letters": "recipient subject body recipient_id about_id"},
    ),
    Thing(
        "fetch of a page, its text, check of a link",
        "a fetch is its asker's alone, for as long as their account is open; what it brought is read with the item",
        ("test_background_fetch.py", "test_dead_links.py", WALK),
        {
            "fetches": "address host user_id item_id failure facts",
            "page_texts": "item_id text",
            "link_checks": "item_id address failure failing_since",
        },
    ),
    Thing(
        "mention",
        "of the person named: what they may not read is neither shown nor counted",
        ("test_mentions.py", WALK),
        {"mentions": "annotation_id user_id item_id by_id", "mention_letters": "user_id"},
    ),
    Thing(
        "reading list",
        "of its person: what they may not read is neither shown nor counted",
        ("test_reading_list.py", WALK),
        {"reading_list": "user_id item_id"},
    ),
    Thing(
        "like",
        "of who reads the item",
        ("test_likes.py", WALK),
        {"likes": "subject_id user_id item_id"},
    ),
    Thing(
        "list, its entries, its press review",
        "of who reads it, for the list and for each item in it",
        ("test_web_lists.py", WALK),
        {
            "lists": "group_id user_id name description",
            "list_entries": "list_id item_id annotation_id words",
        },
    ),
    Thing(
        "saved search, its feed",
        "of who reads it, for its group, for each group that it names, and for all that it finds",
        ("test_saved_searches.py", WALK),
        {"saved_searches": "group_id name parameters"},
    ),
    Thing(
        "report to the moderators",
        "of who moderates the group where the item is",
        ("test_moderation_actions.py", WALK),
        {"flags": "group_id item_id annotation_id user_id why"},
    ),
    Thing(
        "what is hidden or in the trash",
        "of who moderates the group; of a member, for what they removed themselves",
        ("test_moderation_actions.py", "test_hidden_everywhere.py", WALK),
        {"set_aside": "group_id item_id annotation_id title body user_id why canonical_url"},
    ),
    Thing(
        "old address of a merged item",
        "of who follows it, for the item where it leads",
        ("test_segment_merge.py", WALK),
        {"merged_items": "item_id into_id"},
    ),
    Thing(
        "audit log",
        "of who moderates the group",
        ("test_site_audit_log.py", "test_moderation_views.py", WALK),
        {"acts": "user_id act group_id subject detail person_id"},
    ),
    Thing(
        "download of one's own data",
        "of its person: their own words whole, what stands around them as far as they may read it now",
        ("test_personal_data_export_rights.py", WALK),
    ),
    Thing(
        "cookie of a browser that has logged in before; cookie of the last group",
        "none: the first counts tries of a password, the second chooses among groups where one contributes",
        ("test_password_guessing.py", "test_web_save.py"),
    ),
    Thing(
        "form that was opened earlier, with a draft in it",
        "of who sends it, when it is sent; the server keeps no draft",
        ("test_rights_walk.py", WALK),
    ),
)

UNCONCERNED: Mapping[str, str] = {
    **dict.fromkeys(
        ("items", "item_tags", "item_sharers", "annotations", "vocabularies", "concepts", "concept_texts"),
        "the library itself, read through the scope of each request",
    ),
    **dict.fromkeys(("concept_links", "groups", "users", "accounts"), "the library itself, and who is in it"),
    **dict.fromkeys(("changes", "rejects", "meta", "pages"), "for the operator, the index and everybody"),
    **dict.fromkeys(("limits", "views_seen", "forgotten"), "hashes that open nothing"),
}
"""Tables that hold nothing which is used later in somebody's name."""
PEOPLE_IN_UNCONCERNED = frozenset(
    {
        *("items.author_id", "annotations.author_id", "item_sharers.user_id", "accounts.user_id"),
        *("views_seen.hash", "forgotten.hash"),
    }
)
"""Columns of those tables that name a person or hold a hash, and are authorship or hashes that open nothing."""
PLAIN = frozenset({"id", "kind", "state", "format", "scope", "purpose", "at"})
"""Columns of text that name nobody and hold nobody's words, beside times (`…_at`)."""
