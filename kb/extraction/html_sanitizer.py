"""Clean the HTML of a kept page: its words, pictures and styles stay, and nothing acts. This module runs in a
subprocess.

The site serves a copy under `Content-Security-Policy: sandbox; default-src 'none'; …`, which stops scripts, forms,
frames and requests. A policy does not stop `meta` refreshes and hints such as `dns-prefetch` in all browsers, so that
elements and attributes are those of a list, and any other is dropped. Styles are not read: a request that they ask for
is stopped by the policy, which allows `data:` alone.
"""

import html
import re
from typing import Any

import nh3

from kb.model.web_pages.copy_pictures import SAFE_PICTURE, picture_name

LARGEST_COPY = 32 << 20
"""Characters of a copy."""
_PASSES = 3
"""Cleaned text that is parsed again may become other elements: it must stay as it is."""
_DROPPED_WITH_CONTENT = frozenset(
    "script noscript template iframe frame frameset noframes object embed applet title portal fencedframe base "
    "audio noembed xmp plaintext animate animateMotion animateTransform set foreignObject math datalist".split()
)
_TEXT_TAGS = frozenset(
    "a abbr acronym address article aside b bdi bdo big blockquote br button canvas caption center cite code col "
    "colgroup dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6 "
    "header hgroup hr i img input ins kbd label legend li link main mark menu meter nav ol optgroup option output p "
    "picture pre progress q rp rt ruby s samp search section select small source span strike strong style sub summary "
    "sup table tbody td textarea tfoot th thead time tr tt u ul var video wbr".split()
)
_SVG_TAGS = frozenset(
    "svg g path rect circle ellipse line polyline polygon text tspan textPath defs use symbol clipPath mask marker "
    "linearGradient radialGradient stop pattern image desc switch filter feBlend feColorMatrix feComponentTransfer "
    "feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA "
    "feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting "
    "feSpotLight feTile feTurbulence".split()
)
_OF_ALL = frozenset(
    "class id style title lang dir role hidden width height align valign border bgcolor color face size hspace vspace "
    "cellpadding cellspacing colspan rowspan headers scope span nowrap noshade clear compact start reversed value type "
    "alt open datetime label checked disabled selected multiple rows cols placeholder readonly min max low high "
    "optimum for name media sizes part slot "
    # Drawings.
    "d x y x1 x2 y1 y2 cx cy r rx ry dx dy fx fy fr points transform viewBox preserveAspectRatio xmlns version opacity "
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-dasharray stroke-dashoffset clip-path clip-rule mask filter color-interpolation-filters font-family "
    "font-size font-weight font-style text-anchor dominant-baseline letter-spacing word-spacing visibility display "
    "overflow offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod patternUnits "
    "patternTransform patternContentUnits clipPathUnits maskUnits maskContentUnits markerWidth markerHeight "
    "markerUnits refX refY orient marker-start marker-mid marker-end filterUnits primitiveUnits in in2 result "
    "stdDeviation mode operator k1 k2 k3 k4 values tableValues slope intercept amplitude exponent flood-color "
    "flood-opacity radius scale vector-effect shape-rendering paint-order startOffset textLength lengthAdjust".split()
)
_ADDRESSES = frozenset({"href", "xlink:href", "src", "srcset", "poster", "background", "rel"})
"""Attributes that `_allowed_value` decides about."""
_LINKED = re.compile(r"(?:https?:|mailto:|tel:|#)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/[a-z0-9.+-]{1,60}[;,]", re.IGNORECASE)
_SHEET = re.compile(r"data:text/css[;,]", re.IGNORECASE)
_IN_DATA = re.compile(r"""data:[^"'\s)>]{200,}""")
_ROOT_ATTRIBUTES = ("class", "id", "style", "lang", "dir", "bgcolor")
_ROOT_DATA = re.compile(r"data-[a-z0-9-]{1,60}")
NAMED_DATA = "data:,"
_LONGEST_TITLE = 500
_MOST_ROOT_ATTRIBUTES, _LONGEST_ROOT_ATTRIBUTE = 60, 20_000


class CopyTooLarge(ValueError):
    """The cleaned page has more than LARGEST_COPY characters."""


def clean_copy(page: str, tree: Any = None, title: str = "") -> str:
    """A whole document of the page that runs nothing, asks for nothing and leads nowhere by itself.

    `tree` is the parsed page, whose root has attributes by which styles choose. Links to other sites stay. Raises
    CopyTooLarge.
    """
    cleaned = _cleaned(page)
    if len(cleaned) > LARGEST_COPY:
        raise CopyTooLarge
    # The attributes of `html` and of `body` by which styles choose.
    body = None if tree is None else tree.find("body")
    of_root, of_body = ("" if element is None else _attributes(element) for element in (tree, body))
    head = f'<meta charset="utf-8"><title>{html.escape(title[:_LONGEST_TITLE])}</title>'
    return f"<!DOCTYPE html>\n<html{of_root}><head>{head}</head><body{of_body}>{cleaned}</body></html>\n"


def with_named_data(page: str) -> str:
    """The page with the names of its `data:` addresses instead of their content, which is most of a saved page."""
    return _IN_DATA.sub(lambda match: NAMED_DATA + picture_name(match[0]), page)


def named_pictures(copy: str) -> set[str]:
    """The names of the pictures of a copy that the reading view may show."""
    return {picture_name(match[0]) for match in SAFE_PICTURE.finditer(copy)}


def _cleaned(page: str) -> str:
    """The cleaned elements of a page: the same when they are cleaned again, as a browser parses them again."""
    tags = _TEXT_TAGS | _SVG_TAGS
    cleaned = _clean_once(page, tags)
    for _ in range(_PASSES):
        again = _clean_once(cleaned, tags)
        if again == cleaned:
            return cleaned
        cleaned = again
    # A text that changes each time is an attack on parsers, and those need drawings.
    return _clean_once(_clean_once(cleaned, _TEXT_TAGS), _TEXT_TAGS)


def _clean_once(page: str, tags: frozenset[str]) -> str:
    return nh3.clean(
        page,
        tags=set(tags),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes={"*": set(_OF_ALL | _ADDRESSES)},
        generic_attribute_prefixes={"aria-", "data-"},
        attribute_filter=_allowed_value,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        url_relative="pass_through",
    )


def _allowed_value(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, or None for one that is dropped."""
    match name:
        case "href" if tag == "a":
            return value if _LINKED.match(value.strip()) else None
        case "href" if tag == "link":
            return value if _SHEET.match(value) else None
        case "rel":
            return "stylesheet" if tag == "link" and value.strip().lower() == "stylesheet" else None
        case "href" | "xlink:href" if tag != "image":
            return value if value.startswith("#") else None
        case "href" | "xlink:href" | "src" | "srcset" | "poster" | "background":
            return value if _PICTURE.match(value.lstrip()) else None
        case "type" if tag == "input" and value.strip().lower() == "image":
            return "button"
        case _:
            return value


def _attributes(element: Any) -> str:
    attributes = [
        (name, value[:_LONGEST_ROOT_ATTRIBUTE])
        for name, value in element.attrib.items()
        if name in _ROOT_ATTRIBUTES or _ROOT_DATA.fullmatch(name)
    ]
    return "".join(f' {name}="{html.escape(value)}"' for name, value in attributes[:_MOST_ROOT_ATTRIBUTES])
