"""What became of the e-mail message that brings an invitation, on the row of the invitation."""

from dataclasses import replace
from typing import assert_never

from kb.model.people.account import Invitation
from kb.model.people.delivery import Delivery, DeliveryState
from kb.translation import Translator
from kb.web.ui.form_errors import FormRow


def with_delivery(row: FormRow, invitation: Invitation, delivery: Delivery | None, translator: Translator) -> FormRow:
    """The row of an invitation with its delivery, unless the mail server has accepted the message, or no attempt was
    made. A message that has failed can be sent again.
    """
    if delivery is None or delivery.state is DeliveryState.QUEUED:
        return row
    address = invitation.email if delivery.has_failed else None
    return replace(row, delivery=_sentence(delivery, translator), address=address or "")


def _sentence(delivery: Delivery, translator: Translator) -> str:
    _ = translator.gettext
    answer = delivery.answer or _("the mail server could not be reached")
    match delivery.state:
        case DeliveryState.QUEUED:
            return ""
        case DeliveryState.SENDING:
            return _("The e-mail is being sent. If that is interrupted, it will be sent again.")
        case DeliveryState.UNKNOWN:
            return _("It is not known whether the e-mail arrived: the connection ended before the answer.")
        case DeliveryState.DEFERRED:
            return _("The e-mail is not delivered yet, and will be tried again: %(answer)s", answer=answer)
        case DeliveryState.REFUSED:
            if not delivery.answer:
                return _("The e-mail cannot be sent to this address.")
            return _("The e-mail was refused by the mail server: %(answer)s", answer=delivery.answer)
        case DeliveryState.GIVEN_UP:
            return translator.ngettext(
                "The e-mail was not delivered after %(count)s attempt: %(answer)s",
                "The e-mail was not delivered after %(count)s attempts: %(answer)s",
                delivery.tries,
                answer=answer,
            )
    assert_never(delivery.state)
