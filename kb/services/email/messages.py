"""The texts of e-mail messages (plain text: actor, action, reason), and the limits on how many a user gets."""

import time
from dataclasses import dataclass
from hashlib import sha256

from kb.email.plain_names import plain_name
from kb.model.people.account import Account, Invitation
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.email.outbox import can_send_email, queue_message
from kb.store import Rate, WriteTransaction
from kb.store.database.clock import timestamp_now
from kb.translation import Translator

MAIL_A_DAY = 20
"""Messages that one account sends a day to addresses that its user enters: invitations and confirmations of its
address.

The first confirmation of an account counts for the user who invited it.
"""
_MAIL_QUOTA_RATE = Rate(burst=MAIL_A_DAY, every=86_400 / MAIL_A_DAY)

_RECIPIENT_RATE = Rate(burst=20, every=3600)
"""Messages of one kind to one address, so that actions of others do not fill a mailbox."""
_TYPED_ADDRESS_RATE = Rate(burst=2, every=43_200)
"""The same for an address that a user entered, whose owner may have nothing to do with this site: two at once, then two
a day. Each user has a limit of their own, so that nobody can keep an address's owner from confirming it.
"""
_TYPED_ADDRESS_TOTAL_RATE = Rate(burst=8, every=10_800)
"""From all users together: eight at once, then eight a day."""


def mail_quota_limit(user_id: str) -> tuple[str, Rate]:
    """The limit that counts one message to an address that this user entered."""
    return f"mail to typed addresses {user_id}", _MAIL_QUOTA_RATE


def count_within_mail_quota(writing: WriteTransaction, user_id: str) -> bool:
    """Count one message, in a transaction, unless the limit is reached; return whether it may be sent."""
    return not writing.rate_limits.take((mail_quota_limit(user_id),), time.time())


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Queues e-mail messages in a transaction, if this site sends any; in the site's language, or in another one."""

    library: Library
    writing: WriteTransaction
    language: str = ""

    def send_password_link(self, account: Account, secret: str) -> None:
        """Send a user the link to set their password."""
        gettext, names = self._translator.gettext, {"login": account.user.login, "site": self._site}
        self._write(
            account,
            "reset",
            gettext("A link to another password"),
            gettext(
                "Somebody, probably you, asks for another password for your account “%(login)s” on %(site)s.", **names
            ),
            gettext("To choose it, open this address within the hour:"),
            self._at(f"/reset/{secret}"),
            gettext("If it was not you, do nothing: your password stays as it is."),
        )

    def send_email_confirmation(self, account: Account, secret: str) -> bool:
        """Send the link that confirms an address to that address; return whether it is sent."""
        gettext, names = self._translator.gettext, {"login": account.user.login, "site": self._site}
        return self._write(
            account.unverified_email,
            "confirmation",
            gettext("Confirm your e-mail address"),
            gettext("Your account “%(login)s” on %(site)s is to use this e-mail address.", **names),
            gettext("To confirm it, log in and open this address. It works once, for two days:"),
            self._at(f"/email/{secret}"),
            gettext("If this account is not yours, do nothing: the address is not used."),
            user=account.user,
        )

    def send_email_changed(self, before: Account) -> None:
        """Notify the old address of an account that it is no longer used, so that its user notices a theft."""
        gettext, day = self._translator.gettext, self._translator.instant(timestamp_now())
        names = {"login": before.user.login, "site": self._site, "day": day}
        self._write(
            before.email,
            "address",
            gettext("Your e-mail address was changed"),
            gettext("Your account “%(login)s” on %(site)s does not use this address any more since %(day)s.", **names),
            gettext("If it was not you, tell an administrator of the site."),
            user=before.user,
        )

    def send_password_changed(self, account: Account) -> None:
        """Notify a user that their password has changed, so that they notice if somebody else did it."""
        gettext, day = self._translator.gettext, self._translator.instant(timestamp_now())
        names = {"login": account.user.login, "site": self._site, "day": day}
        self._write(
            account,
            "password",
            gettext("Your password was changed"),
            gettext("The password of your account “%(login)s” on %(site)s was changed on %(day)s.", **names),
            gettext("If it was not you, tell an administrator of the site, and ask for another password at once:"),
            self._at("/reset"),
        )

    def send_identity_added(self, account: Account, provider: str) -> None:
        """Notify a user that an identity was added to their account, so that they notice if somebody else did it."""
        gettext, day = self._translator.gettext, self._translator.instant(timestamp_now())
        names = {"login": account.user.login, "site": self._site, "provider": provider, "day": day}
        self._write(
            account,
            "identity",
            gettext("You can now log in to your account with %(provider)s", provider=provider),
            gettext(
                "Since %(day)s, who logs in with %(provider)s enters your account “%(login)s” on %(site)s.", **names
            ),
            gettext("If it was not you, take it away here, set another password, and tell an administrator:"),
            self._at("/account/identity"),
        )

    def send_invitation(self, invitation: Invitation, group: Group | None, by: str, secret: str) -> bool:
        """Send an invitation link to the invited address; return whether it is sent. `by` is a name."""
        by, title = plain_name(by), plain_name(group.name) if group else ""
        gettext, until = self._translator.gettext, self._translator.instant(invitation.expires_at)
        names = {"name": by, "site": self._site}
        if group is None:
            subject = gettext("%(name)s invites you", name=by)
            what = gettext("%(name)s offers you an account on %(site)s.", **names)
        else:
            subject = gettext("%(name)s invites you to “%(group)s”", name=by, group=title)
            what = gettext("%(name)s invites you to join the group “%(group)s” on %(site)s.", group=title, **names)
        return self._write(
            invitation.email,
            "invitation",
            subject,
            what,
            gettext("To accept, open this address. It works once, until %(day)s:", day=until),
            self._at(f"/welcome/{secret}"),
            gettext("If you have an account there already, log in on that page."),
            gettext("If you did not expect this e-mail, do nothing: no account is made without you."),
            about_id=invitation.made_by,
            invitation_id=invitation.id,
        )

    def send_join_answer(self, group: Group, user: User, *, let_in: bool) -> None:
        """Notify a user of the answer to their request to join a group."""
        account = self.writing.accounts.by_id(user.id)
        if account is None or account.closed_at is not None:
            return
        gettext, title = self._translator.gettext, plain_name(group.name)
        names = {"group": title, "site": self._site}
        if let_in:
            subject = gettext("You are a member of “%(group)s”", group=title)
            what = gettext("You asked to join the group “%(group)s” on %(site)s: you are let in.", **names)
        else:
            subject = gettext("Your request to join “%(group)s”", group=title)
            what = gettext("You asked to join the group “%(group)s” on %(site)s: the request is declined.", **names)
        self._write(account, "answer", subject, what, self._at(f"/g/{group.slug}"))

    @property
    def _translator(self) -> Translator:
        return Translator(self.language or self.library.settings.language)

    @property
    def _site(self) -> str:
        return site_name(self.writing, self.library.settings)

    def _at(self, path: str) -> str:
        return self.library.settings.base_url + path

    def _write(
        self,
        to: Account | str | None,
        kind: str,
        subject: str,
        *paragraphs: str,
        user: User | None = None,
        about_id: str | None = None,
        invitation_id: str | None = None,
    ) -> bool:
        """Queue a message and return whether it is queued: not if the site sends none, if there is no address, or if
        the recipient has had enough of this kind.

        `to` is an account, or an address that may have no account; `user` is the user who entered this address,
        `about_id` another user named in the message, `invitation_id` the invitation whose link it brings.
        """
        gettext = self._translator.gettext
        if isinstance(to, Account):
            recipient, recipient_id, user = to.email, to.user.id, to.user
        else:
            recipient, recipient_id, about_id = to, None, user.id if user else about_id
        if recipient is None or not can_send_email(self.library.settings):
            return False
        # An address is stored only in the table of its account.
        name = f"message\0{kind}\0{recipient}"
        if recipient_id is not None:
            limits = [(name, _RECIPIENT_RATE)]
        else:
            limits = [(name, _TYPED_ADDRESS_TOTAL_RATE), (f"{name}\0{about_id or ''}", _TYPED_ADDRESS_RATE)]
        hashed = [(sha256(key.encode()).hexdigest(), rate) for key, rate in limits]
        if self.writing.rate_limits.take(hashed, time.time()):
            return False
        hello = gettext("Hello %(name)s,", name=plain_name(user.name)) if user else gettext("Hello,")
        end = gettext("This e-mail was sent by the program of the site: nobody reads an answer.")
        body = "\n\n".join((hello, *paragraphs, f"-- \n{self._site}\n{self._at('')}\n{end}\n"))
        title = f"[{self._site}] {subject}"
        ids = {"recipient_id": recipient_id, "about_id": about_id, "invitation_id": invitation_id}
        queue_message(self.writing, recipient, title, body, **ids)
        return True
