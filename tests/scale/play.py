"""Plays a small network event by event: people come, watch, and go, servers tell one another, the network splits and heals. What is
counted must be what the closed form (`model.py`) says, and what servers know must be right at every stage (`agree`)."""

from __future__ import annotations

import collections
import dataclasses
import heapq
import math
import random
from collections.abc import Callable, Iterable

import model
from checked import Compared
from protocols import Flooding, Subscribing

Draw = Callable[[random.Random, float], float]


def lognormal(dice: random.Random, mean: float) -> float:
    """Session lengths with many short and a few very long ones: sigma 1.2, so that the median is 0.49 of the mean."""
    return dice.lognormvariate(math.log(mean) - SIGMA**2 / 2, SIGMA)


def rest_of_lognormal(dice: random.Random, mean: float) -> float:
    """What is left of one of those that are under way: the long ones are met more often."""
    return dice.random() * dice.lognormvariate(math.log(mean) + SIGMA**2 / 2, SIGMA)


def exponential(dice: random.Random, mean: float) -> float:
    """Session lengths without memory."""
    return dice.expovariate(1 / mean)


SIGMA = 1.2
LENGTHS: dict[str, tuple[Draw, Draw]] = {
    "log-normal": (lognormal, rest_of_lognormal),
    "exponential": (exponential, exponential),
}

Protocol = Flooding | Subscribing

# Chance moves what was counted by up to this, and by four standard deviations where lines are few.
TOLERANCE = 0.05
DEVIATIONS = 4
AT_COMING = {"introduction", "JOIN", "subscribe", "answer", "members"}
AT_GOING = {"quit", "unsubscribe"}


class Play:
    """People who come and go at the servers of one protocol."""

    def __init__(self, net: model.Network, protocol: type[Protocol], friends: list[list[int]], lengths: str, seed: int) -> None:
        self.net, self.dice = net, random.Random(seed)
        self.draw, rest = LENGTHS[lengths]
        self.servers = protocol(net, friends, self.dice)
        self.home: dict[int, int] = {}
        self.came = self.went = 0
        self.events: list[tuple[float, int]] = []
        for who in range(net.people):
            there = self.dice.random() < net.online
            first = rest(self.dice, net.session) if there else self.away()
            heapq.heappush(self.events, (first, who))
            if there:
                self.come(who)

    def away(self) -> float:
        """Until somebody comes back."""
        return self.dice.expovariate(self.net.online / (1 - self.net.online) / self.net.session)

    def come(self, who: int) -> None:
        self.home[who] = self.dice.randrange(self.net.servers)
        self.servers.come(who, self.home[who])

    def run(self, until: float) -> None:
        """Plays until that second, and counts from now on."""
        self.servers.count.clear()
        self.servers.bytes.clear()
        self.came = self.went = 0
        while self.events[0][0] < until:
            now, who = heapq.heappop(self.events)
            home = self.home.pop(who, None)
            if home is None:
                self.came += 1
                self.come(who)
                after = self.draw(self.dice, self.net.session)
            else:
                self.went += 1
                self.servers.go(who, home)
                after = self.away()
            heapq.heappush(self.events, (now + after, who))

    def sessions(self, kind: str) -> float:
        """Of how many sessions the beginning, the end, or one as the other is counted by this kind of line."""
        both = (self.came + self.went) / 2
        return self.came if kind in AT_COMING else self.went if kind in AT_GOING else both

    def agree(self, whole: bool = True) -> None:
        """Every server sees those who are there and within reach of it, and nobody else; one that subscribes nobody unwatched."""
        half = self.net.servers // 2
        for server in range(self.net.servers):
            near = {who for who, home in self.home.items() if whole or (home < half) == (server < half)}
            known = set(self.servers.known(server))
            wrong = [who for who in known | near if self.servers.sees(server, who) != (who in near and who in known)]
            missing = near - known if isinstance(self.servers, Flooding) else set(self.needed(server)) ^ known
            if wrong or missing:
                raise AssertionError(f"server {server}: wrong about {len(wrong)}, without {len(missing)}")

    def needed(self, server: int) -> Iterable[int]:
        """Whom the clients of a server watch."""
        friends = getattr(self.servers, "friends", [])
        return (friend for who, home in self.home.items() if home == server for friend in friends[who])


def circles(net: model.Network, dice: random.Random) -> list[list[int]]:
    """Everybody's friends: two for each of so many random circles through all people, so that friendship is mutual."""
    friends: list[list[int]] = [[] for _ in range(net.people)]
    for _ in range(net.friends // 2):
        circle = list(range(net.people))
        dice.shuffle(circle)
        for one, other in zip(circle, circle[1:] + circle[:1]):
            friends[one].append(other)
            friends[other].append(one)
    return [list(dict.fromkeys(some)) for some in friends]


def compare(net: model.Network, lengths: str, hours: float, seed: int) -> list[Compared]:
    """Plays both protocols and a split, and sets what was counted beside what the closed form says."""
    found, friends = [], circles(net, random.Random(seed))
    for protocol, costs in ((Flooding, model.flooding(net)), (Subscribing, model.subscribing(net))):
        play = Play(net, protocol, friends, lengths, seed)
        play.agree()
        play.run(hours * 3600)
        play.agree()
        name = protocol.__name__.lower()
        counted, sizes = play.servers.count, play.servers.bytes
        if set(counted) != set(costs):
            raise AssertionError(f"lines that only one of the two knows: {set(counted) ^ set(costs)}")
        for kind, cost in costs.items():
            each, sessions = f"{name}: {kind}", play.sessions(kind)
            found.append(Compared(f"{each}, lines a session", counted[kind] / sessions, cost.lines, tolerance(counted[kind])))
            found.append(Compared(f"{each}, bytes of one", sizes[kind] / counted[kind], cost.bytes, TOLERANCE))
        found.append(Compared(f"{name}: sessions a second", play.sessions("") / hours / 3600, net.sessions, tolerance(play.sessions(""))))
        found += split(net, play, name)
    return found


def tolerance(counted: float) -> float:
    """By how much a number of lines may be off."""
    return max(TOLERANCE, DEVIATIONS / math.sqrt(counted))


def split(net: model.Network, play: Play, name: str) -> list[Compared]:
    """The halves part and meet again, with an hour of coming and going between."""
    found = []
    net = dataclasses.replace(net, channel=0)
    kept = sum(len(set(play.servers.known(server))) for server in range(net.servers)) / net.servers
    state = net.there if name == "flooding" else net.watched
    found.append(Compared(f"{name}: nicks that a server has in mind", kept, state, TOLERANCE))
    steps = {
        "flooding": (None, model.flooding_heals(net)),
        "subscribing": (model.subscribing_splits(net), model.subscribing_heals(net)),
    }
    for whole, said in zip((False, True), steps[name]):
        play.servers.count.clear()
        play.servers.bytes.clear()
        (play.servers.heal if whole else play.servers.split)()
        play.agree(whole)
        each, size = (counter.total() / net.servers for counter in (play.servers.count, play.servers.bytes))
        step = "heals" if whole else "splits"
        if said:
            found.append(Compared(f"{name} {step}: lines to a server", each, said.lines, TOLERANCE))
            found.append(Compared(f"{name} {step}: bytes to a server", size, said.bytes, TOLERANCE))
        elif each:
            raise AssertionError(f"{name}: {each} lines when it {step}")
        if not whole:
            churn(play)
    return found


def churn(play: Play) -> None:
    """People come and go while the halves are apart."""
    play.run(play.events[0][0] + 600)
    play.agree(whole=False)
