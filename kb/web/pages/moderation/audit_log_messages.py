"""The message of each entry of the audit log: a plain sentence with the actor and the action."""

from collections.abc import Mapping

from kb.model.items.moderation import AuditLogEntry
from kb.model.people.group import Group, Role
from kb.model.people.user import User
from kb.model.text_direction import without_direction_changes
from kb.services.tags.tag_edit import NAME_SEPARATOR
from kb.translation import Translator
from kb.web.ui.form_options import role_name

_OF_ONESELF: Mapping[str, str] = {
    "account-added": "%(who)s made their account.",
    "account-changed": "%(who)s changed their account.",
    "account-deleted": "%(who)s deleted their account.",
    "password-set": "%(who)s set their password.",
    "password-link-made": "%(who)s made a link to set their own password.",
    "signed-out": "%(who)s ended all their own sessions.",
    "identity-added": "%(who)s can log in by another service too.",
    "identity-removed": "%(who)s logs in by another service no more.",
    "token-made": "%(who)s made a token for a program.",
    "token-revoked": "%(who)s took a token back.",
    "feed-key-made": "%(who)s made a private address of a feed.",
    "feed-key-revoked": "%(who)s took back a private address of a feed.",
    "joined": "%(who)s joined the group.",
    "role-set": "%(who)s changed their own role: %(role)s.",
}
"""Actions of users on themselves."""

CONTENT_MESSAGES: Mapping[str, str] = {
    "flagged": "%(who)s reported %(what)s.",
    "dismissed": "%(who)s dismissed the reports on %(what)s.",
    "hidden": "%(who)s hid %(what)s.",
    "corrected": "%(who)s proposed a correction of %(what)s, which is hidden.",
    "correction-refused": "%(who)s left %(what)s hidden after its correction.",
    "removed": "%(who)s removed %(what)s.",
    "restored": "%(who)s restored %(what)s.",
    "purged": "%(who)s deleted %(what)s permanently.",
    "edited": "%(who)s edited %(what)s.",
    "undone": "%(who)s undid their own action; items changed back: %(name)s.",
    "moved": "%(who)s moved %(what)s to another group.",
    "merged": "%(who)s merged %(what)s into another item.",
    "copy-replaced": "%(who)s replaced the kept copy of the page of %(what)s.",
    "copy-deleted": "%(who)s deleted the kept copy of the page of %(what)s.",
    "imported": "%(who)s imported a file; items added or changed: %(name)s.",
    "import-undone": "%(who)s undid the import of a file; items removed or changed back: %(name)s.",
}
TAG_MESSAGES: Mapping[str, str] = {
    "vocabulary-changed": "%(who)s changed the vocabulary: “%(name)s”.",
    "vocabulary-imported": "%(who)s imported a thesaurus into the vocabulary; concepts read: %(name)s.",
    "tag-renamed": "%(who)s renamed the tag “%(before)s” “%(name)s”.",
    "tag-deleted": "%(who)s took the tag “%(before)s” away from all items.",
    "items-tagged": "%(who)s changed the tags of several items: %(name)s.",
}
MEMBER_MESSAGES: Mapping[str, str] = {
    "invited": "%(who)s invited %(invited)s.",
    "invitation-revoked": "%(who)s took back the invitation of %(invited)s.",
    "joined": "%(whom)s joined the group.",
    "administrator-joined": "%(whom)s, an administrator of the site, joined the group; role: %(role)s.",
    "asked": "%(who)s asked to join the group.",
    "approved": "%(who)s let %(whom)s in.",
    "declined": "%(who)s declined the request of %(whom)s.",
    "left": "%(who)s left the group.",
    "role-set": "%(who)s changed the role of %(whom)s: %(role)s.",
    "removed-member": "%(who)s removed %(whom)s from the group.",
    "handed-over": "%(who)s handed the group over to %(whom)s.",
    "claimed": "%(who)s said to be “%(whom)s”.",
    "attributed": "%(who)s attributed to %(whom)s what “%(name)s” shared and wrote.",
}
_MESSAGES: Mapping[str, str] = {
    **CONTENT_MESSAGES,
    **TAG_MESSAGES,
    **MEMBER_MESSAGES,
    "account-added": "%(who)s made an account for %(whom)s.",
    "account-changed": "%(who)s changed the account of %(whom)s.",
    "account-closed": "%(who)s closed the account of %(whom)s.",
    "account-opened": "%(who)s opened the account of %(whom)s again.",
    "account-deleted": "%(who)s deleted the account of %(whom)s.",
    "administrator-made": "%(who)s made %(whom)s an administrator.",
    "administrator-unmade": "%(who)s took the administration from %(whom)s.",
    "password-set": "%(who)s set the password of %(whom)s.",
    "password-link-made": "%(who)s made a link by which %(whom)s sets another password.",
    "signed-out": "%(who)s ended all sessions of %(whom)s.",
    "identity-added": "%(who)s let %(whom)s log in by another service too.",
    "identity-removed": "%(who)s let %(whom)s log in by another service no more.",
    "token-made": "%(who)s made a token for %(whom)s.",
    "token-revoked": "%(who)s took a token of %(whom)s back.",
    "feed-key-made": "%(who)s made a private address of a feed for %(whom)s.",
    "feed-key-revoked": "%(who)s took back a private address of a feed of %(whom)s.",
    "group-added": "%(who)s made the group.",
    "group-changed": "%(who)s changed the settings of the group.",
    "file-quota-set": "%(who)s set what the files of the group may take.",
    "group-archived": "%(who)s archived the group.",
    "group-unarchived": "%(who)s opened the archived group again.",
    "group-deleted": "%(who)s deleted the group.",
    "group-restored": "%(who)s restored the group.",
    "group-purged": "A deleted group was deleted permanently.",
    "search-saved": "%(who)s saved the search “%(name)s”.",
    "search-removed": "%(who)s removed the saved search “%(name)s”.",
    "newsletter-changed": "%(who)s made or changed the newsletter “%(name)s”.",
    "newsletter-removed": "%(who)s deleted the newsletter “%(name)s”.",
    "newsletter-addresses": "%(who)s added addresses to a newsletter, and vouched for their owners: %(name)s.",
    "issue-sent": "%(who)s sent an issue of a newsletter: “%(name)s”.",
    "issue-withdrawn": "%(who)s withdrew an issue of a newsletter: “%(name)s”.",
    "ledger-changed": "%(who)s changed the ledger of quotations: %(name)s.",
    "site-changed": "%(who)s changed the name or the look of the site.",
    "site-text-changed": "%(who)s changed a text of the site: %(name)s.",
}
"""By event; those on members, tags and content are the kinds that a log can be limited to."""
_WITHOUT_NAME: Mapping[str, str] = {
    "search-saved": "%(who)s saved a search.",
    "search-removed": "%(who)s removed a saved search.",
    "vocabulary-changed": "%(who)s changed the vocabulary.",
    "vocabulary-imported": "%(who)s imported a thesaurus into the vocabulary.",
    "tag-renamed": "%(who)s renamed a tag.",
    "tag-deleted": "%(who)s took a tag away from all items.",
    "items-tagged": "%(who)s changed the tags of several items.",
    "undone": "%(who)s undid their own action.",
    "imported": "%(who)s imported a file.",
    "import-undone": "%(who)s undid the import of a file.",
    "newsletter-changed": "%(who)s made or changed a newsletter.",
    "newsletter-removed": "%(who)s deleted a newsletter.",
    "newsletter-addresses": "%(who)s added addresses to a newsletter, and vouched for their owners.",
    "issue-sent": "%(who)s sent an issue of a newsletter.",
    "issue-withdrawn": "%(who)s withdrew an issue of a newsletter.",
    "ledger-changed": "%(who)s changed the ledger of quotations.",
    "site-text-changed": "%(who)s changed a text of the site.",
}
_OTHER = "%(who)s did something that this version does not know."


def audit_log_message(
    entry: AuditLogEntry, people: Mapping[str, User], groups: Mapping[str, Group] | None, translator: Translator
) -> str:
    """The message of an audit log entry, with the current names of people.

    `people` are by id. `groups`, by id, are those whose content may be named; without any, it is a group's own log, and
    all content may be named. A deleted user is "a former member"; an entry without a user is by the site.
    """
    may_name = groups is None or entry.group_id is None or entry.group_id in groups
    is_own = bool(entry.user_id) and entry.user_id == entry.subject
    name = (entry.detail or "") if may_name else ""
    message = (_OF_ONESELF.get(entry.action) if is_own else None) or (
        _WITHOUT_NAME.get(entry.action) if not name else None
    )
    sentence = translator.gettext(
        message or _MESSAGES.get(entry.action, _OTHER),
        who=user_name(entry.user_id, people, translator),
        whom=_whom(entry.subject, people, translator),
        invited=_invited(entry, people, translator, may_name=may_name),
        role=_role(entry.detail, translator),
        before=name.rpartition(NAME_SEPARATOR)[0],
        name=name.rpartition(NAME_SEPARATOR)[2],
        what=_content_name(name or (entry.detail or "").partition(" ")[0], translator),
    )
    # A title must not affect the sentence around it.
    return without_direction_changes(sentence)


def user_name(user_id: str | None, people: Mapping[str, User], translator: Translator) -> str:
    """The name of the user of an entry."""
    if user_id is None:
        return translator.gettext("The site")
    return people[user_id].shown_name if user_id in people else translator.gettext("A former member")


def _whom(subject: str | None, people: Mapping[str, User], translator: Translator) -> str:
    return people[subject].shown_name if subject and subject in people else translator.gettext("a former member")


def _invited(entry: AuditLogEntry, people: Mapping[str, User], translator: Translator, *, may_name: bool) -> str:
    """The invited person: an account, an address, or any holder of the link."""
    if entry.subject:
        return _whom(entry.subject, people, translator)
    return entry.detail if entry.detail and may_name else translator.gettext("a person, by a link")


def _role(detail: str | None, translator: Translator) -> str:
    role = next((role for role in Role if role.key == detail), None)
    return role_name(role, translator) if role else detail or ""


def _content_name(detail: str, translator: Translator) -> str:
    """The content: the word for its kind, then the title of its item, if it may be named."""
    kind, _, title = detail.partition(" ")
    match kind, bool(title):
        case "highlight" | "note", True:
            return translator.gettext("a passage of “%(title)s”", title=title)
        case "highlight" | "note", False:
            return translator.gettext("a passage")
        case "comment", True:
            return translator.gettext("a comment on “%(title)s”", title=title)
        case "comment", False:
            return translator.gettext("a comment")
        case "reply", True:
            return translator.gettext("a reply about “%(title)s”", title=title)
        case "reply", False:
            return translator.gettext("a reply")
        case _, True:
            return translator.gettext("the item “%(title)s”", title=title)
        case _:
            return translator.gettext("an item")
