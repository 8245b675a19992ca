"""The closed form against a real network: three linked ngIRCds, a few hundred clients who come, join, watch, change their nick and
go, and a split that heals. Lines between the servers pass a relay that counts them.

    a ──── b ──── c      whoever is at a is told of once on each of the two links, as model.flooding says of a tree
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import pathlib
import random
import tempfile
from collections.abc import Iterator

import lines
import model
import servers
from checked import Compared

NAMES = ("a.test.invalid", "b.test.invalid", "c.test.invalid")
PEOPLE = 240
ROOMS = 8
SEED = 1
LINES_OFF = 0.01
"""Lines are counted one by one: next to none may be missing."""
BYTES_OFF = 0.03
"""Bytes by lines of the same form, whose numbers of servers and hops differ."""


class Network:
    """The three servers, the two links between them, and somebody on each who sees which servers there are."""

    def __init__(self, folder: pathlib.Path, ends: contextlib.ExitStack) -> None:
        a, b, c = NAMES
        middle = servers.ngircd(folder, b, {a: None, c: None})
        ends.callback(middle.end)
        self.links = [servers.Line(middle.port), servers.Line(middle.port)]
        self.servers = [middle] * 3
        for at, link in zip((0, 2), self.links):
            ends.callback(link.end)
            self.servers[at] = servers.ngircd(folder, NAMES[at], {b: link.port})
            ends.callback(self.servers[at].end)
        self.probes = [servers.Client(server, f"probe{at}") for at, server in enumerate(self.servers)]
        self.until_linked([3, 3, 3])
        self.until_known(3)

    def until_linked(self, counts: list[int]) -> None:
        """Until each server knows so many, itself among them."""
        seen = lambda: [self.reachable(probe) for probe in self.probes] == counts
        servers.until(f"servers to see {counts} servers", seen, self.servers[0].log)

    def until_known(self, count: int) -> None:
        """Until each server knows so many people: it hears of another server first, and then of who is there."""
        seen = lambda: {self.users(at) for at in range(3)} == {count}
        servers.until(f"servers to know {count} people", seen, self.servers[0].log)

    @staticmethod
    def reachable(probe: servers.Client) -> int:
        probe.socket.sendall(b"LINKS\r\n")
        count = 0
        for line in probe.reader:
            count += " 364 " in line
            if " 365 " in line:
                return count
        raise ConnectionError("LINKS was not answered")

    def settle(self, together: tuple[int, ...] = (0, 1, 2)) -> None:
        """What was said before has passed both links: a word from each to each that can hear it comes after it."""
        for one in together:
            for other in set(together) - {one}:
                self.probes[one].socket.sendall(f"PRIVMSG probe{other} :settled\r\n".encode())
        for other in together:
            for _ in set(together) - {other}:
                self.probes[other].hears(":settled")

    def users(self, at: int) -> int:
        """How many people a server knows of, the probes among them."""
        answer = self.probes[at].ask("LUSERS", " 266 ")
        return int(answer.split(" 266 ")[1].split()[1])

    def take(self) -> list[list[tuple[str, str]]]:
        """What was said on each link since the last time."""
        return [link.take() for link in self.links]


@dataclasses.dataclass
class Crowd:
    """People at the servers, and what they have done."""

    network: Network
    dice: random.Random
    there: dict[str, tuple[int, servers.Client, str | None]] = dataclasses.field(default_factory=dict)
    done: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    bytes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    rooms: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

    def did(self, kind: str, line: str) -> None:
        self.done[kind] += 1
        self.bytes[kind] += len(line)

    def come(self) -> None:
        """Somebody new registers at some server, watches forty nicks, and joins a channel or does not."""
        at, nick = self.dice.randrange(3), self.fresh()
        client = servers.Client(self.network.servers[at], nick)
        self.did("introduction", lines.introduction(NAMES[at], nick, 1, nick, "127.0.0.1", 1, nick))
        self.watch(client)
        room = f"#room{self.dice.randrange(ROOMS)}" if self.dice.random() < 0.5 else None
        if room:
            client.ask(f"JOIN {room}", " 366 ")
            self.did("JOIN", lines.joined(nick, room, not self.rooms[room]))
            self.rooms[room] += 1
        self.there[nick] = (at, client, room)
        self.network.settle()

    def watch(self, client: servers.Client) -> None:
        """ISON, and a look whether it tells the truth: the servers know everybody."""
        asked = self.dice.sample(sorted(self.there), min(len(self.there), lines.per_line() // 2))
        asked += [self.fresh() for _ in range(lines.per_line() - len(asked))]
        answer = client.ask(f"ISON :{' '.join(asked)}", " 303 ")
        seen = set(answer.partition(" 303 ")[2].partition(":")[2].split())
        if seen != set(asked) & set(self.there):
            raise AssertionError(f"ISON names {sorted(seen)}, and not {sorted(set(asked) & set(self.there))}")

    def go(self) -> None:
        """Somebody leaves."""
        nick = self.dice.choice(sorted(self.there))
        _, client, room = self.there.pop(nick)
        client.quits()
        self.did("quit", lines.gone(nick, "bye"))
        self.rooms[room or ""] -= 1
        self.network.settle()

    def rename(self) -> None:
        """Somebody takes another nick."""
        nick, new = self.dice.choice(sorted(self.there)), self.fresh()
        at, client, room = self.there.pop(nick)
        client.ask(f"NICK {new}", f"NICK :{new}")
        client.nick = new
        self.there[new] = (at, client, room)
        self.did("nick", lines.renamed(nick, new))
        self.network.settle()

    def fresh(self) -> str:
        """A nick as iim makes them: a letter, and eight letters or digits."""
        digits = "abcdefghijklmnopqrstuvwxyz0123456789"
        return self.dice.choice(digits[:26]) + "".join(self.dice.choices(digits, k=lines.NICK - 1))

    def at(self, *where: int) -> int:
        """How many are at these servers, the probes counted."""
        return sum(at in where for at, _, _ in self.there.values()) + len(where)

    def members(self, *where: int) -> dict[str, float]:
        """Of each channel, how many of its members are at these servers."""
        return collections.Counter(room for at, _, room in self.there.values() if room and at in where)


def kind_of(line: str) -> str:
    """What a line between servers is, in the words of the model."""
    words = line.split(" ")
    command, *rest = words[1:] if line.startswith(":") else words
    if command == "NICK":
        return "introduction" if len(rest) > 1 else "nick"
    if command in ("PASS", "SERVER", "005", "376", "PING", "PONG"):
        return "of servers"
    return {"QUIT": "quit", "PRIVMSG": "settling"}.get(command, command.strip())


def compare() -> list[Compared]:
    """Starts the three servers, plays, and sets what was counted beside what the model says; they are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="iim-scale-") as folder, contextlib.ExitStack() as ends:
        network = Network(pathlib.Path(folder), ends)
        crowd = Crowd(network, random.Random(SEED))
        return [*coming_and_going(network, crowd), *split(network, crowd)]


def coming_and_going(network: Network, crowd: Crowd) -> Iterator[Compared]:
    """Each comes; then one of three goes or takes another nick."""
    network.settle()
    network.take()
    for _ in range(PEOPLE):
        crowd.come()
        step = crowd.dice.randrange(3)
        if step and len(crowd.there) > 5:
            (crowd.go if step == 1 else crowd.rename)()
    said = [line for link in network.take() for _, line in link]
    counted = collections.Counter(map(kind_of, said))
    sizes = collections.Counter[str]()
    for line in said:
        sizes[kind_of(line)] += len(line)
    flooded = model.flooding(model.Network(servers=3, channel=1))
    for kind, count in crowd.done.items():
        # A change of nick by hand floods as everything does.
        links = flooded.get(kind, flooded["introduction"]).lines
        yield Compared(f"{kind}: lines on the two links", counted[kind], count * links, LINES_OFF)
        yield Compared(f"{kind}: bytes", sizes[kind], crowd.bytes[kind] * links, BYTES_OFF)
    known = {*crowd.done, "settling", "of servers"}
    rest = sum(count for kind, count in counted.items() if kind not in known)
    yield Compared("any other lines (ISON among them)", rest, 0, 0)
    for at, name in enumerate(NAMES):
        yield Compared(f"people known at {name[0]}", network.users(at), crowd.at(0, 1, 2), 0)


def split(network: Network, crowd: Crowd) -> Iterator[Compared]:
    """The link between a and b breaks and is mended."""
    network.links[0].breaks()
    network.until_linked([1, 2, 2])
    network.settle((1, 2))
    yield Compared("lines from b to c when a splits off", len([1 for _, line in network.take()[1] if kind_of(line) == "SQUIT"]), 1, 0)
    yield Compared("people known at a in the split", network.users(0), crowd.at(0), 0)
    yield Compared("people known at c in the split", network.users(2), crowd.at(1, 2), 0)
    network.links[0].mends()
    network.until_linked([3, 3, 3])
    network.until_known(crowd.at(0, 1, 2))
    network.settle()
    near, far = network.take()
    told = {
        "a": ([line for way, line in near if way == "<"], model.told_of(crowd.at(1, 2), crowd.members(1, 2))),
        "b": ([line for way, line in near if way == ">"], model.told_of(crowd.at(0), crowd.members(0))),
        "c": ([line for way, line in far if way == "<"], model.told_of(crowd.at(0), crowd.members(0))),
    }
    for name, (said, expected) in told.items():
        said = [line for line in said if kind_of(line) in ("introduction", "NJOIN")]
        yield Compared(f"lines to {name} when it heals", len(said), expected.lines, LINES_OFF)
    for at, name in enumerate(NAMES):
        yield Compared(f"people known at {name[0]} afterwards", network.users(at), crowd.at(0, 1, 2), 0)
