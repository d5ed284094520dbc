"""The flash message of a page: what the last action did, and how it is undone.

The address holds the key of a message, never its text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.model.people.group import Role
from kb.web.http.context import RequestContext
from kb.web.ui.form_options import joined_sentence

ITEMS_LISTED = "items-listed"
"""Items were added to a list: the action of `undo` says how many, and to which one."""
_SITE_CHANGED = "site-changed"
"""A change of the site, whose `undo` names what it changed."""
_UNDOABLE: Mapping[str, str] = {
    "role-set": "The role is changed.",
    "member-removed": "They are not a member any more.",
    "item-kept": "It is saved.",
    "file-kept": "The file is saved, with the title, author and date that it gives itself: correct them if need be.",
    "item-added-to": "Your text has been added to this item.",
    "hidden": "It is hidden: nobody finds it any more.",
    "removed": "It is removed, and waits in the trash of the group.",
    "tag-renamed": "The tag has been renamed; searches will follow in a moment.",
    "tags-merged": "The tags have been merged; searches will follow in a moment.",
    "tag-deleted": "The tag has been removed; searches will follow in a moment.",
    "list-changed": "The list is changed.",
    "list-kept": "The list is kept: it is among your lists.",
    "list-moved": "The list is in this group now.",
    "list-removed": "The list is removed.",
    "listed": "It is in the list.",
    "unlisted": "It is no longer in the list.",
    "annotated": "It is added.",
    "annotated-sourced": "It is added, and the item has its source and its date from it.",
    "replied": "Your reply is added.",
    "words-changed": "It is changed.",
    "noted": "Your private note is saved: only you see it.",
    "item-changed": "The item is changed.",
    "item-moved": "The item is here now, with all that was added to it.",
    "item-copied": "This is the copy: what is changed here changes nothing there.",
    "words-left": "This is the copy. Words of others stayed where they were written.",
    "items-merged": "They are one item now: nothing is lost.",
    "items-tagged": "The tags of the selected items are changed; searches follow in a moment.",
    "items-removed": "The selected items are in the trash.",
    "items-listed": "The selected items are in the list.",
    "items-moved": "The selected items are moved.",
    "items-copied": "The selected items are copied.",
}
"""The messages of actions that the page offers to undo at once."""
_MESSAGES: Mapping[str, str] = {
    **_UNDOABLE,
    "signed-in": "You are logged in.",
    "signed-out": "You are logged out.",
    "identity-added": "You can log in with it from now on.",
    "identity-removed": "Nobody logs in with it any more.",
    "welcome": "Your account is ready.",
    "password-set": "Your password is set, and you are logged in.",
    "reset-sent": "If an account has this login or this address, an e-mail is on its way.",
    "email-sent": "A message is on its way to this address: open its link to confirm the address.",
    "email-confirmed": "Your e-mail address is confirmed.",
    "account-deleted": "Your account is deleted, and nothing here names you any more; searches follow in a moment.",
    "password-changed": "Your password is changed; your other sessions have ended.",
    "session-ended": "That session has ended.",
    "sessions-ended": "Your other sessions have ended.",
    "made-before": "This was made already; its secret was shown once. If you have lost it, make another.",
    "copy-deleted": "The kept copy is deleted; the item stays.",
    "token-revoked": "The token opens nothing any more.",
    "feed-key-revoked": "The private feed opens no more.",
    "forgotten": "This person is erased: nothing here names them any more; searches follow in a moment.",
    "test-mail-sent": "A test is on its way to your address.",
    "list-copied": "This issue is made of a copy of the list, which the readers of the group see; your list stays as "
    "it was.",
    "distribution-recorded": "The ledger of quotations counts this press review.",
    "distribution-removed": "The ledger of quotations does not count it any more.",
    "kept": "Your changes are saved.",
    "group-made": "The group is ready: invite those who read with you.",
    "group-deleted": "The group is deleted.",
    "group-restored": "The group is back, as it was.",
    "group-archived": "The group is archived.",
    "group-unarchived": "The group is open again.",
    "asked": "Your request is sent.",
    "taken-back": "Your request has been withdrawn.",
    "left": "You have left the group.",
    "approved": "They are let in.",
    "declined": "The request is declined.",
    "invited": "They will find the invitation on their pages.",
    "letter-sent": "The invitation goes out by e-mail.",
    "invitation-revoked": "The invitation has been withdrawn.",
    "invitation-declined": "The invitation is declined.",
    "handed-over": "The group is handed over.",
    "search-saved": "The search is saved: this is its page.",
    "search-restored": "The search is back, as it was.",
    "claimed": "An owner of the group, or an administrator of the site, will answer.",
    "vocabulary-imported": "The thesaurus is imported: searches know it.",
    "signed-out-everywhere": "They are logged out everywhere.",
    "account-opened": "The account is open again.",
    "account-closed": "The account is closed.",
    "administrator-made": "They are an administrator now.",
    "administrator-unmade": "They are no administrator any more.",
    "attributed": "What they did is attributed; searches follow in a moment.",
    "item-has-all": "This item has all that already.",
    "flagged": "Thank you: those who look after the group will see to it.",
    "looked-again": "The address is looked at again in a moment.",
    "read-again": "The page is read again in a moment.",
    "restored": "It is back where it was.",
    "items-restored": "The items are back from the trash, as they were.",
    "intake-forgotten": "The file has been discarded: nothing was imported.",
    "list-begun": "The list has been created: add something to it.",
    "site-changed": "The site is changed.",
    "undone": "It is undone.",
    "import-being-undone": "The import is being undone: this page shows how far it is.",
    "undone-in-part": "It is undone, but for what has changed since.",
    "all-seen": "Everything is marked as read.",
    "dismissed": "The reports are dismissed: it stays.",
    "correction-sent": "Your correction is with the moderators: the text stays hidden until one of them shows it.",
    "correction-refused": "It stays hidden, and its author is told.",
    "purged": "It is deleted permanently.",
    "webhook-made": "The webhook is ready: send a test.",
    "webhook-tested": "The test is on its way: its result stands below in a moment.",
    "unchanged": "Nothing has changed.",
    "nothing-ticked": "Tick an item: one at least.",
    "items-in-list": "The selected items were in the list already.",
    "items-to-read": "The selected items are on your reading list.",
    "to-read": "It is on your reading list.",
    "have-read": "You have read it.",
    "not-to-read": "It is off your reading list.",
}


def joined_flash(role: Role) -> str:
    """The key of the message for a user who has just got a role in a group."""
    return "joined" if role is Role.MEMBER else f"joined-{role.key}"


_JOINED = {joined_flash(role): role for role in Role}


@dataclass(frozen=True, slots=True)
class Flash:
    """`message` is empty without a last action; `undo` is the address that undoes it, for its user."""

    message: str
    undo: str


def listing_undo_id(context: RequestContext) -> str:
    """The id that undoes the last action of the user, if it added entries to a list; otherwise empty."""
    is_listing = context.param("done") == ITEMS_LISTED and context.actor.user_id is not None
    return context.param("undo") if is_listing else ""


def flash_of(context: RequestContext) -> Flash:
    """The flash message of an address."""
    done, undo = context.param("done"), context.param("undo")
    address = ""
    if undo and done == _SITE_CHANGED and context.actor.administrator:
        address = context.addresses.admin("undo", undo)
    elif undo and done in _UNDOABLE and context.actor.user_id:
        address = context.addresses.restore(undo)
    if role := _JOINED.get(done):
        return Flash(joined_sentence(role, context.translator), address)
    return Flash(context.translator.gettext(_MESSAGES[done]) if done in _MESSAGES else "", address)
