"""Annotations, feeds and library records, read by other parsers: hostile texts, and files without items."""

import json
from io import BytesIO
from xml.etree import ElementTree as ET

import pymarc
import pytest
from hypothesis import given

from kb.model.storable_text import one_line, xml_safe_text
from tests.factories.exports import exported, odd_items

DC = "{http://purl.org/dc/elements/1.1/}"


@given(odd_items)
def test_any_text_comes_back_from_xml(item):
    title = one_line(item.title or "") or "[Sans titre]"
    feed = ET.fromstring(exported("atom", item))
    atom = "{http://www.w3.org/2005/Atom}"
    expected = xml_safe_text(item.title or "").replace("\r\n", "\n").replace("\r", "\n")
    assert feed.find(f"{atom}entry/{atom}title").text == expected
    (record,) = pymarc.parse_xml_to_array(BytesIO(exported("marcxml", item)))
    assert record["200"]["a"] == xml_safe_text(title)
    (core,) = ET.fromstring(exported("dc", item))
    assert core.find(f"{DC}title").text == xml_safe_text(title)
    assert [element.text for element in core.iter(f"{DC}subject")] == [
        xml_safe_text(tag) for tag in filter(None, map(one_line, item.tags))
    ]


@pytest.mark.parametrize("form", ["annotations", "atom", "marcxml", "dc"])
def test_a_file_without_items_can_be_read(form):
    data = exported(form)
    if form == "annotations":
        assert json.loads(data)["first"]["items"] == []
    else:
        ET.fromstring(data)
