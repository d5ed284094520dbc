"""UNIMARC records, read by another parser."""

from io import BytesIO

import pymarc

from tests.factories.exports import BARE, WHOLE, exported


def test_unimarc_has_a_record_for_each_item():
    first, second = pymarc.parse_xml_to_array(BytesIO(exported("marcxml", WHOLE, BARE)))
    assert len(str(first.leader)) == 24
    assert len(first["100"]["a"]) == 36
    assert first["001"].value() == "archive"
    assert first["003"].value() == "https://lire.exemple.fr/items/archive"
    assert first["101"]["a"] == "fre"
    assert first["200"]["a"] == "L’archive et le <réseau>"
    assert (first["214"]["c"], first["214"]["d"]) == ("La Gazette", "2014-11-07")
    assert [get_field["a"] for get_field in first.get_fields("610")] == ["agents", "santé/social", "données ouvertes"]
    assert (first["700"]["a"], first["700"]["b"], first["700"].indicator2) == ("Roux", "Jeanne", "1")
    assert first["701"]["a"] == "Blanc"
    assert first["856"]["u"] == "https://www.exemple.fr/archive?a=1&b=2"
    assert len(first.get_fields("300")) == 4
    assert [field.tag for field in second.fields] == ["001", "003", "100", "200", "801"]
