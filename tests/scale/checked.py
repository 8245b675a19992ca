"""A figure that was seen beside the one that was said, and what is off by more than it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Compared:
    """What was seen, what the closed form says, and by how much of it the two may differ."""

    what: str
    seen: float
    said: float
    tolerance: float

    @property
    def off(self) -> float:
        """By how much of what was said."""
        return abs(self.seen - self.said) / self.said if self.said else float(self.seen != 0)

    @property
    def holds(self) -> bool:
        return self.off <= self.tolerance


def table(compared: Iterable[Compared]) -> list[str]:
    """A table of them in Markdown."""
    rows = [f"| {c.what} | {c.seen:,.3f} | {c.said:,.3f} | {c.off:.1%} | {c.tolerance:.0%} |" for c in compared]
    return ["| what | seen | closed form | off by | may be |", "|---|---|---|---|---|", *rows]


def failures(compared: Iterable[Compared]) -> list[str]:
    """What differs by more than it may."""
    return [f"{c.what}: {c.seen:g} seen, {c.said:g} said, off by {c.off:.1%}" for c in compared if not c.holds]
