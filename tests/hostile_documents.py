"""Pages of other sites that mean no good: in each place that we read, markup that must stay words.

Each is what a server sends. Whoever keeps such a page gets its title, its description and so on as they are told.
"""

from html import escape

RAN = "<script>ran()</script>"
_IMAGE = "<img src=x onerror=ran()>"
_PARAGRAPH = "Un paragraphe assez long pour être gardé, où des agents parlent de leur veille et de ce qui en reste. "


def _page(head: str, body: str = "", *, attributes: str = "lang=fr") -> str:
    paragraphs = "".join(f"<p>{_PARAGRAPH * 3}{number}</p>" for number in range(3))
    return f"<!DOCTYPE html><html {attributes}><head>{head}</head><body><article>{body}{paragraphs}</article></body>"


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" property="{name}" content="{escape(content)}">'


def _all_told(text: str) -> str:
    """A page that says one text of itself wherever it can."""
    names = (
        "description",
        "author",
        "og:title",
        "og:site_name",
        "og:description",
        "keywords",
        "article:tag",
        "DC.title",
    )
    told = "".join(_meta(name, text) for name in names)
    return _page(f"<title>{escape(text)}</title>{told}", f"<h1>{escape(text)}</h1><p>{escape(text)} {_PARAGRAPH}</p>")


DOCUMENTS = (
    _all_told(RAN),
    _all_told(_IMAGE),
    _all_told('" autofocus onfocus="ran()'),
    _all_told("</title></textarea></script>" + RAN),
    _all_told("{{ 7 * 7 }}${7*7}<%= 7 * 7 %>"),
    _all_told("&lt;script&gt;ran()&lt;/script&gt;"),
    _all_told("javascript:ran()"),
    _page(f"<title>Adresse</title><link rel=canonical href=javascript:ran()>{_meta('og:url', 'javascript:ran()')}"),
    _page("<title>Ailleurs</title><link rel=canonical href=//ailleurs.example/><base href=//ailleurs.example/>"),
    _page(
        "<title>Partir</title><meta http-equiv=refresh content='0;url=//ailleurs.example/'>", "<iframe src=//a.example>"
    ),
    _page("<title>Langue</title>", attributes="""lang='fr" onload="ran()'""") + RAN,
    _page(
        "<title>Données</title><script type=application/ld+json>"
        '{"@type": "Article", "headline": "\\u003cscript>ran()\\u003c/script>", "author": {"name": "\\u003cimg src=x '
        'onerror=ran()>"}, "keywords": "\\u003cb>, \\"><svg onload=ran()>", "datePublished": "2014-11-07<b>"}</script>'
    ),
    _page("<title>Date</title>" + _meta("article:published_time", f"2014-11-07{RAN}")),
    _page("<title>Texte</title>", f"<pre>{escape(RAN)}</pre><svg><text>{escape(_IMAGE)}</text></svg><plaintext>" + RAN),
    _page(f"<title>{escape(_IMAGE)}\u202e\u2066exe.fdp\x1b[31m</title>", f"<h1>{RAN}{_IMAGE}</h1>"),
    "<title>" + RAN * 300,
)
