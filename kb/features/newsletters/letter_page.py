"""What the pages of newsletters share: their addresses, their header, an issue as it is shown."""

from dataclasses import dataclass, replace

from kb.features.newsletters.logos import logo_text, shown_size
from kb.features.newsletters.newsletters import LETTERS, LetterName, NewsletterView
from kb.features.newsletters.records.newsletter_records import Issue, LetterLogo, NewslettersReading
from kb.model.people.group import Group
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.local_time import local_moment

MANAGE, DRAFTS, PREVIEW, LOGO = "manage", "drafts", "preview", "logo.png"


@dataclass(frozen=True, slots=True)
class ShownLogo:
    """The logo of a newsletter on a page; `text` stands for it. The size is in pixels."""

    address: str
    text: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LetterLinks:
    """The addresses of the pages of a newsletter."""

    context: RequestContext
    group: Group
    slug: str

    @classmethod
    def of(cls, context: RequestContext, view: NewsletterView) -> "LetterLinks":
        return cls(context, view.group, view.newsletter.slug)

    @property
    def archive(self) -> str:
        return self._at("")

    @property
    def feed(self) -> str:
        return self.context.addresses.group(self.group.slug, f"{LETTERS}/{self.slug}.atom")

    @property
    def manage(self) -> str:
        return self._at(MANAGE)

    def logo(self, logo: LetterLogo) -> str:
        """The address of this logo, which a browser may keep."""
        return f"{self._at(LOGO)}?v={logo.digest}"

    def issue(self, number: int | None) -> str:
        return self._at(str(number))

    def draft(self, issue_id: str) -> str:
        return self._at(f"{DRAFTS}/{issue_id}")

    def preview(self, issue_id: str) -> str:
        return self._at(f"{DRAFTS}/{issue_id}/{PREVIEW}")

    def _at(self, part: str) -> str:
        return self.context.addresses.group(self.group.slug, f"{LETTERS}/{self.slug}/{part}")


def name_in(context: RequestContext) -> LetterName:
    """The newsletter that the address names."""
    return LetterName(context.path_params["group"], context.path_params["letter"])


def shown_logo(context: RequestContext, view: NewsletterView) -> ShownLogo | None:
    """The logo of a newsletter that the actor may read; None without one."""
    with context.library.store.read() as reading:
        logo = NewslettersReading(reading.connection).logo(view.newsletter.id)
    if logo is None:
        return None
    text = logo_text(context.translator, view.newsletter.name)
    return ShownLogo(LetterLinks.of(context, view).logo(logo), text, *shown_size(logo))


def letter_header(context: RequestContext, view: NewsletterView, below: str = "") -> GroupHeader:
    """The header of a page of a newsletter, or of a page `below` it."""
    head = header_of_group(context, view.group, LETTERS, below=below or view.newsletter.name)
    if not below:
        return head
    letter = Link(view.newsletter.name, LetterLinks.of(context, view).archive)
    return replace(head, breadcrumb=(*head.breadcrumb, letter))


def issue_line(issue: Issue, translator: Translator, settings: Settings) -> str:
    """The number and the day of an issue."""
    day = translator.day(local_moment(settings, issue.sent_at or issue.created_at).date())
    if issue.number is None:
        return day
    return translator.gettext("Issue %(number)s, %(day)s", number=str(issue.number), day=day)
