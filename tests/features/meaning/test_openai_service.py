"""A service with OpenAI's interface: what is asked, and that no answer of it does harm."""

import math
import struct
from base64 import b64encode
from typing import Any

import pytest

from kb.features.meaning.embedding_service import EmbeddingFailure, TextKind
from kb.features.meaning.openai_service import OpenAiService
from kb.features.meaning.settings import EmbeddingSettings
from kb.translation import Translator
from tests.support.embedding_servers import (
    DIMENSIONS,
    Answer,
    an_embedding_server,
    closing,
    dripping,
    dripping_body,
    endless,
    failing,
    good,
    held,
    openai_answer,
    saying,
    vector_of,
    vectors,
)

TEXTS = ["Le guichet unique", "Les agents de la commune"]
GOOD = [1.0] * DIMENSIONS


def embed(url: str, texts: list[str] = TEXTS, seconds: float = 20.0, **settings: Any) -> list[tuple[float, ...]]:
    service = OpenAiService(EmbeddingSettings(embeddings_url=url, **settings))
    try:
        return service.embed(texts, TextKind.PASSAGE, seconds)
    finally:
        service.close()


def unit(vector: list[float]) -> list[float]:
    return [number / math.hypot(*vector) for number in vector]


@pytest.mark.parametrize("in_base64", [False, True])
def test_texts_get_unit_vectors_in_their_order(in_base64: bool) -> None:
    with an_embedding_server(good(in_base64=in_base64)) as server:
        given = embed(server.url)
    assert [pytest.approx(unit(vector_of(text)), abs=1e-6) for text in TEXTS] == [list(vector) for vector in given]


def test_vectors_are_ordered_by_their_index() -> None:
    answer = openai_answer(TEXTS)
    answer["data"].reverse()
    with an_embedding_server(saying(answer)) as server:
        assert list(embed(server.url)[0]) == pytest.approx(unit(vector_of(TEXTS[0])))


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/embeddings"])
def test_the_address_may_be_given_with_or_without_its_version(end: str) -> None:
    with an_embedding_server() as server:
        embed(server.url + end)
        embed(server.url + "/proxy" + end)
    assert server.paths == ["/v1/embeddings", "/proxy/v1/embeddings"]


def test_model_key_dimensions_and_prefix_are_sent_if_they_are_set() -> None:
    with an_embedding_server() as server:
        embed(server.url)
        service = OpenAiService(
            EmbeddingSettings(server.url, "openweight-embeddings", "clé-secrète", "query: ", "passage: ", DIMENSIONS)
        )
        service.embed(["un"], TextKind.QUESTION, 20)
        service.embed(["deux"], TextKind.PASSAGE, 20)
        service.close()
    assert server.requests[0] == {"input": TEXTS, "encoding_format": "float"}
    assert "Authorization" not in server.headers[0]
    assert server.requests[1:] == [
        {
            "input": [text],
            "encoding_format": "float",
            "model": "openweight-embeddings",
            "dimensions": DIMENSIONS,
        }
        for text in ("query: un", "passage: deux")
    ]


def test_a_connection_is_used_again_and_replaced_when_the_service_has_closed_it() -> None:
    with an_embedding_server(None, good(), good(), closing) as server:
        service = OpenAiService(EmbeddingSettings(embeddings_url=server.url))
        for _ in range(3):
            service.embed(TEXTS, TextKind.PASSAGE, 20)
        service.close()
    assert len(server.connections) == 2
    assert len(server.requests) == 4


BAD: dict[str, tuple[Answer, str]] = {
    "an error": (failing(500), "status 500"),
    "overloaded": (failing(503), "status 503"),
    "no such model": (failing(404), "no such address or model"),
    "a wrong key": (failing(401), "refuses the key"),
    "too many requests": (failing(429), "too many requests"),
    "a redirect": (failing(307, Location="http://127.0.0.1:9/v1/embeddings"), "another address"),
    "a page": (saying(b"<!doctype html><title>Bonjour</title>"), "something else than embeddings"),
    "nothing": (saying(b""), "something else than embeddings"),
    "another object": (saying({"object": "list"}), "something else than embeddings"),
    "a list": (saying([1, 2]), "something else than embeddings"),
    "deep": (saying(b"[" * 100_000), "something else than embeddings"),
    "not UTF-8": (saying(b'{"data": "\xff"}'), "something else than embeddings"),
    "wrong base64": (vectors("@@", "@@"), "something else than embeddings"),
    "odd base64": (vectors("AAAAAAA=", "AAAAAAA="), "something else than embeddings"),
    "an index twice": (
        saying({"data": [{"index": 1, "embedding": GOOD}, {"index": 1, "embedding": GOOD}]}),
        "another number|something else",
    ),
    "an index of another kind": (
        saying({"data": [{"index": [], "embedding": GOOD}, {"index": 1, "embedding": GOOD}]}),
        "something else than embeddings",
    ),
    "too few": (vectors(GOOD), "another number of vectors"),
    "too many": (vectors(GOOD, GOOD, GOOD), "another number of vectors"),
    "no vector": (vectors(None, GOOD), "dimensions"),
    "empty vectors": (vectors([], []), "dimensions"),
    "two dimensions": (vectors(GOOD, GOOD[:-1]), "dimensions"),
    "many dimensions": (vectors(*[[1.0] * 4097] * 2), "dimensions"),
    "NaN": (vectors(GOOD, [math.nan, *GOOD[1:]]), "none .NaN."),
    "infinity": (vectors(GOOD, [math.inf, *GOOD[1:]]), "infinite"),
    "NaN in base64": (vectors(*[b64encode(struct.pack("<2f", math.nan, 1)).decode()] * 2), "none .NaN."),
    "a huge number": (saying(b'{"data": [%s]}' % b",".join([b'{"embedding": [1%s]}' % (b"0" * 400)] * 2)), "infinite"),
    "zeros": (vectors([0.0] * 8, [0.0] * 8), "zeros"),
    "words": (vectors(["un"] * 8, ["deux"] * 8), "something else than numbers"),
    "booleans": (vectors([True] * 8, [True] * 8), "something else than numbers"),
    "endless": (endless, "too long"),
    "a closed connection": (closing, "cannot be reached"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_one_sentence_in_both_languages(name: str) -> None:
    answer, sentence = BAD[name]
    with an_embedding_server(answer) as server, pytest.raises(EmbeddingFailure, match=sentence) as raised:
        embed(server.url)
    assert "agents" not in str(raised.value)
    french = Translator("fr").sentence(raised.value)
    assert french != str(raised.value)
    assert french.endswith((".", "\u202f?"))


@pytest.mark.parametrize("answer", [held, dripping, dripping_body])
def test_an_answer_that_takes_too_long_is_left(answer: Answer) -> None:
    with an_embedding_server(answer) as server:
        with pytest.raises(EmbeddingFailure, match=r"more than 0\.2 seconds"):
            embed(server.url, seconds=0.2)
        server.released.set()


def test_a_service_that_is_not_there_is_one_sentence() -> None:
    with an_embedding_server() as server:
        pass
    with pytest.raises(EmbeddingFailure, match="cannot be reached"):
        embed(server.url)


def test_dimensions_that_were_set_are_required() -> None:
    with an_embedding_server() as server, pytest.raises(EmbeddingFailure, match="8 dimensions where 1024"):
        embed(server.url, embeddings_dimensions=1024)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("99999", 600), ("-1", 0), ("nan", 0), ("demain", 0)])
def test_a_service_may_ask_to_wait(header: str, seconds: float) -> None:
    with (
        an_embedding_server(failing(429, Retry_After=header)) as server,
        pytest.raises(EmbeddingFailure) as raised,
    ):
        embed(server.url)
    assert raised.value.wait == seconds


def test_another_model_prefix_or_number_of_dimensions_is_another_model() -> None:
    def model(**changes: Any) -> str:
        return OpenAiService(EmbeddingSettings(**{"embeddings_url": "http://127.0.0.1:1", **changes})).model

    assert model() == model(embeddings_key="x", embeddings_query_prefix="query: ")
    same = {
        model(),
        model(embeddings_url="http://127.0.0.1:2"),
        model(embeddings_model="a"),
        model(embeddings_model="a", embeddings_dimensions=8),
        model(embeddings_model="a", embeddings_passage_prefix="passage: "),
    }
    assert len(same) == 5
    assert model(embeddings_model="a") == model(embeddings_model="a", embeddings_url="http://127.0.0.1:2")
