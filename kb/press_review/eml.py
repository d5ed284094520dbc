"""A press review as an unsent e-mail message (RFC 5322): mail programs open it as a draft."""

from email.message import EmailMessage
from email.policy import SMTP

from kb.model.storable_text import one_line
from kb.press_review import html, plain_text
from kb.press_review.review import PressReview
from kb.translation import Translator


def write_eml_review(review: PressReview, translator: Translator) -> bytes:
    """The whole message, in plain text and HTML, without recipient."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(review.title)
    # With this header, Outlook and Thunderbird open the message as a draft.
    message["X-Unsent"] = "1"
    message.set_content(plain_text.write_text_review(review, translator), cte="quoted-printable")
    message.add_alternative(html.write_html_review(review, translator), subtype="html", cte="quoted-printable")
    message.set_boundary("=_revue")
    return message.as_bytes()
