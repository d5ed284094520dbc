"""The OpenSearch 1.1 description: with it a browser can add this site as a search engine."""

from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from kb.model.truncation import truncate_within
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import static_file_address
from kb.web.pages.search.suggestions import SUGGESTIONS_TYPE as SUGGESTIONS

OPENSEARCH_TYPE = "application/opensearchdescription+xml"
LONGEST_SHORT_NAME = 16
LONGEST_LONG_NAME = 48
_NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
_HOUR = 3600


def get_opensearch(context: RequestContext) -> Response:
    """The description, in the language of the site: a browser stores it for all its users."""
    content = opensearch_description(replace(context.library.settings, site_name=context.site_name))
    return Response(content, media_type=OPENSEARCH_TYPE, headers={"Cache-Control": f"public, max-age={_HOUR}"})


def opensearch_description(settings: Settings) -> bytes:
    """The description of a site, with addresses that begin with `base_url`."""
    translator, name, base = Translator(settings.language), settings.site_name, settings.base_url
    root = Element("OpenSearchDescription", xmlns=_NAMESPACE)
    SubElement(root, "ShortName").text = truncate_name(name, LONGEST_SHORT_NAME)
    SubElement(root, "LongName").text = truncate_name(name, LONGEST_LONG_NAME)
    SubElement(root, "Description").text = translator.gettext("Search the readings that %(site)s keeps.", site=name)
    for media_type, template in (
        ("text/html", f"{base}/search?q={{searchTerms}}"),
        ("application/atom+xml", f"{base}/search.atom?q={{searchTerms}}"),
    ):
        SubElement(root, "Url", type=media_type, template=template)
    SubElement(root, "Url", type=SUGGESTIONS, rel="suggestions", template=f"{base}/suggest?q={{searchTerms}}")
    SubElement(root, "Url", type=OPENSEARCH_TYPE, rel="self", template=f"{base}/opensearch.xml")
    image = SubElement(root, "Image", height="16", width="16", type="image/svg+xml")
    image.text = base + static_file_address("favicon.svg")
    SubElement(root, "Language").text = settings.language
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "OutputEncoding").text = "UTF-8"
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def truncate_name(name: str, most: int) -> str:
    """A name of at most so many characters: whole words, if that leaves half of them, otherwise cut with an
    ellipsis.
    """
    if len(name) <= most:
        return name
    words = name[: most + 1].rpartition(" ")[0].rstrip(" ,;:–-")
    return words if len(words) * 2 >= most else truncate_within(name, most)
