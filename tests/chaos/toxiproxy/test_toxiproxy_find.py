import hashlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chaos.problems import HarnessProblem
from chaos.toxiproxy.find import find, flaw_of, look
from chaos.toxiproxy.narration import narration
from chaos.toxiproxy.problem import ToxiproxyMissing
from chaos.toxiproxy.release import VERSION, Release, fetch, this_platform

SERVER = f"#!/bin/sh\necho toxiproxy-server version {VERSION}\n"
NAME = f"toxiproxy-server-{VERSION}"
NOTHING = {"PATH": "/nonexistent"}


def executable(path: Path, text: str = SERVER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def silent(_: str) -> None: ...


class Publisher:
    """A release page on loopback."""

    def __init__(self, url: str, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.asked: list[str] = []
        self.answer = answer
        self.release = Release(url, {this_platform(): hashlib.sha256(SERVER.encode()).hexdigest()})


def whole(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(SERVER)))
    request.end_headers()
    request.wfile.write(SERVER.encode())


@contextmanager
def publishing(answer: Callable[[BaseHTTPRequestHandler], None] = whole) -> Iterator[Publisher]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.path)
            publisher.answer(self)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        publisher = Publisher(f"http://127.0.0.1:{server.server_port}", answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def unreachable() -> Release:
    return Release("http://127.0.0.1:9", {this_platform(): "0" * 64})


def test_the_named_server_comes_before_path_and_cache(tmp_path: Path) -> None:
    named = executable(tmp_path / "named")
    on_path = executable(tmp_path / "bin" / "toxiproxy-server")
    cached = executable(tmp_path / "cache" / NAME)
    environment = {"TOXIPROXY_SERVER": str(named), "PATH": str(on_path.parent)}
    places = {"cache": tmp_path / "cache"}
    assert look(environment=environment, **places).server == named
    del environment["TOXIPROXY_SERVER"]
    assert look(environment=environment, **places).server == on_path
    on_path.unlink()
    assert look(environment=environment, **places).server == cached
    cached.unlink()
    assert look(environment=environment, **places).server is None


def test_a_wrong_named_server_is_an_error_even_with_a_good_one_elsewhere(tmp_path: Path) -> None:
    executable(tmp_path / "cache" / NAME)
    environment = {"TOXIPROXY_SERVER": str(tmp_path / "gone"), "PATH": "/nonexistent"}
    with pytest.raises(ToxiproxyMissing, match=r"TOXIPROXY_SERVER=.*gone: no such file"):
        find(cache=tmp_path / "cache", environment=environment)


def test_a_wrong_version_on_path_is_passed_over_with_a_word(tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "toxiproxy-server", "#!/bin/sh\necho toxiproxy-server version 2.5.0\n")
    cached = executable(tmp_path / "cache" / NAME)
    search = look(cache=tmp_path / "cache", environment={"PATH": str(tmp_path / "bin")})
    assert search.server == cached
    assert any("version 2.5.0, wanted 2.12.x" in reason for reason in search.passed_over)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("#!/bin/sh\necho hello\n", "does not tell its version: 'hello'"),
        ("#!/bin/sh\necho toxiproxy-server version git\n", "version git, wanted 2.12.x"),
        ("#!/bin/sh\necho toxiproxy-server version 2.120.0\n", "version 2.120.0, wanted 2.12.x"),
        ("\x7fELF cut off", "does not run: "),
    ],
)
def test_a_binary_that_cannot_serve_says_why(text: str, flaw: str, tmp_path: Path) -> None:
    found = flaw_of(executable(tmp_path / "server", text))
    assert found is not None
    assert found.startswith(flaw)


def test_looking_changes_nothing(tmp_path: Path) -> None:
    assert look(cache=tmp_path / "cache", environment=NOTHING).server is None
    assert list(tmp_path.iterdir()) == []


def test_a_release_is_fetched_once_and_then_cached(tmp_path: Path) -> None:
    said: list[str] = []
    with publishing() as publisher:
        first = find(cache=tmp_path, environment=NOTHING, release=publisher.release, say=said.append)
        second = find(cache=tmp_path, environment=NOTHING, release=publisher.release)
    assert first == second == tmp_path / NAME
    assert flaw_of(first) is None
    assert publisher.asked == [f"/v{VERSION}/toxiproxy-server-{this_platform()}"]
    assert any("100 %" in sentence for sentence in said)


def test_a_broken_cached_server_is_replaced(tmp_path: Path) -> None:
    executable(tmp_path / NAME, "\x7fELF cut off")
    with publishing() as publisher:
        assert flaw_of(find(cache=tmp_path, environment=NOTHING, release=publisher.release)) is None


def test_sessions_that_start_together_fetch_once(tmp_path: Path) -> None:
    with publishing() as publisher, ThreadPoolExecutor(8) as pool:
        finds = [pool.submit(find, cache=tmp_path, environment=NOTHING, release=publisher.release) for _ in range(8)]
        assert {done.result() for done in finds} == {tmp_path / NAME}
    assert len(publisher.asked) == 1


def tampered(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(SERVER.encode() + b"rm -rf nothing\n")


def cut(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(10 * len(SERVER)))
    request.end_headers()
    request.wfile.write(SERVER.encode())


def missing(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(tampered, "wrong checksum"), (cut, "IncompleteRead"), (missing, "404")],
    ids=["tampered", "cut", "missing"],
)
def test_a_bad_download_is_refused_and_leaves_nothing(
    answer: Callable[[BaseHTTPRequestHandler], None], reason: str, tmp_path: Path
) -> None:
    with publishing(answer) as publisher, pytest.raises(ToxiproxyMissing, match=reason):
        find(cache=tmp_path, environment=NOTHING, release=publisher.release)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_a_download_that_drips_is_given_up(tmp_path: Path) -> None:
    given_up = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(10**9))
        request.end_headers()
        try:
            while not given_up.wait(0.01):
                request.wfile.write(b"x" * 2000)
        except OSError:
            given_up.set()

    with publishing(drip) as publisher:
        started = time.monotonic()
        with pytest.raises(TimeoutError, match="too slow"):
            fetch(publisher.release, tmp_path / "server", say=silent, deadline_s=0.2)
        assert time.monotonic() - started < 10
        given_up.set()


def test_a_platform_without_a_published_binary_is_left_to_go(tmp_path: Path) -> None:
    with pytest.raises(ToxiproxyMissing, match=f"no binary for {this_platform()}"):
        find(cache=tmp_path, environment=NOTHING, release=Release("http://127.0.0.1:9", {}))


def fake_go(directory: Path, text: str) -> dict[str, str]:
    executable(directory / "go", f"#!/bin/sh\n{text}\n")
    return {"PATH": f"{directory}:{os.environ['PATH']}", "GOOS": "plan9"}


def test_where_no_release_can_be_had_go_builds_it(tmp_path: Path, unreachable: Release) -> None:
    go = (
        'test -z "$GOOS" && test "$CGO_ENABLED" = 0 && test "$1" = install || exit 3\n'
        f"printf '#!/bin/sh\\necho toxiproxy-server version {VERSION}\\n' > $GOBIN/server; chmod +x $GOBIN/server"
    )
    environment = fake_go(tmp_path / "bin", go)
    found = find(cache=tmp_path / "cache", environment=environment, release=unreachable)
    assert found == tmp_path / "cache" / NAME
    assert flaw_of(found) is None


def test_a_failed_build_shows_what_go_said(tmp_path: Path, unreachable: Release) -> None:
    environment = fake_go(tmp_path / "bin", "echo 'no route to module proxy' >&2; exit 1")
    with pytest.raises(ToxiproxyMissing, match="exit code 1: no route to module proxy"):
        find(cache=tmp_path / "cache", environment=environment, release=unreachable)


def test_the_failure_names_every_place_and_what_mends_it(tmp_path: Path, unreachable: Release) -> None:
    with pytest.raises(HarnessProblem) as missing_server:
        find(cache=tmp_path / "my cache", environment=NOTHING, release=unreachable)
    message = str(missing_server.value)
    for place in ("TOXIPROXY_SERVER: not set", "PATH: no", f"cache: {tmp_path}", "release: http", "Go: no go on PATH"):
        assert place in message
    assert f"curl -fL --create-dirs -o '{tmp_path}/my cache/{NAME}' https://" in message
    assert "install Go" in message


def test_an_unwritable_cache_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ToxiproxyMissing, match=r"cache: .*File exists"):
        find(cache=tmp_path / "cache", environment=NOTHING)


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")
def test_the_server_found_on_this_machine_is_a_real_one() -> None:
    found = find()
    assert flaw_of(found) is None
    assert found.stat().st_mode & stat.S_IXUSR


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "chaos.toxiproxy", *arguments),
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_the_path_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    server = executable(tmp_path / "server")
    for arguments in ((), ("--check",)):
        done = run_command(*arguments, TOXIPROXY_SERVER=str(server))
        assert (done.returncode, done.stdout) == (0, f"{server}\n")


def test_the_command_fails_in_words_where_there_is_none(tmp_path: Path) -> None:
    for arguments in ((), ("--check",)):
        done = run_command(*arguments, TOXIPROXY_SERVER=str(tmp_path / "gone"))
        assert done.returncode == 1
        assert "gone: no such file" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_log_gets_plain_lines() -> None:
    log = StringIO()
    with narration(Console(file=log)) as say:
        say("fetching [red]this[/red]")
    assert log.getvalue() == "fetching [red]this[/red]\n"


def test_a_terminal_gets_one_line_in_place() -> None:
    terminal = StringIO()
    with narration(Console(file=terminal, force_terminal=True, width=80)) as say:
        say("fetching [red]this[/red]")
    assert "fetching [red]this[/red]" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")
