"""What a server of today takes for each person that another server tells it of: processor time and memory, on this machine. A
server that we play links to it and sends introductions; nothing else happens."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator

import servers

NAME, PEER = "a.test.invalid", "f.test.invalid"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclasses.dataclass(frozen=True)
class Taken:
    """With so many people known: what the last step of them took for each."""

    people: int
    seconds: float
    """Processor time of an introduction."""
    bytes: float
    """Memory of a person, of all so far."""


@dataclasses.dataclass(frozen=True)
class Peer:
    """How a server is spoken to by another: what is said first, an introduction, and a ping and its answer."""

    hello: Callable[[], str]
    person: Callable[[int, str], str]
    ping: str
    pong: str


def uid(number: int) -> str:
    """The id of a user, as TS6 has them: six letters or digits, the first a letter."""
    return "A" + "".join(LETTERS[number // 36**place % 36].upper() for place in range(4, -1, -1))


NGIRCD = Peer(
    lambda: f"PASS p 0210-IRC+ ngIRCd|26.1:CHLMSX P\r\nSERVER {PEER} :t\r\n:{PEER} 376 {NAME} :End of MOTD command\r\n",
    lambda _, nick: f":{PEER} NICK {nick} 1 ~{nick} 192.0.2.1 1 + :{nick}\r\n",
    f":{PEER} PING :{PEER}\r\n",
    " PONG ",
)
INSPIRCD = Peer(
    # The clocks of both must agree.
    lambda: "CAPAB START 1205\r\nCAPAB CAPABILITIES :CASEMAPPING=rfc1459\r\nCAPAB END\r\n"
    f"SERVER {PEER} p 0 2FA :t\r\n:2FA BURST {time.time():.0f}\r\n:2FA ENDBURST\r\n",
    lambda number, nick: f":2FA UID 2FA{uid(number)} 1 {nick} 192.0.2.1 192.0.2.1 {nick} 192.0.2.1 1 +i :{nick}\r\n",
    ":2FA PING 1TS\r\n",
    " PONG ",
)


def ngircd(steps: list[int]) -> list[Taken]:
    """ngIRCd, which keeps its clients in a list."""
    with started() as (folder, ends):
        server = servers.ngircd(folder, NAME, {PEER: None})
        ends.callback(server.end)
        return list(introduced(server, server.port, NGIRCD, steps))


def inspircd(steps: list[int]) -> list[Taken]:
    """InspIRCd, which finds its clients by hashing."""
    with started() as (folder, ends):
        server, port = servers.inspircd(folder, NAME, PEER)
        ends.callback(server.end)
        return list(introduced(server, port, INSPIRCD, steps))


@contextlib.contextmanager
def started() -> Iterator[tuple[pathlib.Path, contextlib.ExitStack]]:
    """A folder for a server, and what ends it before the folder is gone."""
    with tempfile.TemporaryDirectory(prefix="iim-scale-") as folder, contextlib.ExitStack() as ends:
        yield pathlib.Path(folder), ends


def introduced(server: servers.Server, port: int, peer: Peer, steps: list[int]) -> Iterator[Taken]:
    """Introduces people until there are so many of them, step by step."""
    with socket.create_connection(("127.0.0.1", port), 600) as link:
        reader = link.makefile("r", encoding="utf-8", errors="replace")
        link.sendall(peer.hello().encode())
        pinged(link, reader, peer)
        empty, dice, people = server.memory(), random.Random(1), 0
        for step in steps:
            said = "".join(peer.person(number, nick(dice)) for number in range(people, step))
            before = server.processor_time()
            link.sendall(said.encode())
            pinged(link, reader, peer)
            took = server.processor_time() - before
            yield Taken(step, took / (step - people), (server.memory() - empty) / step)
            people = step


def pinged(link: socket.socket, reader, peer: Peer) -> None:
    """Until the server has read all that it was sent."""
    link.sendall(peer.ping.encode())
    for line in reader:
        if peer.pong in line:
            return
    raise ConnectionError(f"the server closed the link; was it refused? last: {line!r}")


def nick(dice: random.Random) -> str:
    return dice.choice(LETTERS[:26]) + "".join(dice.choices(LETTERS, k=8))


def tables() -> list[str]:
    """What was measured, in Markdown."""
    rows = ["| server | people known | processor time of an introduction | memory of a person |", "|---|---|---|---|"]
    for name, measured in (("ngIRCd 26.1", ngircd([2_000, 4_000, 8_000, 16_000])),
                           ("InspIRCd 3.15", inspircd([25_000, 50_000, 100_000, 200_000]))):
        rows += [f"| {name} | {one.people:,} | {one.seconds * 1e6:,.1f} µs | {one.bytes:,.0f} bytes |" for one in measured]
    return rows
