"""The pages of a PDF as they look (`/items/<id>/read/pages`), drawn in the browser by pdf.js, and its files."""

import mimetypes
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from kb.errors import NotFound
from kb.features.reading.kept_text import KeptText, kept_text
from kb.features.reading.margin import Note, NoteMaker, mentioned_people
from kb.features.reading.marker import Marker, marker_of
from kb.features.reading.passages import Passage, passages_of
from kb.features.reading.reading_head import PAGES, ReadingHead, head_of
from kb.model.items.annotation import Annotation
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import IMMUTABLE
from kb.web.ui.display_text import highlight_style
from kb.web.ui.rendering import render

_FOLDER = Path(__file__).parent / "pdfjs"
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".ttf": "font/ttf"}


@dataclass(frozen=True, slots=True)
class PdfPages:
    """`file` is the address of the PDF, `library` that of pdf.js; the script looks for `passages` in the text of the
    pages. `notes` are those of each page by its number, 0 for those of an unknown one.
    """

    head: ReadingHead
    file: str
    library: str
    passages: tuple[dict[str, str | int], ...]
    notes: tuple[tuple[int, tuple[Note, ...]], ...]
    people: Mapping[str, str]
    left_out: int
    marker: Marker | None


def pdf_pages(context: RequestContext) -> Response:
    """The pages of a PDF. Raises NotFound, also for an item without one."""
    kept = kept_text(context.library, context.actor, context.path_params["id"])
    if not kept.is_pdf:
        raise NotFound("There is nothing at this address.")
    found = passages_of(context.library, context.actor, kept)
    page_of, maker = _page_finder(kept), NoteMaker(context, kept.item.id, found.changed)
    listed = [(page_of(passage), passage) for passage in (*found.placed, *found.lost)]
    notes = [(number, note) for number, passage in listed if (note := maker.note(passage)) is not None]
    page = PdfPages(
        head_of(context, kept, current=PAGES),
        context.addresses.of_item(kept.item.id, "file"),
        f"/static/reading/pdfjs/{pdfjs_version()}/",
        tuple(_sought(passage.annotation, number) for number, passage in listed),
        tuple(
            (number, tuple(note for _, note in some))
            for number, some in groupby(notes, key=lambda numbered: numbered[0])
        ),
        mentioned_people(context, [passage for _, passage in listed]),
        found.left_out + maker.left_out,
        marker_of(context, kept.item, kept.group),
    )
    return render(context, "reading/pdf_pages.html", page)


def _page_finder(kept: KeptText) -> Callable[[Passage], int]:
    """A function that gives the number of the page on which a passage begins, 0 if that is not known."""
    starts = [0, *accumulate(len(line) + 1 for line in kept.text.split("\n"))]
    begins = [starts[line] for line in kept.layout.pages] if kept.layout else []

    def page_of(passage: Passage) -> int:
        return bisect_right(begins, passage.anchor.start) if passage.anchor is not None else 0

    return page_of


def _sought(annotation: Annotation, page: int) -> dict[str, str | int]:
    return {
        "id": annotation.id,
        "quote": annotation.quote or "",
        "prefix": annotation.prefix or "",
        "suffix": annotation.suffix or "",
        "color": highlight_style(annotation) or "yellow",
        "page": page,
    }


@cache
def pdfjs_version() -> str:
    """The version of pdf.js that is shipped."""
    return (_FOLDER / "VERSION").read_text(encoding="ascii").strip()


@cache
def _shipped_files() -> frozenset[str]:
    return frozenset(path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*") if path.is_file())


async def pdfjs_file(request: Request) -> Response:
    """One file of pdf.js. An address with the version may be cached for ever; any other is revalidated."""
    version = f"{pdfjs_version()}/"
    path = request.path_params["path"].removeprefix(version)
    if path not in _shipped_files():
        raise NotFound("There is nothing at this address.")
    caching = IMMUTABLE if request.path_params["path"].startswith(version) else "no-cache"
    media_type = _TYPES.get(Path(path).suffix) or mimetypes.types_map.get(Path(path).suffix, "application/octet-stream")
    return FileResponse(_FOLDER / path, media_type=media_type, headers={"Cache-Control": caching})


PDFJS_ROUTE = Route("/static/reading/pdfjs/{path:path}", pdfjs_file)
