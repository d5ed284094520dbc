"""The limits of a process that reads users' files, against every way around them."""

import os
import platform
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kb.sandbox.linux_restrictions import refuse_processes_and_sockets, restrict_file_access
from kb.sandbox.sandboxed_process import run_in_sandbox

ROOT = Path(__file__).resolve().parents[2]
HAS_LANDLOCK = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from kb.sandbox.linux_restrictions import restrict_file_access as restrict; print(restrict(()))"
)

BEFORE = """
import ctypes, os, sys
sys.path.insert(0, {root!r})
import subprocess, socket, shutil, tempfile, pathlib, multiprocessing
from kb.sandbox.sandboxed_process import apply_resource_limits, enter_sandbox
libc = ctypes.CDLL(None, use_errno=True)
c_open, c_connect, c_socket, c_execv, c_unlink, c_fork = (
    libc.open, libc.connect, libc.socket, libc.execv, libc.unlink, libc.fork
)
import _posixsubprocess, _thread
opened = os.open({root!r}, os.O_RDONLY)
place = {place!r}
secret = place + "/secret"
beside_python = os.path.dirname(os.__file__) + "/florilege-test"
apply_resource_limits(["60", str(1 << 30)])
enter_sandbox()
try:
    print("DONE", {attempt})
except BaseException as error:
    print(type(error).__name__, error)
"""

ATTEMPTS = {
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "posix_spawnp": "os.posix_spawnp('true', ['true'], {})",
    "spawnv": "os.spawnv(os.P_WAIT, '/bin/true', ['true'])",
    "spawnlp": "os.spawnlp(os.P_WAIT, 'true', 'true')",
    "fork": "os.fork()",
    "forkpty": "os.forkpty()",
    "execv": "os.execv('/bin/true', ['true'])",
    "system": "os.system('true')",
    "popen": "os.popen('true').read()",
    "subprocess": "subprocess.run(['true'])",
    "multiprocessing": "multiprocessing.Process(target=print).start()",
    "loading a library": "ctypes.CDLL('libm.so.6')",
    "looking up a function": "ctypes.CDLL(None).getpid",
    "a socket": "socket.socket()",
    "a name": "socket.getaddrinfo('localhost', 80)",
    "reading a secret": "open(secret).read()",
    "reading bytes of a secret": "os.read(os.open(secret, os.O_RDONLY), 10)",
    "reading by a path of bytes": "open(secret.encode()).read()",
    "reading by pathlib": "pathlib.Path(secret).read_bytes()",
    "reading by a link": "open(place + '/link').read()",
    "reading by dots": "open(os.path.dirname(os.__file__) + '/../../..' + secret).read()",
    "reading beside an open folder": "os.open('README.md', os.O_RDONLY, dir_fd=opened)",
    "reading /etc/passwd": "open('/etc/passwd').read()",
    "reading the environment of a process": "open('/proc/self/environ').read()",
    "listing a folder": "os.listdir(place)",
    "listing the working folder": "os.listdir()",
    "walking a folder": "list(os.scandir(place))",
    "writing": "open(place + '/new', 'w')",
    "appending": "open(secret, 'a')",
    "changing": "open(secret, 'r+')",
    "writing beside Python": "open(beside_python, 'w')",
    "making a file": "os.open(place + '/new', os.O_CREAT | os.O_RDWR)",
    "a temporary file": "tempfile.TemporaryFile(dir=place)",
    "a temporary folder": "tempfile.mkdtemp(dir=place)",
    "removing": "os.remove(secret)",
    "renaming": "os.rename(secret, place + '/other')",
    "a folder": "os.mkdir(place + '/folder')",
    "a link": "os.symlink(secret, place + '/another')",
    "changing permissions": "os.chmod(secret, 0)",
    "truncating": "os.truncate(secret, 0)",
    "removing a tree": "shutil.rmtree(place)",
    "killing": "os.kill(os.getppid(), 0)",
}

IN_C = {
    "reading": "c_open(secret.encode(), os.O_RDONLY)",
    "writing": "c_open(secret.encode(), os.O_WRONLY)",
    "making a file": "c_open((place + '/new').encode(), os.O_CREAT | os.O_RDWR, 0o600)",
    "making a file beside Python": "c_open(beside_python.encode(), os.O_CREAT | os.O_RDWR)",
    "removing": "c_unlink(secret.encode())",
    "executing": "c_execv(b'/bin/true', (ctypes.c_char_p * 2)(b'true', None))",
    "connecting": "c_connect(c_socket(2, 1, 0), address, 16)",
}

SECCOMP = {
    "a socket of UDP": "c_socket(2, 2, 0)",
    "a socket of this machine": "c_socket(1, 1, 0)",
    "a process": "c_fork()",
    "executing": "c_execv(b'/bin/true', (ctypes.c_char_p * 2)(b'true', None))",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("mot de passe")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    return tmp_path


def output_of(program: str, place: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=place, capture_output=True, text=True, timeout=120, check=False
    )
    return ran.stdout + ran.stderr


def contents(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in place.iterdir()}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_python_refuses(attempt: str, place: Path) -> None:
    before = contents(place)
    answer = output_of(BEFORE.format(root=str(ROOT), place=str(place), attempt=attempt), place)
    assert answer.startswith("PermissionError"), answer
    assert contents(place) == before


OPEN_FILE = """
import os, sys
sys.path.insert(0, {root!r})
from kb.sandbox.sandboxed_process import enter_sandbox
opened = os.open({place!r} + "/open", os.O_CREAT | os.O_WRONLY)
enter_sandbox(1_000)
print(os.pwrite(opened, b"x" * 2_000, 0))
try:
    os.pwrite(opened, b"x", 1_000)
except OSError as error:
    print(error.strerror)
try:
    os.open({place!r} + "/secret", os.O_WRONLY)
except PermissionError as error:
    print(type(error).__name__)
"""


def test_a_file_that_was_open_before_grows_to_its_limit_and_no_other_file_can_be_written(place: Path) -> None:
    answer = output_of(OPEN_FILE.format(root=str(ROOT), place=str(place)), place)
    assert answer == "1000\nFile too large\nPermissionError\n"
    assert (place / "open").stat().st_size == 1_000


@pytest.fixture(scope="module")
def _landlock() -> None:
    # In a process of its own, because it cannot be undone.
    if "True" not in subprocess.check_output([sys.executable, "-c", HAS_LANDLOCK], text=True):
        pytest.skip("this kernel has no Landlock")


def by_c(attempt: str, place: Path, *, shut: bool) -> str:
    """The result of a C function whose address Python looked up before that was forbidden."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        number = server.getsockname()[1].to_bytes(2, "big")
        address = (2).to_bytes(2, sys.byteorder) + number + bytes((127, 0, 0, 1)) + bytes(8)
        program = BEFORE.format(root=str(ROOT), place=str(place), attempt=attempt)
        return output_of(f"address = {address!r}\n{program if shut else program.replace('enter_sandbox()', '')}", place)


@pytest.mark.usefixtures("_landlock")
@pytest.mark.parametrize("attempt", IN_C.values(), ids=IN_C)
def test_linux_refuses_code_that_is_not_python(attempt: str, place: Path) -> None:
    before = contents(place)
    assert by_c(attempt, place, shut=True) == "DONE -1\n"
    assert contents(place) == before
    assert by_c(attempt, place, shut=False) != "DONE -1\n"
    (Path(os.__file__).parent / "florilege-test").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def _seccomp() -> None:
    program = HAS_LANDLOCK.replace("import restrict_file_access", "import refuse_processes_and_sockets")
    if "True" not in subprocess.check_output(
        [sys.executable, "-c", program.replace("restrict(())", "restrict()")], text=True
    ):
        pytest.skip("no seccomp here")


@pytest.mark.usefixtures("_seccomp")
@pytest.mark.parametrize("attempt", SECCOMP.values(), ids=SECCOMP)
def test_linux_refuses_sockets_and_processes_to_code_that_is_not_python(attempt: str, place: Path) -> None:
    assert by_c(attempt, place, shut=True) == "DONE -1\n"
    assert not by_c(attempt, place, shut=False).startswith("DONE -1\n")


@pytest.mark.usefixtures("_seccomp")
def test_seccomp_refuses_what_python_starts_unseen(place: Path) -> None:
    # Python has no audit event for either.
    threads = output_of(
        BEFORE.format(root=str(ROOT), place=str(place), attempt="_thread.start_new_thread(print, ())"), place
    )
    assert "can't start new thread" in threads
    nothing = "-1, -1, -1, -1, -1, -1, *os.pipe(), False, False, -1, None, None, None, -1, None"
    spawn = f"_posixsubprocess.fork_exec([b'true'], (b'/bin/true',), True, (), None, None, {nothing}"
    tail = ")" if sys.version_info >= (3, 14) else ", False)"
    forked = output_of(BEFORE.format(root=str(ROOT), place=str(place), attempt=spawn + tail), place)
    assert forked.startswith("PermissionError"), forked


IN_A_THREAD = (
    "(queue := __import__('queue').Queue(), _thread.start_new_thread(lambda: queue.put("
    "(c_open(secret.encode(), os.O_RDONLY), c_socket(2, 2, 0), c_fork())), ()), queue.get())[2]"
)
WITH_THREADS = "enter_sandbox(readable=[__import__('pathlib').Path(place + '/open')], allows_threads=True)"


@pytest.mark.usefixtures("_landlock", "_seccomp")
@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        ("c_fork()", "DONE -1\n"),
        ("c_execv(b'/bin/true', (ctypes.c_char_p * 2)(b'true', None))", "DONE -1\n"),
        ("c_socket(2, 2, 0)", "DONE -1\n"),
        ("c_open(secret.encode(), os.O_RDONLY)", "DONE -1\n"),
        ("open(place + '/open/font').read()", "DONE police\n"),
        ("open(place + '/open/font', 'a')", "PermissionError"),
        (
            "(queue := __import__('queue').Queue(), _thread.start_new_thread(queue.put, (7,)), queue.get())[2]",
            "DONE 7\n",
        ),
        (IN_A_THREAD, "DONE (-1, -1, -1)\n"),
    ],
)
def test_a_process_with_threads_and_folders_to_read_has_no_other_freedom(
    attempt: str, answer: str, place: Path
) -> None:
    (place / "open").mkdir()
    (place / "open" / "font").write_text("police")
    program = BEFORE.format(root=str(ROOT), place=str(place), attempt=attempt)
    assert output_of(program.replace("enter_sandbox()", WITH_THREADS), place).startswith(answer)


def test_the_sandbox_still_reads_modules_that_python_imports_later(place: Path) -> None:
    modules = (
        "('zoneinfo', 'xml.sax', 'email.mime.text', 'sqlite3', 'lxml.html', 'rdflib', 'pypdf', 'kb.citations.bibtex')"
    )
    attempt = f"[__import__(name).__name__ for name in {modules}], __import__('zoneinfo').ZoneInfo('Europe/Paris').key"
    answer = output_of(BEFORE.format(root=str(ROOT), place=str(place), attempt=attempt), place)
    assert answer.startswith("DONE ['zoneinfo', 'xml', 'email'"), answer
    assert "Europe/Paris" in answer


def test_a_process_opens_few_files_and_writes_none(place: Path) -> None:
    attempt = "[__import__('resource').getrlimit(one)[1] for one in (7, 1, 6)]"
    answer = output_of(BEFORE.format(root=str(ROOT), place=str(place), attempt=attempt), place)
    assert answer == "DONE [64, 0, 0]\n"


def test_a_module_that_reads_answers_as_before() -> None:
    request = b'{"charset": "", "address": "http://a.example/"}\n<title>Un titre</title>'
    status, answer = run_in_sandbox("kb.extraction.html_facts", request, seconds=30, memory=1 << 30)
    assert status == 0
    assert b"Un titre" in answer


def test_another_system_has_neither_landlock_nor_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "darwin")
        assert restrict_file_access((Path(os.sep),)) is False
        assert refuse_processes_and_sockets() is False
    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    assert refuse_processes_and_sockets() is False
