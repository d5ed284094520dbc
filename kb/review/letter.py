"""A review as a letter that nobody has sent yet (RFC 5322): mail programs open it as a draft."""

from email.message import EmailMessage
from email.policy import SMTP

from kb.model.text import one_line
from kb.review import html, plain
from kb.review.values import Review
from kb.translating import Translator


def write(review: Review, words: Translator) -> bytes:
    """The whole letter, in plain text and HTML, without recipient."""
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = one_line(review.title)
    # Outlook and Thunderbird open what bears it for writing on.
    letter["X-Unsent"] = "1"
    letter.set_content(plain.write(review, words), cte="quoted-printable")
    letter.add_alternative(html.write(review, words), subtype="html", cte="quoted-printable")
    letter.set_boundary("=_revue")
    return letter.as_bytes()
