"""Files of many small records in every import format, and the peak memory of reading them.

`python bench/import_formats.py --megabytes 500` creates each file, reads it in the sandboxed process of `kb import`,
and prints the records, the processor time and the peak memory (maximum resident set) of that process and of this one.
It fails beyond 300 MB, or if a file cannot be read to its end. `--format` selects formats.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.harness import check
from kb.formats.import_formats import IMPORT_FORMATS
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.import_draft import ItemDraft

MOST_MEMORY = 300 * 10**6
_SECONDS = 24 * 3600
_WORDS = "la médiation numérique des agents du département et les usages des données ouvertes".split()


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False)


def _url(number: int) -> str:
    return f"https://exemple.fr/{number % 997}/page-{number}"


def _title(number: int) -> str:
    return " ".join(_WORDS[(number + place * 7) % len(_WORDS)] for place in range(6)) + f" {number}"


def _json_list(record: Callable[[int], object], head: str = "[", end: str = "]") -> "_Parts":
    return _Parts(head, lambda number: (",\n" if number else "") + _json(record(number)), end)


class _Parts:
    """The start of a file, its record of each number, and its end."""

    def __init__(self, head: str, record: Callable[[int], str], end: str = "") -> None:
        self.head, self.record, self.end = head, record, end

    def write(self, path: Path, size: int) -> None:
        """Write a file of about this size in bytes."""
        with path.open("w", encoding="utf-8") as file:
            file.write(self.head)
            number = 0
            while file.buffer.tell() < size:
                file.writelines(self.record(number + place) for place in range(500))
                number += 500
            file.write(self.end)


_RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:z="http://www.zotero.org/namespaces/'
    'export#" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:bib="http://purl.org/net/biblio#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:link="http://purl.org/rss/1.0/modules/link/">\n'
)


def _zotero_record(number: int) -> str:
    """A reference with its note and its attachment; after each hundred of them, their collection."""
    parts = "".join(f'<dcterms:hasPart rdf:resource="{_url(number_)}"/>' for number_ in range(number - 99, number + 1))
    title = f"<dc:title>{_title(number // 100)}</dc:title>"
    collection = f'<z:Collection rdf:about="#c{number}">{title}{parts}</z:Collection>\n' if number % 100 == 99 else ""
    return (
        f'<bib:Document rdf:about="{_url(number)}"><z:itemType>webpage</z:itemType><dc:title>{_title(number)}'
        f'</dc:title><dcterms:isReferencedBy rdf:resource="#n{number}"/><link:link rdf:resource="#a{number}"/>'
        f'</bib:Document>\n<bib:Memo rdf:about="#n{number}"><rdf:value>{_title(number)}</rdf:value></bib:Memo>\n'
        f'<z:Attachment rdf:about="#a{number}"><dc:identifier><dcterms:URI><rdf:value>{_url(number)}.pdf</rdf:value>'
        f"</dcterms:URI></dc:identifier></z:Attachment>\n{collection}"
    )


_DIIGO_PAGE = (
    "<html><head><title>Essai | Diigo</title></head><body>"
    '<link rel="alternate" type="application/rss+xml" href="https://groups.diigo.com/group/essai/rss">\n'
)
_PARTS = {
    "jsonl": _Parts("", lambda n: _json({"url": _url(n), "title": _title(n), "tags": ["a", f"t{n % 50}"]}) + "\n"),
    "netscape": _Parts(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n",
        lambda n: f'<DT><A HREF="{_url(n)}" ADD_DATE="{1_400_000_000 + n}" TAGS="a,t{n % 50}">{_title(n)}</A>\n<DD>N\n',
        "</DL><p>\n",
    ),
    "diigo-csv": _Parts(
        "title,url,tags,description,comments,annotations,created_at\n",
        lambda n: f'"{_title(n)}",{_url(n)},"a,t{n % 50}",,,"Highlight:{_title(n)}",2014-11-07 09:12:00\n',
    ),
    "diigo-json": _json_list(
        lambda n: {
            "title": _title(n),
            "url": _url(n),
            "user": f"u{n % 9}",
            "desc": "",
            "tags": "a,b",
            "shared": "yes",
            "readlater": "no",
            "created_at": "2014/11/07 09:12:00 +0000",
            "updated_at": "2014/11/07 09:12:00 +0000",
            "comments": [],
            "annotations": [{"content": _title(n), "comments": []}],
        }
    ),
    "diigo-rss": _Parts(
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Essai</title>'
        "<link>https://groups.diigo.com/group/essai</link>\n",
        lambda n: (
            f"<item><title>{_title(n)}</title><link>{_url(n)}</link><pubDate>Fri, 07 Nov 2014 09:12:00 GMT"
            f'</pubDate><description>&lt;div class="annInner"&gt;{_title(n)}&lt;/div&gt;</description></item>\n'
        ),
        "</channel></rss>",
    ),
    "diigo-html": _Parts(
        _DIIGO_PAGE,
        lambda n: (
            f'<div id="item_{n}" class="item"><a id="title_link_{n}" href="{_url(n)}">{_title(n)}</a>'
            f'<div id="tags_{n}"><a>a</a></div><div class="annContent"><div>{_title(n)}</div></div></div>\n'
        ),
        "</body></html>",
    ),
    "pinboard": _json_list(
        lambda n: {
            "href": _url(n),
            "description": _title(n),
            "extended": "",
            "time": "2014-11-07T09:12:00Z",
            "shared": "yes",
            "toread": "no",
            "tags": "a b",
        }
    ),
    "hypothesis": _json_list(
        lambda n: {
            "id": f"id{n}",
            "created": "2014-11-07T09:12:00+00:00",
            "user": f"acct:u{n % 9}@h",
            "uri": _url(n),
            "text": _title(n),
            "tags": ["a"],
            "document": {"title": [_title(n)]},
            "target": [{"selector": [{"type": "TextQuoteSelector", "exact": _title(n)}]}],
            **({"references": [f"id{n - 1}"]} if n % 2 else {}),
        },
        '{"total": 1, "rows": [',
        "]}",
    ),
    "annotations": _json_list(
        lambda n: {
            "id": f"https://exemple.org/items/{n}",
            "type": "Annotation",
            "motivation": "bookmarking",
            "body": [{"type": "TextualBody", "value": _title(n), "purpose": "identifying"}],
            "target": _url(n),
        },
        '{"@context": "http://www.w3.org/ns/anno.jsonld", "items": [',
        "]}",
    ),
    "wallabag": _json_list(
        lambda n: {
            "url": _url(n),
            "title": _title(n),
            "tags": ["a"],
            "is_archived": 0,
            "is_starred": 0,
            "annotations": [],
            "created_at": "2014-11-07T09:12:00+0000",
            "content": f"<p>{_title(n)}</p>",
            "domain_name": "exemple.fr",
        }
    ),
    "feed": _Parts(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Essai</title>\n',
        lambda n: (
            f'<entry><title>{_title(n)}</title><link href="{_url(n)}"/><id>{n}</id>'
            f"<updated>2014-11-07T09:12:00Z</updated><summary>{_title(n)}</summary></entry>\n"
        ),
        "</feed>",
    ),
    "saved-page": _Parts(
        "Home/ ESSAI/ Group items tagged agents\n\nRss Feed Group items tagged\n",
        lambda n: f"{n % 9}\n\n    {_title(n)} - 0 views\n\n  * {_title(n)}\n\n",
    ),
    "csl": _json_list(
        lambda n: {"id": f"c{n}", "type": "webpage", "title": _title(n), "URL": _url(n), "keyword": "a, b"}
    ),
    "ris": _Parts("", lambda n: f"TY  - ELEC\nTI  - {_title(n)}\nUR  - {_url(n)}\nKW  - a\nER  - \n"),
    "bibtex": _Parts("", lambda n: f"@misc{{c{n},\n  title = {{{_title(n)}}},\n  url = {{{_url(n)}}}\n}}\n"),
    "zotero-rdf": _Parts(_RDF, _zotero_record, "</rdf:RDF>"),
    "raindrop": _Parts(
        "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n",
        lambda n: f'{n},"{_title(n)}",,,{_url(n)},Veille,"a, b",2014-11-07T09:12:00Z,,,false\n',
    ),
    "readwise": _Parts(
        "Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,Highlighted at,"
        "Document tags\n",
        lambda n: f'"{_title(n)}","{_title(n // 5)}",Anne,,,yellow,a,order,{n},2014-11-07 09:12:00,\n',
    ),
    "csv": _Parts("Titre;Adresse;Mots-clés\n", lambda n: f'"{_title(n)}";{_url(n)};"a, b"\n'),
    "opml": _Parts(
        '<opml version="2.0"><head><title>Essai</title></head><body>\n',
        lambda n: f'<outline type="rss" text="{_title(n)}" xmlUrl="{_url(n)}" htmlUrl="{_url(n)}"/>\n',
        "</body></opml>",
    ),
    "addresses": _Parts("", lambda n: f"{_url(n)} {_title(n)}\n"),
}
"""The formats by name: all that can be imported."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--format", action="append", choices=[*_PARTS], dest="formats")
    parser.add_argument("--one", choices=[*_PARTS], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    check(_PARTS.keys() == IMPORT_FORMATS.keys(), "a format has no file here")
    if arguments.one:
        _read(arguments.one, arguments.file)
        return
    worst = 0
    with tempfile.TemporaryDirectory(prefix="formats-") as folder:
        for name in arguments.formats or _PARTS:
            file = Path(folder, name)
            _PARTS[name].write(file, arguments.megabytes * 10**6)
            # One process for each: the peak memory of a process never decreases.
            command = [sys.executable, "-P", "-m", "bench.import_formats", "--one", name, "--file", str(file)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            print(answer.strip(), flush=True)
            worst = max(worst, *(int(part) for part in answer.split("|")[1].split()))
            file.unlink()
    check(worst * 10**6 <= MOST_MEMORY, "too much memory")


def _read(name: str, file: Path) -> None:
    """Read a file and print a line; its second column is the memory of the reader and of this process, in MB."""
    counts = Counter(_kinds(name, file))
    used, own = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    size, records = file.stat().st_size / 1e6, counts.pop("item")
    memory = f"{used.ru_maxrss * 1024 / 1e6:.0f} {own.ru_maxrss * 1024 / 1e6:.0f}"
    seconds = f"{used.ru_utime + used.ru_stime:.0f} {own.ru_utime + own.ru_stime:.0f}"
    print(f"{name} {size:.0f} MB, {records} records | {memory} | MB, {seconds} s; {dict(counts)}")


def _kinds(name: str, file: Path) -> Iterator[str]:
    documents_read = []
    for entry in read_drafts_in_subprocess(file, name, documents_read.append, seconds=_SECONDS):
        yield "item" if isinstance(entry, ItemDraft) else "format" if entry.of_format else entry.why[:60]
    check(documents_read == [name], f"{file.name} was read as {documents_read}")


if __name__ == "__main__":
    main()
