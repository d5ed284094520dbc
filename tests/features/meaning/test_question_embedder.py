"""A page waits for the vector of a question for a moment at most, and not at all for a service that is down or slow."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Thread

import pytest

from kb.features.meaning.embedding_service import EmbeddingFailure, TextKind, Vector
from kb.features.meaning.question_embedder import PAUSES, QuestionEmbedder, embedder_of
from kb.features.meaning.settings import EmbeddingSettings
from kb.settings import default_settings_in
from tests.support.embedding_servers import wait_until

SECRET = "licenciement de Sophie"


@dataclass
class Service:
    """A service that waits for the test, if it must, and fails with an error, if there is one."""

    model: str = "m"
    batch: int = 1
    seconds: float = 60.0
    asked: list[str] = field(default_factory=list)
    free: Event = field(default_factory=Event)
    error: Exception | None = None

    def embed(self, texts: Sequence[str], kind: TextKind, seconds: float) -> list[Vector]:
        assert kind is TextKind.QUESTION
        self.asked += texts
        assert self.free.wait(60)
        if self.error is not None:
            raise self.error
        return [(float(len(text)), 0.5) for text in texts]

    def prepare(self) -> None: ...
    def close(self) -> None: ...


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patient(service: Service, clock: Clock) -> QuestionEmbedder:
    service.free.set()
    return QuestionEmbedder(service, patience=60, clock=clock)


@pytest.fixture
def impatient(service: Service, clock: Clock) -> QuestionEmbedder:
    return QuestionEmbedder(service, patience=0, clock=clock)


def test_a_question_is_asked_once_whatever_its_spaces(patient: QuestionEmbedder, service: Service) -> None:
    assert patient.embed_question("  ab\ncd ") == patient.embed_question("ab cd") == (5.0, 0.5)
    assert patient.embed_question(" \t") is None
    assert service.asked == ["ab cd"]


def test_a_question_is_bounded_and_so_are_those_that_are_known(patient: QuestionEmbedder, service: Service) -> None:
    assert patient.embed_question("x" * 5_000) == (1000.0, 0.5)
    for number in range(600):
        patient.embed_question(f"question {number}")
    assert patient.embed_question("question 599") is not None
    assert len(service.asked) == 601
    patient.embed_question("question 0")
    assert len(service.asked) == 602


def test_a_slow_answer_is_not_waited_for_and_is_there_later(
    impatient: QuestionEmbedder, service: Service, clock: Clock
) -> None:
    assert impatient.embed_question("lente") is None
    # The next question finds the service left alone.
    assert impatient.embed_question("autre") is None
    assert service.asked == ["lente"]
    service.free.set()
    assert wait_until(lambda: impatient.embed_question("lente") is not None)
    assert impatient.embed_question("autre") is None
    clock.now += PAUSES[0]
    impatient.embed_question("autre")
    assert wait_until(lambda: service.asked == ["lente", "autre"])


def test_a_service_that_fails_is_left_alone_longer_each_time(
    patient: QuestionEmbedder, service: Service, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    service.error = EmbeddingFailure("Le service est en panne.")
    for pause in (*PAUSES, PAUSES[-1]):
        asked = len(service.asked)
        assert patient.embed_question(SECRET) is None
        clock.now += pause - 0.1
        assert patient.embed_question(SECRET) is None
        assert len(service.asked) == asked + 1
        clock.now += 0.2
    assert [record.getMessage() for record in caplog.records] == [
        "Questions are searched by words only: Le service est en panne."
    ]
    service.error = None
    assert patient.embed_question(SECRET) is not None


def test_a_service_that_asks_to_wait_is_left_alone_as_long(
    patient: QuestionEmbedder, service: Service, clock: Clock
) -> None:
    service.error = EmbeddingFailure("Trop de requêtes.", wait=120)
    assert patient.embed_question("un") is None
    clock.now += 119
    assert patient.embed_question("deux") is None
    assert service.asked == ["un"]


def test_no_error_reaches_a_page_and_no_word_of_a_question_the_log(
    patient: QuestionEmbedder, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.error = ValueError(SECRET)
    assert patient.embed_question(SECRET) is None
    assert [record.getMessage() for record in caplog.records] == [
        "Questions are searched by words only: The vectors of questions fail: ValueError."
    ]


def test_a_command_that_ends_says_nothing_of_the_question_that_it_left(
    impatient: QuestionEmbedder, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.error = EmbeddingFailure("Le processus s’est arrêté.")
    assert impatient.embed_question("lente") is None
    impatient.close()
    service.free.set()
    assert wait_until(lambda: not impatient._asked)
    assert caplog.records == []


def test_only_some_questions_wait_at_once(service: Service, clock: Clock) -> None:
    embedder = QuestionEmbedder(service, patience=60, clock=clock)
    answers: list[object] = []
    threads = [
        Thread(target=lambda number=number: answers.append(embedder.embed_question(f"q{number}")))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: len(service.asked) == 4)
    assert embedder.embed_question("q5") is None
    service.free.set()
    for thread in threads:
        thread.join()
    assert answers == [(2.0, 0.5)] * 4


def test_there_is_an_embedder_if_a_service_is_set(tmp_path: object) -> None:
    from pathlib import Path

    settings = default_settings_in(Path("/nowhere"))
    assert embedder_of(settings) is None
    own = EmbeddingSettings(embeddings_url="http://127.0.0.1:9")
    made = embedder_of(replace(settings, parts=(own,)))
    assert made is not None
    made.close()
