#!/usr/bin/env python3
"""Writes the seeds of the fuzzers, corpus/TARGET/*, from tests/vectors: run it again when vectors are added.

Files beside them that it did not write (found-*: inputs that once showed a fault) stay.
"""

import json
import pathlib
import shutil

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
LARGEST = 8_000


def body(path):
    """The input of a vector: what stands after its head."""
    return path.read_bytes().split(b"\n\n", 1)[1]


def unhex(text):
    """Hexadecimal lines; `61 * 5` is the byte 61 five times."""
    out = b""
    for line in text.decode().split("\n"):
        byte, _, times = line.partition(" * ")
        out += bytes.fromhex(byte) * int(times or 1)
    return out


def vectors(folder):
    for path in sorted((VECTORS / folder).iterdir()):
        yield path.stem, body(path)


def letters():
    """All that is taken, and of what is refused the parts; the fuzzer breaks letters by itself."""
    for folder in ("letter", "part", "padded"):
        for path in sorted((VECTORS / folder).iterdir()):
            if folder != "letter" or b"\nexpect: ok\n" in path.read_bytes():
                yield f"{folder}-{path.stem}", unhex(body(path))


def acts():
    """Acts of every sort, and an entry."""
    for name in ("title", "remove", "seniority", "renew"):
        for count, act in enumerate(body(VECTORS / f"book/{name}.txt").split(b"\n\n")):
            yield f"{name}-{count}", unhex(act.strip(b"\n"))
    for line in (VECTORS / "letter/bid-answer.txt").read_text().split("\n"):
        if line.startswith("value: "):
            yield "entry", bytes.fromhex(json.loads(line[7:])["body"]["entry"])


def rooms():
    """Keys, parts, letters with their padding, and a `there`."""
    for folder in ("room", "room-part", "bare"):
        for name, text in vectors(folder):
            yield f"{folder}-{name}", unhex(text)
    for name in ("there", "there-most"):
        yield name, unhex(body(VECTORS / f"letter/{name}.txt"))


def copies():
    """What is under the seal, copies as parts, and a mailbox of three."""
    for folder in ("kept", "copy"):
        for name, text in vectors(folder):
            yield f"{folder}-{name}", unhex(text)
    yield "part", unhex(body(VECTORS / "part/copy.txt"))
    yield "mbox", b"From a\nIIM: 1\n\nx\n\nFrom b\r\nSubject: Kept copy (iim)\r\n\r\ny\r\n\r\nFrom c\nz\n"


def mails():
    for name, seed in vectors("mail"):
        yield name, seed.replace(b"Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000", b"Received: a")
    yield "report", body(VECTORS / "report/failed.eml")
    yield "status", b"From x\r\nIIM-Status: x\r\n y\r\nA: b\r\n c\r\niim-status : z\r\n\r\nIIM-Status: stays\r\n"


def imap():
    for i, answer in enumerate([
        b"* OK [CAPABILITY IMAP4rev1 IDLE] hi {3}\r\n", b"A1 NO [TRYCREATE] x\r\n+ go\r\n* BYE\r\n", b"* SEARCH 9 5 7\r\n* SEARCH x\r\n",
        b"* ESEARCH (TAG \"A5\") UID MIN 7\r\n* STATUS \"a b\" (MESSAGES 5 UIDNEXT 7)\r\n", b"&U,BTFw-/&ZeVnLIqe-", b"Entw&APw-rfe &- &",
        b"* 5 FETCH (UID 7 RFC822.SIZE 99 BODY[HEADER.FIELDS (IIM \"X\")] {6}\r\na:b\r\n\n)\r\nA2 OK\r\n",
        b"* 5 FETCH (FLAGS (\\Seen (a {2}\r\n)) \"x)\")) UID 7 BODY[] ~{3}\r\nabc)\r\n* 6 EXISTS\r\n* 5 EXPUNGE\r\n",
        b"* LIST (\\Junk) \"/\" \"a \\\"b\"\r\n* LIST () NIL {1}\r\na\r\n* XYZ (a {3}\r\nb) )\r\n",
    ]):
        yield f"{i:02}", b"\x05" + answer


def pop3():
    for i, answer in enumerate([
        b"+OK 2 120\r\n", b"-ERR [AUTH] no\r\n", b"+OK\r\n1 aaa\r\n2 bbb\r\n.\r\n", b"a: b\r\n\r\n..a\r\n.b\r\n.\r\n", b".\ra\n.\n", b".\r\n",
    ]):
        yield f"{i:02}", b"\x05" + answer


def lines():
    for i, line in enumerate([
        b"PING :a b\r\n", b":irc.x 001 me :hi\r\n", b"@time=2026-11-21T07:50:05.123Z;a=1 :a!b@c.d PRIVMSG me :x :y\r\n",
        b":a!b@c nick  b \r\n:irc 303 me :\n\n", b":irc 005 me MONITOR=30 NETWORK=x LINELEN=512 :are supported\r\n",
        b":irc 730 me :bob!u@h,carol\r\n:irc 401 me bob :No such nick\r\n", b"bob|hello there", b":x|a\r\nQUIT", b"|",
        b"ERROR :Closing Link: [Excess Flood]\r\n", b"CAP * LS * :sasl server-time\r\nAUTHENTICATE +\r\n",
    ]):
        yield f"{i:02}", b"\x05" + line
    for name, text in vectors("irc"):
        line = text.split(b"\n")[0].split(b" ", 2)[-1][:400]
        yield name, b"\x40:abcdefghi!u@h PRIVMSG me :" + line + b"\r\n"


def games():
    yield "one", bytes([0, 1, 20, 200, 1, 0, 0])
    yield "four", bytes([0, 1, 100, 150]) + b"".join(bytes([1, 0, k]) for k in (3, 1, 1, 0, 2))
    yield "late", bytes([0, 1, 100, 150, 1, 0, 0, 3, 255, 1, 0, 1, 1, 0, 2, 1, 0, 3])
    yield "two", bytes([0, 1, 100, 150, 0, 2, 90, 140]) + b"".join(bytes([1, i, k]) for k in range(4) for i in (0, 1))
    yield "flood", bytes([5, 255, 5, 200, 0, 1, 60, 100, 1, 0, 0, 5, 255, 1, 0, 1])
    yield "deluge", bytes([0, 1, 60, 100, 1, 0, 0] + [5, 255] * 30 + [1, 0, 1, 1, 0, 2])
    yield "stranger", bytes([4, 29]) + b"iim1 tag00000 1/1 gwEBQwECAwX"
    yield "fifth", b"".join(bytes([0, 1, 100, 150]) for _ in range(6)) + b"".join(bytes([1, i, 0]) for i in range(6))


ROSTER = b"""revision = 12
version = 1

[me]
fingerprint = "01"
epoch = 1767000000
networks = ["libera"]

[[friend]]
name = "Robert"
address = "bob@example.net"
standing = "friend"
visible = false
blocked = true
verified = false
note = "from the \\"choir\\"\\nsings \\U0001F3B5"
told = false
epoch = 7
"""


def rosters():
    yield "whole", ROSTER
    yield "twice", ROSTER + ROSTER[ROSTER.index(b"[[friend]]"):]
    yield "newer", ROSTER.replace(b"version = 1", b"version = 2")
    yield "kinds", ROSTER.replace(b"visible = false", b"visible = 1979-05-27 07:32:00").replace(b"= 7", b"= [1, {a = 1.5}]")
    yield "broken", ROSTER.replace(b"[[friend]]", b"[[friend]")
    yield "hand-flag", b"E1010|5|false"
    yield "hand-name", b"E905|4|name = \"x\""
    yield "hand-cut", b"E400|150|"
    yield "words", "WCa\u202erol\x1b[31m|note \"quoted\"\nsecond|tel:\\+1".encode()
    yield "words-toml", b"W\"\nblocked = true\nx = \"|'''|\\"


def configs():
    least = b'address = "alice@example.org"\n'
    yield "least", least
    yield "network", least + b'[[network]]\nname = "libera"\nservers = ["irc.libera.chat:6697", "[::1]:6697"]\ntls = true\n' \
        b'ca = "ca.pem"\nsasl = { mechanism = "plain", user = "a", password_command = "pass show x" }\n' \
        b'proxy = "socks5://127.0.0.1:9050"\nflood = { burst = 4, per_second = 0.5 }\n[presence]\nwatch = ["libera"]\n'
    yield "external", least + b'[[network]]\nservers = ["irc.example.net:6697"]\nclient_cert = "~/c.pem"\nsasl = { mechanism = "EXTERNAL" }\n'
    yield "plain", least + b'[[network]]\nservers = ["irc.example.net:6667"]\ntls = false\n'
    yield "plain-second", least + b'[[network]]\nservers = ["127.0.0.1:6667", "irc.example.net:6667"]\ntls = false\n'
    yield "plain-meant", least + b'[[network]]\nservers = ["irc.example.net:6667"]\ntls = false\ninsecure = true\n'
    yield "plain-smtp", least + b'[mail]\nsmtp = "smtp://mail.example.org:25"\n'
    yield "smtp", least + b'[mail]\nsmtp = "smtps://user%40x@mail.example.org:465"\npassword_file = "p"\nper_day = 0\nkeep = true\n'
    yield "sendmail", least + b'[mail]\nsendmail = "/usr/sbin/sendmail -oi \'a b\'"\n'
    yield "presence", least + b'[presence]\npoll = 15\nwindow = "30d"\ngrace = "3m"\n'
    yield "accept", least + b'[accept]\npolicy = "known"\nauto = ["*@example.org", "b*b@example.net"]\n[receipts]\nread = true\n'
    yield "hooks", least + b'name = "Alice"\n[hooks]\npresence = "notify"\ntext = ["a", "b c"]\n[gateway]\nreplay = 1\n'
    yield "unknown", least + b'adress = "x"\n'
    yield "kind", least + b'[presence]\nwindow = 5.5\n'
    yield "broken", least + b'[[network]\n'
    yield "setup", b"Salice@example.org\nAl \"ice\"\nlibera=ircs://irc.libera.chat\n\n"
    yield "setup-smtp", b"Salice@example.org\n\nirc://127.0.0.1:6667\n\nsmtps://user@mail.example.org"
    yield "setup-command", b"Salice@example.org\n{out}\n[::1]=ircs://[::1]:1\n/usr/sbin/sendmail -t\n"


def providers():
    server = ('<{0} type="{1}"><hostname>{2}.example.org</hostname><port>{3}</port><socketType>{4}</socketType>'
              '<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></{0}>')
    for name, kind, port, socket in [("imap", "imap", 993, "SSL"), ("pop3", "pop3", 110, "STARTTLS")]:
        servers = (server.format("incomingServer", kind, kind, port, socket)
                   + server.format("outgoingServer", "smtp", "smtp", 465, "SSL"))
        yield name, (f'<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.org">{servers}'
                     "</emailProvider></clientConfig>").encode()


def links():
    yield from vectors("link")
    yield "made", bytes(range(88)) + b"bob+iim@example.net"


def reports():
    yield from vectors("report")


TARGETS = {
    "act": acts, "autoconfig": providers, "config": configs, "copy": copies, "imap": imap, "irc_line": lines, "irc_pieces": games, "letter": letters, "link": links, "mail": mails, "pop3": pop3,
    "report": reports, "room": rooms, "roster": rosters,
}


def main():
    for target, seeds in TARGETS.items():
        folder = HERE / "corpus" / target
        kept = {path: path.read_bytes() for path in folder.glob("found-*")} if folder.exists() else {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, seed in seeds():
            if len(seed) <= LARGEST:
                (folder / name).write_bytes(seed)
        for path, found in kept.items():
            path.write_bytes(found)


if __name__ == "__main__":
    main()
