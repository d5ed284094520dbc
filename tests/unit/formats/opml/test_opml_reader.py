"""Lists of feeds, with the irregularities of real ones."""

import io

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft
from tests.factories.import_files import drafts, read, warnings

OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><head><title>Mes fils</title></head><body>
<outline text="Numérique &amp; usages" title="Numérique &amp; usages">
  <outline type="rss" text="La Gazette" xmlUrl="https://exemple.fr/rss" htmlUrl="https://exemple.fr/"
    description="Un &lt;b&gt;journal&lt;/b&gt;" category="/Presse/Locale,Élus" created="Fri, 07 Nov 2014 09:12:00 GMT"/>
  <outline text="Sous-dossier"><outline type="link" text="Une page" url="https://exemple.fr/page"/></outline>
</outline>
<outline text="Rien"/><outline type="rss" text="Faux" xmlUrl="javascript:alert(1)"/>
<outline text="Au sommet" xmlUrl="https://exemple.fr/atom"/>
</body></opml>
"""


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_list_of_feeds_gives_sites_and_folders(size: int) -> None:
    assert drafts("opml", OPML.encode(), size) == [
        ItemDraft(
            url="https://exemple.fr/",
            title="La Gazette",
            description="Un journal\nhttps://exemple.fr/rss",
            tags=("Numérique & usages", "Locale", "Élus"),
            added="2014-11-07T09:12:00Z",
        ),
        ItemDraft(url="https://exemple.fr/page", title="Une page", tags=("Numérique & usages", "Sous-dossier")),
        ItemDraft(url="https://exemple.fr/atom", title="Au sommet"),
    ]
    assert warnings("opml", OPML.encode(), size) == ["1 line of the outline does not lead to a page."]
    assert list(read_drafts(io.BytesIO(OPML.encode()))) == read("opml", OPML.encode())
    assert drafts("opml", OPML.encode("cp1252")) == drafts("opml", OPML.encode())
    assert len(drafts("opml", OPML[: OPML.index('<outline text="Rien')].encode())) == 2
