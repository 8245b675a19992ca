"""What one iim user's friends cost them: lines on IRC, mails, memory, for 10 to 10,000 friends. Its numbers are those of the program;
`stale` looks them up in its sources."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import re

import lines

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

FRIENDS = (10, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
MONITOR = {"ngIRCd": 0, "InspIRCd": 30, "ircd-hybrid": 50, "a list of 200": 200}
"""Nicks that a server takes on a client's list at its defaults, as measured on real ones; the last is one set so."""
BUDGETS = (100, 200, 250)
"""Mails a day: what `iim setup` writes where nobody says what a provider allows, iim's own default, and half of Gmail's 500."""

BURST, PER_SECOND = 4, 0.5
"""Lines that leave at once, and then in a second (`flood`)."""
POLL = 15
"""Seconds between two rounds of ISON (`[presence] poll`)."""
WINDOW, EDGE = 86_400, 7_200
"""For how long a nick holds, and how long before and after its end that of the window beside it is watched, too."""
PER_DAY = 200
ONLINE = 0.2
"""The share of friends who are online: an assumption, the same as for the network."""
ROSTER_BYTES, SESSION_BYTES = 730, 3_500
"""A friend in roster.toml, and a session of Olm in the database; a friend has one by mail and one over IRC."""
AGENT_BYTES, FRIEND_BYTES = 8_000_000, 7_450
"""The agent without friends (`tests/bench/run idle` has 8.7 MB with a hundred), and what one more takes (`tests/bench/run roster`: 28.19 MB
with 10 friends and 65.37 MB with 5,000, of a build that is not optimised)."""


@dataclasses.dataclass(frozen=True)
class Watching:
    """What a user with so many friends says on a server with such a list."""

    friends: int
    limit: int

    @property
    def nicks(self) -> int:
        """Nicks that are looked for, on average over a day: a friend's two near the end of a window."""
        return math.ceil(self.friends * (1 + 2 * EDGE / WINDOW))

    @property
    def polled(self) -> int:
        return max(0, self.nicks - self.limit)

    @property
    def round(self) -> int:
        """Lines of ISON until all that are polled have been asked for."""
        return math.ceil(self.polled / lines.per_line())

    @property
    def round_takes(self) -> float:
        """Seconds from one round to the next: `poll`, or as long as its lines take."""
        return max(POLL, self.round / PER_SECOND) if self.round else 0.0

    @property
    def a_day(self) -> int:
        """Lines said in a day for watching alone: rounds, and the list anew when nicks change."""
        rounds = self.round * 86_400 / self.round_takes if self.round else 0.0
        listed = min(self.nicks, self.limit)
        return round(rounds + 2 * math.ceil(listed / lines.per_line()))

    @property
    def coming(self) -> int:
        """Lines of a coming: NICK and USER, the list, a first round, a greeting and an echo to each friend online."""
        listed = math.ceil(min(self.nicks, self.limit) / lines.per_line())
        return 2 + listed + self.round + 2 * round(self.friends * ONLINE)

    @property
    def coming_takes(self) -> float:
        """Seconds until these have left."""
        return max(0, self.coming - BURST) / PER_SECOND


@dataclasses.dataclass(frozen=True)
class Hiding:
    """One of so many friends is hidden from, and the others get a new secret."""

    friends: int

    @property
    def told(self) -> int:
        return self.friends - 1

    @property
    def by_mail(self) -> int:
        """Those who are offline: friends online are told over IRC, and get no mail if their side says within five minutes that it
        came."""
        return self.told - round(self.told * ONLINE)

    @staticmethod
    def days(mails: int, per_day: int) -> int:
        """Whole days until the last has left: announcements have half of a day's mails (`telling` in src/rules/words.rs)."""
        return max(0, mails - 1) // max(1, per_day // 2)

    @staticmethod
    def most_in_a_day(per_day: int) -> int:
        """Friends who can be told on the day itself."""
        return max(1, per_day // 2)


def stored(friends: int) -> tuple[int, int, int]:
    """Bytes in roster.toml, of sessions in the database, and of the agent's memory."""
    return friends * ROSTER_BYTES, friends * 2 * SESSION_BYTES, AGENT_BYTES + friends * FRIEND_BYTES


SOURCES = {
    "src/edge/irc/watch.rs": [(r"const ROOM: usize = (\d+);", lines.ROOM)],
    "src/edge/config.rs": [(r"burst: (\d+),\s+per_second: 0\.5,", BURST)],
    "src/edge/config/file.rs": [(r"poll: within\(self\.poll, seconds\((\d+)\)", POLL)],
    "src/edge/config/mail.rs": [(r"per_day: Some\(self\.per_day\.unwrap_or\((\d+)\)\)", PER_DAY)],
    "src/protocol/nick.rs": [(r"pub const EDGE: Duration = Duration::from_hours\((\d+)\);", EDGE // 3600),
                             (r"const LENGTH: usize = (\d+);", lines.NICK)],
    "src/rules/queue/budget.rs": [(r"Class::Hiding \| Class::Announcement => \{(?s:.)*?of\((\d+), spent\(&told\)\)", 2)],
    "src/edge/provider/table.rs": [(r"limit: Some\((\d+)\)", 2 * max(BUDGETS))],
}
"""Where the program has the numbers that stand above."""


def stale() -> list[str]:
    """What the program has otherwise by now."""
    wrong = []
    for file, numbers in SOURCES.items():
        text = (ROOT / file).read_text()
        for pattern, number in numbers:
            found = re.search(pattern, text)
            if not found or int(found[1]) != number:
                wrong.append(f"{file}: {pattern} is {found[1] if found else 'not there'}, and {number} here")
    return wrong
