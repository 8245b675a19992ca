"""Real IRC servers on free ports of loopback in a temporary folder, and clients that speak to them. A server is gone with the
process that started it, however that ends: it runs under a shell that reads a pipe, and ends it when the pipe does.
"""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import threading
import time
import zlib

PATIENCE = 60.0
"""Seconds after which something that should have come never will."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Server:
    """A server's process: told by pid alone when to end."""

    UNDER = '"$@" </dev/null & echo $!; read -r _; kill $!; wait'

    def __init__(self, folder: pathlib.Path, name: str, port: int, command: list[str]) -> None:
        self.name, self.port = name, port
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.shell = subprocess.Popen(
                ["sh", "-c", self.UNDER, "sh", "sh", "-c", 'exec "$@" >&2', "sh", *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )
        assert self.shell.stdout
        self.pid = int(self.shell.stdout.readline())

    def end(self) -> None:
        """Ends it, and waits until it is gone."""
        assert self.shell.stdin
        self.shell.stdin.close()
        self.shell.wait()

    def memory(self) -> int:
        """Bytes of it that are in memory."""
        with open(f"/proc/{self.pid}/status") as status:
            [line] = [line for line in status if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def processor_time(self) -> float:
        """Seconds that it has computed."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ngircd(folder: pathlib.Path, name: str, links: dict[str, int | None]) -> Server:
    """An ngIRCd without limits, that knows these others, and links to those whose port it is told."""
    port = free_port()
    text = (
        f"[Global]\nName = {name}\nInfo = t\nNetwork = Net\nListen = 127.0.0.1\nPorts = {port}\nMotdPhrase = hello\n"
        "[Limits]\nMaxNickLength = 9\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\nConnectRetry = 5\nPingTimeout = 600\n"
        "[Options]\nIdent = no\nDNS = no\nPAM = no\nMorePrivacy = no\n"
    )
    for other, at in links.items():
        where = f"Host = 127.0.0.1\nPort = {at}\n" if at else ""
        text += f"[Server]\nName = {other}\n{where}MyPassword = p\nPeerPassword = p\n"
    conf = folder / f"{name}.conf"
    conf.write_text(text)
    server = Server(folder, name, port, ["ngircd", "-n", "-f", str(conf)])
    until_listening(server)
    return server


def inspircd(folder: pathlib.Path, name: str, other: str) -> tuple[Server, int]:
    """An InspIRCd, and the port at which it takes another server."""
    port, links = free_port(), free_port()
    conf = folder / "inspircd.conf"
    conf.write_text(
        f'<server name="{name}" description="t" network="Net" id="1TS">\n<admin name="t" nick="t" email="t@test.invalid">\n'
        f'<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">\n<pid file="{folder}/pid">\n'
        f'<log method="file" type="* -*" level="default" target="{folder}/inspircd.log">\n'
        '<performance netbuffersize="65534" softlimit="12800" somaxconn="128">\n'
        f'<bind address="127.0.0.1" port="{port}" type="clients">\n<bind address="127.0.0.1" port="{links}" type="servers">\n'
        '<connect name="main" allow="*" timeout="60" pingfreq="600">\n<module name="sha256">\n<module name="spanningtree">\n'
        f'<link name="{other}" ipaddr="127.0.0.1" port="1" allowmask="127.0.0.0/8" sendpass="p" recvpass="p">\n'
    )
    server = Server(folder, name, port, ["inspircd", "--nofork", "--runasroot", "--config", str(conf)])
    until_listening(server)
    return server, links


def until_listening(server: Server) -> None:
    """Until it takes connections."""
    until(f"{server.name} to listen", lambda: listens(server.port), server.log)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def until(what, is_so, log: pathlib.Path | None = None) -> None:
    """Waits until something is so; says what was waited for, and the end of a log, if it never is."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            said = log.read_text(errors="replace")[-2000:] if log else ""
            raise TimeoutError(f"waited in vain for {what}\n{said}")
        time.sleep(0.05)


class Line:
    """The line between two servers: passes on what each says, counts it, and can be cut and mended."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.said: list[tuple[str, str]] = []
        """Which way (`>` to the server that listens), and the line."""
        self.wire = 0
        """Bytes as they crossed; ngIRCd compresses them."""
        self.cut = False
        self.open: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.open += [near, far]
            for one, other, way in ((near, far, ">"), (far, near, "<")):
                threading.Thread(target=self.pass_on, args=(one, other, way), daemon=True).start()

    def pass_on(self, one: socket.socket, other: socket.socket, way: str) -> None:
        """Notes each line before it is passed on."""
        reader = Reader()
        try:
            while data := one.recv(65536):
                with self.lock:
                    self.wire += len(data)
                    self.said += [(way, line) for line in reader.lines(data)]
                other.sendall(data)
        except OSError:
            pass
        shut(one, other)

    def take(self) -> list[tuple[str, str]]:
        """What was said since the last time."""
        with self.lock:
            said, self.said, self.wire = self.said, [], 0
        return said

    def breaks(self) -> None:
        """Both ends see the connection end, and no new one is taken."""
        with self.lock:
            self.cut = True
            shut(*self.open)
            self.open = []

    def mends(self) -> None:
        with self.lock:
            self.cut = False

    def end(self) -> None:
        self.breaks()
        self.listener.close()


def shut(*ends: socket.socket) -> None:
    """Ends connections that other threads may be reading: closing would not wake those."""
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Reader:
    """Lines out of what a server sends: plain at first, and after its SERVER line compressed, if both can."""

    def __init__(self) -> None:
        self.rest = b""
        self.inflate = None
        self.may_change = False

    def lines(self, data: bytes) -> list[str]:
        """The lines that end in these bytes."""
        self.rest += self.inflate.decompress(data) if self.inflate else data
        lines = []
        while self.rest:
            if self.may_change:
                self.changes()
            line, end, after = self.rest.partition(b"\n")
            if not end:
                break
            self.rest = after
            lines.append(line.decode(errors="replace") + "\n")
            self.may_change = not self.inflate and b"SERVER " in line
        return lines

    def changes(self) -> None:
        """No line begins with an x, as what is compressed does."""
        self.may_change = False
        if self.rest.startswith(b"x"):
            self.inflate = zlib.decompressobj()
            self.rest = self.inflate.decompress(self.rest)


class Client:
    """A client of a server."""

    def __init__(self, server: Server, nick: str) -> None:
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("r", encoding="utf-8", errors="replace", newline="\r\n")
        self.ask(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}", " 376 ")

    def ask(self, line: str, answer: str) -> str:
        """Sends a line, and reads until a line that has the answer in it."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.hears(answer)

    def hears(self, answer: str) -> str:
        """Reads until a line that has this in it."""
        for line in self.reader:
            if line.startswith("PING"):
                self.socket.sendall(b"PONG" + line[4:].encode())
            elif answer in line:
                return line
        raise ConnectionError(f"{self.nick}: the connection ended before {answer!r}")

    def quits(self) -> None:
        """Leaves, and waits until the server has closed the connection."""
        self.socket.sendall(b"QUIT :bye\r\n")
        for _ in self.reader:
            pass
        self.socket.close()
