"""The closed form: lines, bytes and state of a server in the two kinds of network, by the numbers of people, friends and servers.

Everybody has the same number of friends, is at a server drawn by chance, and is online by chance and apart from their friends, the
same share of their time. Sessions matter by their mean alone (Little's law); `play.py` plays them out and must find the same.

    flooding      servers form a tree; every introduction, JOIN and QUIT goes once along each link, and everybody is known everywhere
    subscribing   every server has a link to every other. Each nick has a *registrar*, a server found by hashing it, that knows where
                  the nick is and which servers have a client who watches it; what comes or goes is told to the registrar, and by it to
                  those servers alone
"""

from __future__ import annotations

import dataclasses
import math

import lines


@dataclasses.dataclass(frozen=True)
class Network:
    """A network and its people."""

    servers: int
    people: int = 10_000_000
    """All of them, online or not."""
    online: float = 0.2
    """The share of their time that they are online."""
    friends: int = 100
    session: float = 7_200.0
    """Mean length in seconds."""
    window: float = 86_400.0
    """How long a nick of iim's holds: whoever is on for longer goes and comes back under another."""
    channel: int = 100
    """Members of the channel that everybody joins once a session, online or not; 0: none."""

    @property
    def there(self) -> float:
        """People online."""
        return self.people * self.online

    @property
    def sessions(self) -> float:
        """Sessions that begin in a second; as many end. A change of nick counts as one."""
        return self.there * (1 / self.session + 1 / self.window)

    @property
    def here(self) -> float:
        """The chance that somebody is online, and at a given server."""
        return self.online / self.servers

    @property
    def watching(self) -> float:
        """The chance that a given server has a client who watches a given nick."""
        return 1 - (1 - self.here) ** self.friends

    @property
    def watched(self) -> float:
        """Nicks that the clients of a server watch, each counted once."""
        return self.people * self.watching


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a kind of line comes to: how many for each session, on all links together, and how long one is."""

    lines: float
    bytes: float


Costs = dict[str, Kind]


def flooding(net: Network) -> Costs:
    """Lines of a session where everything floods: each goes along every link of the tree."""
    links = net.servers - 1
    costs = {"introduction": Kind(links, lines.INTRODUCTION), "quit": Kind(links, lines.QUIT)}
    if net.channel:
        costs["JOIN"] = Kind(links, lines.JOIN)
    return costs


def subscribing(net: Network) -> Costs:
    """Lines of a session where servers subscribe. One to oneself is none."""
    s = net.servers
    other = 1 - 1 / s
    told = net.watching * (s - 1) ** 2 / s
    new = net.friends * (1 - net.here) ** (net.friends - 1)
    # Those whose registrar is one server go in one line.
    asked = (s - 1) * (1 - (1 - new / net.friends / s) ** net.friends)
    nicks = new * other / asked if asked else 0.0
    costs = {
        "register": Kind(2 * other, lines.INTRODUCTION),
        "notify": Kind(2 * told, lines.listed("UP", 1)),
        "subscribe": Kind(asked, lines.listed("SUB", nicks)),
        "answer": Kind(asked, lines.listed("UP", nicks * net.online)),
        "unsubscribe": Kind(asked, lines.listed("UNSUB", nicks)),
    }
    return costs | (in_channel(net) if net.channel else {})


def in_channel(net: Network) -> Costs:
    """The same for the channel: its registrar knows the servers with members, and tells them who joins and parts."""
    s = net.servers
    fellows = 1 - (1 - net.here) ** (net.channel - 1)
    first = (1 - 1 / s) * (1 - fellows)
    # Of a channel with nobody at one's own server.
    elsewhere = (net.channel - 1) * (net.online - net.here) / (1 - net.here)
    return {
        "join or part": Kind(2 * (1 - 1 / s), lines.JOIN),
        "joined or parted": Kind(2 * fellows * (s - 1) ** 2 / s, lines.JOIN),
        "members": Kind(first, lines.listed("MEMBERS", elsewhere)),
    }


@dataclasses.dataclass(frozen=True)
class Load:
    """What a server has to do and to keep; of a tree's servers the mean one."""

    received: float
    """Lines a second; as many are sent."""
    bytes: float
    """Bytes a second received."""
    entries: float
    """Nicks known: of people online, of watched nicks, of registered ones."""
    state: float
    """Bytes of all these."""


def load(net: Network, costs: Costs, state: tuple[float, float]) -> Load:
    """What the lines of all sessions come to for one server."""
    each = net.sessions / net.servers
    received = each * sum(kind.lines for kind in costs.values())
    volume = each * sum(kind.lines * kind.bytes for kind in costs.values())
    return Load(received, volume, *state)


def flooded_state(net: Network) -> tuple[float, float]:
    """Everybody online is known to every server."""
    return net.there, net.there * USER_BYTES


def subscribed_state(net: Network) -> tuple[float, float]:
    """Its own clients, the nicks that these watch, and as registrar its share of nicks and of their subscriptions."""
    own = net.there / net.servers
    entries = net.watched + own + net.watched
    return own + entries, own * USER_BYTES + entries * ENTRY_BYTES


@dataclasses.dataclass(frozen=True)
class Healing:
    """What a server gets when the halves of a network part, or come together again."""

    lines: float
    bytes: float
    entries: float
    """Nicks that it learns of."""


def told_of(people: float, members: dict[str, float]) -> Healing:
    """What a server gets by the tree when a part of the network with these people, and these members of channels, comes within reach:
    a line for each person, and the members of each channel in lines of forty."""
    in_channels = sum(max(1.0, count / lines.per_line()) for count in members.values())
    listed = sum(members.values()) * (lines.NICK + 1)
    around = in_channels * lines.listed("NJOIN #cccccccccccc", 0)
    return Healing(people + in_channels, people * lines.INTRODUCTION + listed + around, people)


def flooding_heals(net: Network) -> Healing:
    """Each server is told of everybody in the other half, and of the channels that they are in."""
    other = net.there / 2
    if not net.channel:
        return told_of(other, {})
    # Of a channel's members online half are in that half: channels of the same size, each in a line.
    size = net.channel * net.online / 2
    channels = told_of(0, {"each": size})
    count, people = net.people / net.channel, told_of(other, {})
    return Healing(people.lines + count * channels.lines, people.bytes + count * channels.bytes, other)


def subscribing_splits(net: Network) -> Healing:
    """Half of the registrars are out of reach: what they had is registered and subscribed anew with those who stand in."""
    return moved(net, 1 - 2 / net.servers, net.online / 2)


def subscribing_heals(net: Network) -> Healing:
    """The same once more, with the first registrars, who are all beyond; and those of one's own half tell who came into reach."""
    back = moved(net, 1.0, net.online)
    told = net.watched * net.online / 4
    half = net.servers / 2
    count, told = in_lines(told, half) * (1 - 1 / half), told * (1 - 1 / half)
    return Healing(back.lines + count, back.bytes + count * lines.listed("UP", told / count), back.entries)


def moved(net: Network, other: float, there: float) -> Healing:
    """A server's clients and what they watch go to other registrars, half of all, `other` of whom are not the server itself; of the
    nicks that are asked for this share is there."""
    half, own, watched = net.servers / 2, net.there / net.servers / 2, net.watched / 2
    asked = in_lines(watched, half) * other
    nicks = watched * other / asked
    registered, members = own * other, own * other if net.channel else 0.0
    volume = (
        registered * lines.INTRODUCTION
        + members * lines.JOIN
        + asked * (lines.listed("SUB", nicks) + lines.listed("UP", nicks * there))
    )
    return Healing(registered + members + 2 * asked, volume, own + watched)


def in_lines(nicks: float, to: float) -> float:
    """In how many lines so many nicks go to so many servers, drawn by chance: one for every forty to each, begun or full."""
    each = nicks / to
    count, begun = 1 - math.exp(-each), lines.per_line()
    while begun < each + 6 * math.sqrt(each):
        count += (1 - math.erf((begun + 0.5 - each) / math.sqrt(2 * each))) / 2
        begun += lines.per_line()
    return to * count


# Bytes that one user takes in a server, and an entry of a hash table with a nick of nine letters and the list of its watchers. The
# first is measured (`tests/scale/run --measure`: InspIRCd 3.15), the second assumed.
USER_BYTES = 845
ENTRY_BYTES = 128
