"""Lists of feeds and outlines in OPML, as readers of feeds and outliners write them.

Source: http://opml.org/spec2.opml: `outline` elements within each other, with `text`, `title`, `htmlUrl`, `xmlUrl`,
`url`, `description`, `category`, `created`, `language`. The names of the outlines around a link become its tags.
"""

from collections.abc import Iterable, Iterator, Mapping

from kb.errors import counted, translatable
from kb.formats.shared.field_values import (
    instant_value,
    is_web_address,
    language_value,
    tag_values,
    text_of_html,
    unescape_references,
)
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.formats.shared.xml_events import XmlEnd, XmlStart, xml_events, xml_root
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line


def read_opml(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The links in order; one is in memory at a time."""
    folders, left_out = list[str](), 0
    for event in xml_events(chunks):
        match event:
            case RecordWarning():
                yield event
            case XmlStart((_, "outline"), attributes):
                draft = _draft(attributes, folders)
                if draft is None:
                    left_out += "type" in attributes and not attributes.keys().isdisjoint({"url", "xmlUrl", "htmlUrl"})
                else:
                    yield from draft_with_warnings(draft, (attributes.get("created"), draft.added))
                folders.append("" if draft else _name(attributes))
            case XmlEnd((_, "outline")):
                folders.pop()
            case _:
                pass
    if left_out:
        message = counted(
            "%(count)s line of the outline does not lead to a page.",
            "%(count)s lines of the outline do not lead to a page.",
            left_out,
        )
        yield warning_of(message, count=left_out)


def _draft(attributes: Mapping[str, str], folders: list[str]) -> ItemDraft | None:
    """The link of an outline; None for a folder or a text."""
    addresses = [
        address for name in ("htmlUrl", "url", "xmlUrl") if is_web_address(address := attributes.get(name, "").strip())
    ]
    if not addresses:
        return None
    url, feed = addresses[0], attributes.get("xmlUrl", "").strip()
    described = text_of_html(attributes.get("description", "")).strip()
    categories = (part.strip("/").rpartition("/")[2] for part in attributes.get("category", "").split(","))
    return ItemDraft(
        url=url,
        title=_name(attributes) or None,
        # The address of the feed, beside that of its site, is a fact of the file.
        description="\n".join(filter(None, (described, feed if feed != url else ""))) or None,
        language=language_value(attributes.get("language")),
        tags=tag_values(*folders, *categories),
        added=instant_value(attributes.get("created")),
    )


def _name(attributes: Mapping[str, str]) -> str:
    return one_line(unescape_references(attributes.get("title", "").strip() or attributes.get("text", "")))


OPML_IMPORT = ImportFormat(
    "opml",
    translatable("List of feeds, or outline (OPML)"),
    (".opml", ".xml", "text/x-opml"),
    lambda head: xml_root(head).lower().startswith("<opml"),
    read_opml,
)
