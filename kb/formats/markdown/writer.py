"""Items as Markdown (CommonMark 0.31): one file, or a folder of notes for Obsidian and programs like it.

The folder is a ZIP: a folder for each group, in it a note for each item, with YAML front matter. Texts of users are
escaped, so that none of them becomes markup, and quoted in the front matter, so that none becomes YAML.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZipInfo

from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows, paragraphs_of
from kb.formats.shared.zip_stream import ZipStream
from kb.model.bibliographic_record import record_values
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.storable_text import one_line
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.markdown_escaping import escape_markdown, escape_markdown_line, markdown_address

LONGEST_FILE_NAME = 120
"""Bytes of a file name: file systems take 255, and paths in Windows 260 characters in all."""
_NOT_IN_FILE_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|#^\[\]%\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+'
)
# The first fields in their order; fields that the record has gained since follow them.
_FRONT_MATTER: dict[str, str | list[str] | None] = dict.fromkeys(
    "title url author source published added language shared_by group permalink tags keywords".split()
)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE | re.DOTALL)
"""File names of devices in Windows."""
_NOT_IN_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON writes as they are, and YAML does not read so between quotes."""
_NOT_IN_OBSIDIAN_TAGS = re.compile(r"[^\w/-]+")


def write_markdown(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """A title, and a section for each item."""
    yield f"# {escape_markdown(details.title)}\n".encode()
    for item, group in rows:
        title = escape_markdown(details.heading(item))
        address = web_address(item.url)
        head = f"## [{title}](<{markdown_address(address)}>)" if address else f"## {title}"
        blocks = [head, *_facts(item, group, details), *_body(item, details)]
        yield ("\n" + "\n\n".join(blocks) + "\n").encode()


def write_markdown_folder(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """The ZIP, in pieces."""
    names, stream = _FileNames(), ZipStream()
    # One value for all entries, which the ZIP keeps until its end.
    moment = details.made_at.timetuple()[:6]
    with stream.zip_file() as archive:
        for item, group in rows:
            path = names.path_of(group.name, details.heading(item), item.id)
            entry = ZipInfo(path, moment)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, _note(item, group, details))
            yield stream.taken()
    yield stream.taken()


def _note(item: Item, group: Group, details: ExportDetails) -> str:
    values = _FRONT_MATTER | record_values(item)
    values |= {
        "author": values.pop("byline"),
        "added": item.added,
        "shared_by": item.author.name if item.author else None,
        "group": group.name,
        "permalink": details.permalink(item),
        # Obsidian takes no space in a tag: the words as they are have a field of their own.
        "tags": list(dict.fromkeys(filter(None, map(_obsidian_tag, item.tags)))),
        "keywords": list(item.tags),
        # In the body.
        "description": None,
    }
    matter = "".join(f"{name}: {_yaml(value)}\n" for name, value in values.items() if value)
    blocks = [f"# {escape_markdown(details.heading(item))}", *_body(item, details)]
    return f"---\n{matter}---\n\n" + "\n\n".join(blocks) + "\n"


def _facts(item: Item, group: Group, details: ExportDetails) -> Iterator[str]:
    translator = details.translator
    yield f"*{escape_markdown(details.facts(item, group))}*"
    if tags := ", ".join(filter(None, map(one_line, item.tags))):
        yield escape_markdown_line(translator.gettext("Tags") + translator.gettext(":") + " " + tags)


def _body(item: Item, details: ExportDetails) -> Iterator[str]:
    """The description, then each passage as a quotation, with what users wrote about it, and the permanent link."""
    translator = details.translator
    if description := _paragraphs(item.description or ""):
        yield description
    for annotation in item.annotations:
        if quote := _paragraphs(annotation.quote or ""):
            yield "\n".join(f"> {line}".rstrip() for line in quote.split("\n"))
        for author, text in (
            (annotation.author, annotation.body or ""),
            *((reply.author, reply.body) for reply in annotation.replies),
        ):
            if paragraphs := _paragraphs(text):
                by = (
                    f"**{escape_markdown(author.name)}**{translator.gettext(':')} "
                    if author and author.name.strip()
                    else ""
                )
                yield by + paragraphs
    yield f"[{escape_markdown(translator.gettext('Permanent link'))}](<{markdown_address(details.permalink(item))}>)"


def _paragraphs(text: str) -> str:
    """A text with its line breaks and paragraphs."""
    return "\n\n".join("\\\n".join(map(escape_markdown_line, lines)) for lines in paragraphs_of(text))


def _yaml(value: str | list[str]) -> str:
    """A value between double quotes, or a list of them."""
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _obsidian_tag(tag: str) -> str:
    plain = _NOT_IN_OBSIDIAN_TAGS.sub("-", tag).strip("-/")
    return plain if not plain.isdecimal() else f"{plain}-"


def _safe_file_name(text: str) -> str:
    """A name that every file system takes, from a title; empty if nothing of it can be kept."""
    name = " ".join(_NOT_IN_FILE_NAMES.sub(" ", unicodedata.normalize("NFC", text[:LONGEST_FILE_NAME])).split())
    name = name.encode()[:LONGEST_FILE_NAME].decode(errors="ignore").strip(" .")
    return f"{name}_" if _RESERVED.fullmatch(name) else name


class _FileNames:
    """The paths of the notes: no two are equal, even on a file system that ignores case.

    Of a path only a hash is kept, so that 100,000 take a few megabytes.
    """

    def __init__(self) -> None:
        self._used_hashes: set[int] = set()

    def path_of(self, folder: str, title: str, item_id: str) -> str:
        safe_folder, name = _safe_file_name(folder) or "-", _safe_file_name(title)
        # Of many items with one title, each has its id in its name: there is no search for a free number.
        for file_name in (name or item_id, f"{name} ({item_id})"):
            path = f"{safe_folder}/{file_name}.md"
            key = hash(unicodedata.normalize("NFC", path.casefold()))
            if key not in self._used_hashes:
                self._used_hashes.add(key)
                return path
        # Two ids that differ only in case.
        return f"{safe_folder}/{name} ({item_id} {len(self._used_hashes)}).md"


MARKDOWN_EXPORT = ExportFormat(
    "markdown",
    "Markdown",
    translatable("For word processors and wikis: one text with every passage and comment."),
    ".md",
    "text/markdown; charset=utf-8",
    write_markdown,
)


MARKDOWN_FOLDER_EXPORT = ExportFormat(
    "markdown-folder",
    translatable("Markdown folder (ZIP)"),
    translatable("For Obsidian and other notebooks: a note for each item, with its fields, passages and comments."),
    ".zip",
    "application/zip",
    write_markdown_folder,
)
