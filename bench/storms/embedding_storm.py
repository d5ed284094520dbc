"""Kill the process that embeds texts at random moments, while items arrive and models change, and check the vectors:
`python bench/storms/embedding_storm.py`.

At the end each text of each item has one vector of the last model, no other text has one, no text was sent more often
than kills and models explain, and `kb index check` finds no difference. The service is a server of this program.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

from bench.corpus import lines
from bench.harness import Base, Tally, check, children_of
from kb.access.actor import AccessScope
from kb.features.meaning.openai_service import BATCH, OpenAiService
from kb.features.meaning.records import progress, stored_digests, vectors_of_items
from kb.features.meaning.settings import EmbeddingSettings
from kb.model.items.item_vectors import text_digest
from kb.search.text_pieces import text_pieces_of
from tests.support.embedding_servers import Answer, EmbeddingServer, an_embedding_server, good

ANSWER_SECONDS = 0.05
"""How long the service takes, so that a kill may come in between."""
PATIENCE = 300.0


def slowly(answer: Answer) -> Answer:
    def wait_and_answer(*arguments: object) -> None:
        time.sleep(ANSWER_SECONDS)
        answer(*arguments)  # type: ignore[arg-type]

    return wait_and_answer


class Storm:
    """A library that is embedded, and the server that is killed."""

    def __init__(self, folder: Path, seed: int, items: int, service: EmbeddingServer, tally: Tally) -> None:
        self.chance = random.Random(seed)
        self.base = Base(folder / "data", is_forked=True)
        self.folder, self.items, self.service, self.tally = folder, items, service, tally
        self.source = lines(10**9, seed)
        self.imports = 0
        self.base.environment |= {"KB_EMBEDDINGS_URL": service.url}
        self.use_model("modele-0")
        self.base.call("migrate")
        self.add_items()

    def use_model(self, name: str) -> None:
        self.base.environment["KB_EMBEDDINGS_MODEL"] = name
        self.model = OpenAiService(EmbeddingSettings(self.service.url, name)).model

    def add_items(self) -> None:
        self.imports += 1
        path = self.folder / f"{self.imports}.jsonl"
        path.write_text("".join(islice(self.source, self.items)), encoding="utf-8")
        self.base.run("import", str(path))
        ids = list(self._ids())
        with self.base.read() as reading:
            store_ids = self.chance.sample(ids, len(ids) // 10)
            items = reading.items.any_of(store_ids)
        self._write_pages({item.id: " ".join([item.description or item.title or ""] * 20) for item in items.values()})

    def _write_pages(self, texts: dict[str, str]) -> None:
        from kb.site import open_store  # noqa: PLC0415

        store = open_store(self.base.store_url)
        with store.write() as writing:
            for item_id, text in texts.items():
                writing.page_texts.put(item_id, text)
        store.close()

    def _ids(self) -> list[str]:
        with self.base.read() as reading:
            return list(reading.items.ids())

    def run(self, rounds: int) -> None:
        """Kill the background process, or all, this often; now and then items arrive, or the model changes."""
        for number in range(rounds):
            process, _ = self.base.serve("--workers", "1")
            time.sleep(self.chance.uniform(1.0, 4.0))
            if number % 3 == 1:
                self.add_items()
            background = [pid for pid, role in children_of(process.pid).items() if role == "background"]
            everything = [process.pid, *children_of(process.pid)]
            if background and self.chance.random() < 0.5:
                self.tally.kill(self.base, "background", background)
                time.sleep(self.chance.uniform(0.5, 2.0))
                everything = [process.pid, *children_of(process.pid)]
            self.tally.kill(self.base, "all", everything)
            process.communicate()
            if number % 4 == 3:
                self.use_model(f"modele-{number}")

    def finish(self) -> None:
        """Let the task end, then check what it has done."""
        process, _ = self.base.serve("--workers", "1")
        end = time.monotonic() + PATIENCE
        while self._waiting():
            check(time.monotonic() < end, f"texts still wait after {PATIENCE:.0f} s")
            time.sleep(0.2)
        process.terminate()
        _, errors = process.communicate()
        check(process.returncode == 0, f"the server ended with {process.returncode}: {errors}")
        print(self.base.call("index", "check").strip())
        self.must_be_complete()

    def _waiting(self) -> bool:
        with self.base.read() as reading:
            state = progress(reading.connection, self.model)
        return bool(state.texts or state.pages)

    def must_be_complete(self) -> None:
        """Each text has its vector, and no other text has one."""
        pieces = 0
        with self.base.read() as reading:
            for item in reading.items.stream(AccessScope(everything=True)):
                wanted = {
                    text_digest(piece.text) for piece in text_pieces_of(item, reading.page_texts.of_item(item.id))
                }
                stored = stored_digests(reading.connection, [item.id], self.model).get(item.id, set())
                check(stored == wanted, f"{item.id}: {len(wanted)} texts, {len(stored)} vectors")
                found = vectors_of_items(reading.connection, [item.id])[item.id]
                check(found.model == self.model, f"{item.id} has vectors of another model")
                pieces += len(wanted)
        sent = Counter((request["model"], text) for request in self.service.requests for text in request["input"])
        again = sum(number - 1 for number in sent.values())
        kills = self.tally.kills.total()
        print(f"{pieces} texts with vectors, {sent.total()} sent, {again} of them again after {kills} kills")
        check(again <= kills * BATCH, "more texts were sent again than the slices that were killed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--items", type=int, default=1_000, help="of one import")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    tally = Tally()
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as folder,
        an_embedding_server(slowly(good())) as service,
    ):
        storm = Storm(Path(folder), arguments.seed, arguments.items, service, tally)
        storm.run(arguments.rounds)
        storm.finish()
    print(tally.report())
    print("Every text has its vector, no other one is there.")


if __name__ == "__main__":
    main()
