"""The two kinds of network, line by line: what each server knows, whom it tells what, and how many lines and bytes cross the links
between servers. A client comes and goes, the network splits and heals; `play.py` says when."""

from __future__ import annotations

import collections
import random
from collections.abc import Callable, Iterable

import lines
import model

SIZES = {"introduction": lines.INTRODUCTION, "quit": lines.QUIT, "JOIN": lines.JOIN}


class Flooding:
    """Servers in a tree, each of which knows everybody that it can reach."""

    def __init__(self, net: model.Network, _friends: list[list[int]], dice: random.Random) -> None:
        self.net = net
        self.count: collections.Counter[str] = collections.Counter()
        self.bytes: collections.Counter[str] = collections.Counter()
        self.links: list[set[int]] = [set() for _ in range(net.servers)]
        half = net.servers // 2
        for server in range(1, net.servers):
            # The halves hang together by one link, between their first servers.
            first = 0 if server < half else half
            self.link(server, 0 if server == half else dice.randrange(first, server))
        self.knows: list[dict[int, int]] = [{} for _ in range(net.servers)]

    def link(self, one: int, other: int) -> None:
        self.links[one].add(other)
        self.links[other].add(one)

    def flood(self, kind: str, home: int, does: Callable[[dict[int, int]], object]) -> None:
        """Along every link but the one that it came by."""
        open_ends = [(home, home)]
        while open_ends:
            at, before = open_ends.pop()
            does(self.knows[at])
            further = self.links[at] - {before}
            self.count[kind] += len(further)
            self.bytes[kind] += len(further) * SIZES[kind]
            open_ends += [(server, at) for server in further]

    def come(self, who: int, home: int) -> None:
        self.flood("introduction", home, lambda knows: knows.update({who: home}))
        if self.net.channel:
            self.flood("JOIN", home, lambda knows: None)

    def go(self, who: int, home: int) -> None:
        self.flood("quit", home, lambda knows: knows.pop(who))

    def split(self) -> None:
        """The one link between the halves breaks; whoever is beyond it is gone."""
        half = self.net.servers // 2
        self.links[0].discard(half)
        self.links[half].discard(0)
        for server, knows in enumerate(self.knows):
            for who in [who for who, home in knows.items() if (home < half) != (server < half)]:
                del knows[who]

    def heal(self) -> None:
        """Each side tells all that it knows, and the other side passes it on."""
        half = self.net.servers // 2
        for near, far in ((0, half), (half, 0)):
            for who, home in [item for item in self.knows[near].items() if (item[1] < half) == (near < half)]:
                self.count["introduction"] += 1
                self.bytes["introduction"] += lines.INTRODUCTION
                self.flood("introduction", far, lambda knows: knows.update({who: home}))
        self.link(0, half)

    def sees(self, server: int, who: int) -> bool:
        return who in self.knows[server]

    def known(self, server: int) -> Iterable[int]:
        return self.knows[server]


class Subscribing:
    """Servers with links to all others, each the registrar of a share of the nicks."""

    def __init__(self, net: model.Network, friends: list[list[int]], dice: random.Random) -> None:
        self.net, self.friends = net, friends
        self.count: collections.Counter[str] = collections.Counter()
        self.bytes: collections.Counter[str] = collections.Counter()
        self.first = [dice.randrange(net.servers) for _ in friends]
        """The registrar of each nick, and while it is out of reach the one that stands in, in either half."""
        self.second = [dice.randrange(net.servers // 2) for _ in friends]
        self.whole = True
        self.clients: list[set[int]] = [set() for _ in range(net.servers)]
        self.watchers = [collections.Counter[int]() for _ in range(net.servers)]
        self.up: list[set[int]] = [set() for _ in range(net.servers)]
        """Of the watched nicks, those that a server takes to be there."""
        self.registered: list[dict[int, int]] = [{} for _ in range(net.servers)]
        self.subscribed: list[dict[int, set[int]]] = [collections.defaultdict(set) for _ in range(net.servers)]
        rooms = -(-len(friends) // net.channel) if net.channel else 0
        self.room = [who % rooms for who in range(len(friends))] if rooms else []
        self.room_registrar = [dice.randrange(net.servers) for _ in range(rooms)]
        self.members = [collections.Counter[int]() for _ in range(rooms)]

    def registrar(self, who: int, side: int) -> int:
        """Who registers a nick, as a server on that side sees it."""
        half = self.net.servers // 2
        first = self.first[who]
        if self.whole or (first < half) == (side < half):
            return first
        return self.second[who] + (0 if side < half else half)

    def tell(self, kind: str, sender: int, to: int, size: float, count: int = 1) -> None:
        """Lines to another server, and all their bytes; to oneself they are none."""
        if sender != to:
            self.count[kind] += count
            self.bytes[kind] += size

    def tell_of(self, kind: str, verb: str, sender: int, to: int, names: int, count: int) -> None:
        """So many nicks in so many lines."""
        self.tell(kind, sender, to, count * lines.listed(verb, 0) + names * (lines.NICK + 1), count)

    def come(self, who: int, home: int) -> None:
        self.clients[home].add(who)
        self.register(who, home)
        new = [friend for friend in self.friends[who] if not self.watchers[home][friend]]
        self.watchers[home].update(self.friends[who])
        self.subscribe(home, new)
        if self.net.channel:
            self.enter(who, home)

    def register(self, who: int, home: int) -> None:
        registrar = self.registrar(who, home)
        self.tell("register", home, registrar, lines.INTRODUCTION)
        self.registered[registrar][who] = home
        self.notify(who, home, registrar, set.add)

    def notify(self, who: int, home: int, registrar: int, does: Callable[[set[int], int], None]) -> None:
        for server in self.subscribed[registrar].get(who, ()):
            if server != home:
                self.tell_of("notify", "UP", registrar, server, 1, 1)
            does(self.up[server], who)

    def subscribe(self, home: int, nicks: Iterable[int]) -> None:
        asked: dict[int, list[int]] = collections.defaultdict(list)
        for nick in nicks:
            asked[self.registrar(nick, home)].append(nick)
        for registrar, some in asked.items():
            full = -(-len(some) // lines.per_line())
            there = [nick for nick in some if nick in self.registered[registrar]]
            self.tell_of("subscribe", "SUB", home, registrar, len(some), full)
            self.tell_of("answer", "UP", registrar, home, len(there), full)
            self.up[home].update(there)
            for nick in some:
                self.subscribed[registrar][nick].add(home)

    def go(self, who: int, home: int) -> None:
        self.clients[home].discard(who)
        registrar = self.registrar(who, home)
        self.tell("register", home, registrar, lines.INTRODUCTION)
        del self.registered[registrar][who]
        self.notify(who, home, registrar, set.discard)
        self.watchers[home].subtract(self.friends[who])
        left = [friend for friend in self.friends[who] if not self.watchers[home][friend]]
        self.unsubscribe(home, left)
        if self.net.channel:
            self.leave(who, home)

    def unsubscribe(self, home: int, nicks: list[int]) -> None:
        told = collections.Counter(self.registrar(nick, home) for nick in nicks)
        for registrar, count in told.items():
            self.tell_of("unsubscribe", "UNSUB", home, registrar, count, 1)
        for nick in nicks:
            del self.watchers[home][nick]
            self.subscribed[self.registrar(nick, home)][nick].discard(home)
            self.up[home].discard(nick)

    def enter(self, who: int, home: int) -> None:
        room = self.members[self.room[who]]
        registrar = self.room_registrar[self.room[who]]
        if not room[home]:
            self.tell_of("members", "MEMBERS", registrar, home, room.total(), 1)
        self.passed_on(room, registrar, home)
        room[home] += 1

    def leave(self, who: int, home: int) -> None:
        room = self.members[self.room[who]]
        room[home] -= 1
        self.passed_on(room, self.room_registrar[self.room[who]], home)

    def passed_on(self, room: collections.Counter[int], registrar: int, home: int) -> None:
        self.tell("join or part", home, registrar, lines.JOIN)
        for server, count in room.items():
            if count and server != home:
                self.tell("joined or parted", registrar, server, lines.JOIN)

    def split(self) -> None:
        """Each side forgets what the other registered, and goes to those who stand in."""
        half = self.net.servers // 2
        self.whole = False
        for server in range(self.net.servers):
            registered, subscribed = self.registered[server], self.subscribed[server]
            for who in [who for who, home in registered.items() if (home < half) != (server < half)]:
                del registered[who]
            for servers in subscribed.values():
                servers.difference_update([one for one in servers if (one < half) != (server < half)])
        self.move()

    def heal(self) -> None:
        """Everything goes back to the first registrars."""
        self.whole = True
        for server in range(self.net.servers):
            for who in [who for who in self.registered[server] if self.first[who] != server]:
                del self.registered[server][who]
            for who in [who for who in self.subscribed[server] if self.first[who] != server]:
                del self.subscribed[server][who]
        self.move()

    def move(self) -> None:
        """Registers and subscribes anew whatever has another registrar than before; first all that is there, then who asks."""
        half = self.net.servers // 2
        beyond = [
            {nick for nick in self.watchers[home] if (self.first[nick] < half) != (home < half)}
            for home in range(self.net.servers)
        ]
        for home, clients in enumerate(self.clients):
            for who in clients:
                if (self.first[who] < half) != (home < half):
                    registrar = self.registrar(who, home)
                    self.tell("register", home, registrar, lines.INTRODUCTION)
                    self.registered[registrar][who] = home
        for home, nicks in enumerate(beyond):
            self.subscribe(home, nicks)
        self.still_there()

    def still_there(self) -> None:
        """Whoever is beyond a split is seen to be gone without a line: the server that they are at is out of reach. When it is back,
        the registrars tell each server what came meanwhile of the nicks that stayed with them."""
        for registrar, subscribed in enumerate(self.subscribed):
            registered = self.registered[registrar]
            told: collections.Counter[int] = collections.Counter()
            for nick, servers in subscribed.items():
                for server in servers:
                    if nick not in registered:
                        self.up[server].discard(nick)
                    elif nick not in self.up[server]:
                        self.up[server].add(nick)
                        told[server] += 1
            for server, nicks in told.items():
                self.tell_of("notify", "UP", registrar, server, nicks, -(-nicks // lines.per_line()))

    def sees(self, server: int, who: int) -> bool:
        return who in self.up[server]

    def known(self, server: int) -> Iterable[int]:
        return self.watchers[server]
