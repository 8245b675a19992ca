"""What a server can bear, and so how many people a network can have: what was measured of servers of today (`measure.py`) against three
limits, which are assumptions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import model

LINE_SECONDS = 17.3e-6
"""Processor time of an introduction where clients are found by hashing: InspIRCd 3.15 that knows 200,000. Any other line and any entry
of a subscription is taken to cost the same."""
LIST_SECONDS = 601.3e-6 / 12_000
"""The same for each person known where clients stand in a list: ngIRCd 26.1 that knows 8,000 to 16,000."""
LIST_BYTES = 496
"""Memory of a person in ngIRCd."""

MEMORY = 1e9
"""A small machine that a volunteer rents."""
STANDSTILL = 60.0
"""Seconds for which a server, which has one thread, may do nothing but hear who is there. After more its clients and links time out."""
BUSY = 0.5
"""The share of its one processor that may go into the lines of other servers."""


@dataclasses.dataclass(frozen=True)
class Server:
    """A kind of server: bytes of state, seconds that a healing takes, and the share of a processor that is busy otherwise."""

    name: str
    state: Callable[[model.Network], float]
    heals: Callable[[model.Network], float]
    busy: Callable[[model.Network], float]


def flooded_lines(net: model.Network) -> float:
    return model.load(net, model.flooding(net), model.flooded_state(net)).received


def subscribed_lines(net: model.Network) -> float:
    return model.load(net, model.subscribing(net), model.subscribed_state(net)).received


LISTED = Server(
    "flooding, clients in a list (ngIRCd)",
    lambda net: net.there * LIST_BYTES,
    # The half that comes back meets the half that is there: each is compared with all before.
    lambda net: LIST_SECONDS * 3 / 8 * net.there**2,
    lambda net: flooded_lines(net) * LIST_SECONDS * net.there,
)
HASHED = Server(
    "flooding, clients found by hashing (InspIRCd)",
    lambda net: model.flooded_state(net)[1],
    lambda net: model.flooding_heals(net).lines * LINE_SECONDS,
    lambda net: flooded_lines(net) * LINE_SECONDS,
)
SUBSCRIBING = Server(
    "subscribing, found by hashing (nobody's yet)",
    lambda net: model.subscribed_state(net)[1],
    lambda net: max(model.subscribing_heals(net).lines, model.subscribing_heals(net).entries) * LINE_SECONDS,
    lambda net: subscribed_lines(net) * LINE_SECONDS,
)


def most(net: model.Network, cost: Callable[[model.Network], float], limit: float) -> float:
    """How many people can be online until something costs more than its limit."""
    least, enough = 1.0, 1e12
    for _ in range(80):
        people = (least * enough) ** 0.5
        there = dataclasses.replace(net, people=int(people / net.online) + 1)
        least, enough = (people, enough) if cost(there) <= limit else (least, people)
    return least


def limits(net: model.Network, server: Server) -> tuple[float, float, float]:
    """The most people online by memory, by healing, and by lines."""
    return most(net, server.state, MEMORY), most(net, server.heals, STANDSTILL), most(net, server.busy, BUSY)
