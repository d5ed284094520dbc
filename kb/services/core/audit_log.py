"""Write the audit log: each action that changes rights, or hides or removes content, adds a line."""

from enum import StrEnum

from kb.access.actor import Actor
from kb.model.items.moderation import AuditLogEntry
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now


class AuditEvent(StrEnum):
    """The events of the audit log. The pages have a sentence for each."""

    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_CLOSED = "account-closed"
    ACCOUNT_OPENED = "account-opened"
    ACCOUNT_DELETED = "account-deleted"
    ADMINISTRATOR_MADE = "administrator-made"
    ADMINISTRATOR_UNMADE = "administrator-unmade"
    PASSWORD_SET = "password-set"  # noqa: S105 - a word, not a secret
    PASSWORD_LINK_MADE = "password-link-made"  # noqa: S105
    SIGNED_OUT = "signed-out"
    TOKEN_MADE = "token-made"  # noqa: S105
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    IDENTITY_ADDED = "identity-added"
    IDENTITY_REMOVED = "identity-removed"
    FEED_KEY_MADE = "feed-key-made"
    FEED_KEY_REVOKED = "feed-key-revoked"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation-revoked"
    GROUP_ADDED = "group-added"
    GROUP_CHANGED = "group-changed"
    GROUP_ARCHIVED = "group-archived"
    GROUP_UNARCHIVED = "group-unarchived"
    GROUP_DELETED = "group-deleted"
    GROUP_RESTORED = "group-restored"
    GROUP_DELETED_PERMANENTLY = "group-purged"
    FILE_QUOTA_SET = "file-quota-set"
    JOINED = "joined"
    ADMINISTRATOR_JOINED = "administrator-joined"
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    LEFT = "left"
    ROLE_SET = "role-set"
    REMOVED_MEMBER = "removed-member"
    HANDED_OVER = "handed-over"
    CLAIMED = "claimed"
    ATTRIBUTED = "attributed"
    REPORTED = "flagged"
    DISMISSED = "dismissed"
    HIDDEN = "hidden"
    CORRECTED = "corrected"
    CORRECTION_REFUSED = "correction-refused"
    REMOVED = "removed"
    RESTORED = "restored"
    DELETED_PERMANENTLY = "purged"
    EDITED = "edited"
    UNDONE = "undone"
    MOVED = "moved"
    MERGED = "merged"
    COPY_REPLACED = "copy-replaced"
    COPY_DELETED = "copy-deleted"
    SEARCH_SAVED = "search-saved"
    SEARCH_REMOVED = "search-removed"
    VOCABULARY_CHANGED = "vocabulary-changed"
    VOCABULARY_IMPORTED = "vocabulary-imported"
    TAG_RENAMED = "tag-renamed"
    TAG_DELETED = "tag-deleted"
    ITEMS_TAGGED = "items-tagged"
    NEWSLETTER_CHANGED = "newsletter-changed"
    NEWSLETTER_REMOVED = "newsletter-removed"
    NEWSLETTER_ADDRESSES = "newsletter-addresses"
    ISSUE_SENT = "issue-sent"
    ISSUE_WITHDRAWN = "issue-withdrawn"
    LEDGER_CHANGED = "ledger-changed"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import-undone"
    SITE_CHANGED = "site-changed"
    SITE_TEXT_CHANGED = "site-text-changed"


def tag_subject(form: str) -> str:
    """The subject of an entry about a tag of a group, by the folded form of the tag."""
    return f"tag:{form}"


def write_audit_log(
    writing: WriteTransaction,
    actor: Actor,
    done: AuditEvent,
    *,
    group_id: str | None = None,
    subject: str | None = None,
    detail: str | None = None,
    person_id: str | None = None,
) -> None:
    """Write an entry to the audit log, in the transaction of the action.

    Users are given by id, as `subject` or `person_id`, because the erasure of a person looks for ids, never for names
    in texts. `person_id` is the user whom `detail` names.
    """
    writing.moderation.log(
        audit_log_entry(actor, done, group_id=group_id, subject=subject, detail=detail, person_id=person_id)
    )


def audit_log_entry(
    actor: Actor,
    done: AuditEvent,
    *,
    group_id: str | None,
    subject: str | None,
    detail: str | None,
    person_id: str | None = None,
) -> AuditLogEntry:
    """An entry of this moment, for callers that write many at once; the values are those of `write_audit_log`."""
    return AuditLogEntry(timestamp_now(), actor.user_id, done.value, group_id, subject, detail, person_id)
