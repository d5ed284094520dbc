"""Programs that test processes run on a store, each with its own arguments."""

WRITERS = """
import json, sys, threading, time
from kb.site import open_store
from tests.factories.items import an_annotation, an_item

url, name, threads, writes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(url)
seconds, numbers, waited = [], [], []

def work(thread):
    for write in range(writes):
        start = time.perf_counter()
        with store.read() as reading:
            asked = reading.changes.newest()
        with store.write() as writing:
            before = writing.changes.newest()
            item = f"{name}-{thread}-{write}"
            note = an_annotation(id=f"{item}-a")
            writing.items.add([an_item(id=item, order=writing.items.next_order(), annotations=[note])])
            assert writing.changes.newest() == before + 1
        seconds.append(time.perf_counter() - start)
        numbers.append(before + 1)
        waited.append(before - asked)

all_threads = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
for thread in all_threads: thread.start()
for thread in all_threads: thread.join()
store.close()
print(json.dumps({"seconds": seconds, "numbers": numbers, "waited": waited}))
"""

ENDLESS = """
import os, sys
from kb.site import open_store
from tests.factories.items import an_annotation, an_item

store = open_store(sys.argv[1])
with store.read() as reading:
    batch = int(reading.meta.get("last") or 0)
while True:
    batch += 1
    os.write(1, b"open %d\\n" % batch)
    with store.write() as writing:
        order = writing.items.next_order()
        size = batch % 40 + 1
        writing.meta.set("last", str(batch))
        for place in range(size):
            name = f"{batch}-{place}"
            notes = [an_annotation(id=f"{name}-{note}") for note in range(2)]
            writing.items.add([an_item(id=name, order=order + place, tags=("a", "b"), annotations=notes)])
    os.write(1, b"kept %d\\n" % batch)
"""

FULL_DISK = """
import resource, sys
from kb.access.actor import AccessScope
from kb.errors import Unavailable
from kb.site import open_store
from tests.factories.items import an_item

EVERYTHING = AccessScope(everything=True)
store = open_store(sys.argv[1])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
# No file may grow beyond 3 MB: the system refuses to write, as a full disk does.
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, most))
kept, refusals = [], 0
while refusals < 3:
    item = an_item(order=len(kept) + 1, description="mot " * 5_000)
    try:
        with store.write() as writing:
            writing.items.add([item])
        kept.append(item)
    except Unavailable as refusal:
        assert "nothing was written" in str(refusal), refusal
        refusals += 1
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == len(kept)
# Whoever passes over the refusal inside a transaction is told at its end.
try:
    with store.write() as writing:
        try:
            writing.items.add([an_item(order=len(kept) + 1, description="mot " * 20_000_000)])
        except Unavailable:
            pass
        else:
            raise AssertionError("eighty megabytes went into three")
except Unavailable:
    pass
with store.read() as reading:
    assert list(reading.items.stream(EVERYTHING)) == kept
    assert [change.item_id for change in reading.changes.since(0, 10**6)] == [item.id for item in kept]
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with store.write() as writing:
    writing.items.add([an_item(order=len(kept) + 1)])
with store.read() as reading:
    assert reading.items.count(EVERYTHING) == len(kept) + 1
store.close()
print(len(kept))
"""

FORKS = """
import os, sys, threading, warnings
from kb.access.actor import AccessScope
from kb.site import open_store
from tests.factories.items import an_item

warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is what is tried here
store = open_store(sys.argv[1])
with store.read() as reading:
    reading.changes.newest()

def child_writes(name):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with store.write() as writing:
                writing.items.add([an_item(id=name, order=writing.items.next_order())])
            code = 0
        finally:
            os._exit(code)
    return child

assert os.waitpid(child_writes("enfant"), 0)[1] == 0
forked, done = threading.Event(), []

def fork_beside():
    child = child_writes("pendant")
    forked.set()
    done.append(os.waitpid(child, 0)[1])

thread = threading.Thread(target=fork_beside)
with store.write() as writing:
    thread.start()
    # The child is made once this transaction has ended.
    assert not forked.wait(0.3)
    writing.items.add([an_item(id="parent", order=writing.items.next_order())])
    assert not done
thread.join()
assert done == [0] and forked.is_set()
with store.read() as reading:
    assert list(reading.items.ids()) == ["enfant", "parent", "pendant"]
store.close()
"""

ORPHAN = """
import os, sys, time
from kb.site import open_store

store = open_store(sys.argv[1])
with store.write():
    if os.fork() == 0:
        # The child may not use the base, says so, and outlives its parent.
        try:
            with store.read():
                os.write(1, b"reads\\n")
        except RuntimeError as refusal:
            os.write(1, b"refused: forked inside a transaction\\n" if "forked" in str(refusal) else b"odd\\n")
        os.close(1)
        os.close(2)
        time.sleep(20)
        os._exit(0)
    time.sleep(60)
"""
