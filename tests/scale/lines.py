"""The lines between servers, as ngIRCd 26.1 writes them, so that bytes are counted from real ones; and those of servers that
subscribe, which are ours: no server speaks them yet."""

import functools

# Nicks in a line that lists them: what iim puts into one (`ROOM` in src/edge/irc/watch.rs), 40 of nine letters.
ROOM = 400
NICK = 9


def introduction(server: str, nick: str, hops: int, user: str, host: str, token: int, name: str) -> str:
    """A client is there: at its coming, at a change of nick by iim (which leaves and comes back), and when servers meet."""
    return f":{server} NICK {nick} {hops} ~{user} {host} {token} + :{name}\r\n"


def renamed(nick: str, new: str) -> str:
    """A client takes another nick, as people do by hand (iim never does)."""
    return f":{nick} NICK :{new}\r\n"


def joined(nick: str, channel: str, first: bool) -> str:
    """A client comes into a channel; whoever is the first there is its operator."""
    return f":{nick} JOIN {channel}" + ("\7o" if first else "") + "\r\n"


def gone(nick: str, why: str) -> str:
    """A client has left the network."""
    return f':{nick} QUIT :"{why}"\r\n'


def listed(verb: str, nicks: float) -> float:
    """Bytes of a line of ours that names so many nicks: a verb and an id of the server in front, as today's `:1AB UID`."""
    return len(f":1AB {verb} :\r\n") + (NICK + 1) * nicks - 1


@functools.cache
def per_line() -> int:
    """Nicks in one line at most, as iim's agent counts them: while what stands there and one more are below ROOM."""
    count, length = 0, 0
    while count == 0 or length + NICK < ROOM:
        length += NICK + (count > 0)
        count += 1
    return count


# Servers and hosts of a usual length, for the bytes of the closed form; ngIRCd's own are those of its network.
SERVER, USER, HOST = "irc.example.net", "x", "203-0-113-77.dsl.example.com"
INTRODUCTION = len(introduction(SERVER, "n" * NICK, 2, USER, HOST, 12, "x"))
JOIN = len(joined("n" * NICK, "#" + "c" * 12, False))
QUIT = len(gone("n" * NICK, "quit"))
