"""Records of Dublin Core, read by another parser."""

from xml.etree import ElementTree as ET

from tests.factories.exports import BARE, WHOLE, exported

DC = "{http://purl.org/dc/elements/1.1/}"


def test_dublin_core_has_a_record_for_each_item():
    first, second = ET.fromstring(exported("dc", WHOLE, BARE))
    assert first.tag == "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
    elements = [(element.tag.removeprefix(DC), element.text) for element in first]
    assert ("creator", "Roux, Jeanne") in elements
    assert ("subject", "données ouvertes") in elements
    assert ("publisher", "La Gazette") in elements
    assert [text for name, text in elements if name == "identifier"] == [
        "https://www.exemple.fr/archive?a=1&b=2",
        "https://lire.exemple.fr/items/archive",
    ]
    assert len(second) == 3
