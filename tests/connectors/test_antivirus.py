"""clamd's protocol: sockets of both kinds, streams of any length, and a refusal midway."""

import io
import socket
import threading

import pytest

from connectors import Refused, Retryable, antivirus
from connectors.antivirus import sandbox
from connectors.antivirus.clamd import ClamdAntivirus


@pytest.fixture
def client(tmp_path, clock):
    return antivirus.connect({}, clock=clock, documents=None, data=tmp_path)


@pytest.mark.parametrize("before", [0, 1, 65_535, 65_536, 65_500, 200_000])
def test_finds_the_test_file_wherever_it_is_cut(client, before):
    stream = io.BytesIO(bytes(before) + sandbox.EICAR + b"fin")
    verdict = client.scan(stream)
    assert not verdict.clean
    assert verdict.threat == "Eicar-Test-Signature"


@pytest.mark.parametrize("content", [b"", b"a", bytes(300_000), sandbox.EICAR[:-1]])
def test_lets_the_rest_pass(client, content):
    assert client.scan(content).clean


def test_reaches_clamd_by_its_own_socket(tmp_path, clock):
    path = tmp_path / "clamd.ctl"
    dialogue = sandbox.converse(tmp_path, {}, clock)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            connection, _ = server.accept()
            with connection:
                dialogue(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        settings = {"CLAMD_ADDRESS": str(path)}
        client = antivirus.connect(settings, clock=clock, documents=None, data=tmp_path)
        assert client.mode == "live"
        assert client.check() == []
        thread.join()


def test_an_absent_socket_is_retryable(tmp_path, clock):
    settings = {"CLAMD_ADDRESS": str(tmp_path / "absent")}
    client = antivirus.connect(settings, clock=clock, documents=None, data=tmp_path)
    with pytest.raises(Retryable):
        client.scan(b"x")


def _answering(answer, *, reads):
    """A clamd that reads so many bytes, answers and hangs up."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    def hold():
        with theirs:
            theirs.recv(reads)
            theirs.sendall(answer)
            theirs.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=hold).start()
    return ClamdAntivirus(lambda: ours, 5, "live")


def test_hears_why_it_was_interrupted():
    client = _answering(b"INSTREAM size limit exceeded. ERROR\0", reads=100)
    with pytest.raises(Refused) as refusal:
        client.scan(bytes(5_000_000))
    assert refusal.value.code == "too_large"


def test_an_interruption_without_a_word_is_retryable():
    with pytest.raises(Retryable):
        _answering(b"", reads=100).scan(bytes(5_000_000))
