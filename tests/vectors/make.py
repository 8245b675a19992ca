#!/usr/bin/env python3
"""Writes the vectors in this folder, from the specification alone: no line of iim is used.

A vector is a file: lines "key: value" that say what it is and what must come of it, an empty line, and the
input. Bytes are hexadecimal lines ("61 * 5": five times that byte); in a mail @FILL@ stands for as many letters A
as "fill" says. `tests/vectors.rs` runs them all. Run this in its folder; it replaces what it makes, nothing else.
The conversation is made by conversation.py.
"""
import base64, hashlib, hmac, json, os, re, struct

# --- the formats, as src/protocol/README.md has them ---------------------------------------------------------

class Raw(bytes):
    """CBOR that is already written."""

def head(major, n):
    if n < 24: return bytes([major << 5 | n])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size: return bytes([major << 5 | code]) + n.to_bytes(size, "big")

def cbor(x):
    if isinstance(x, Raw): return bytes(x)
    if isinstance(x, int): return head(0, x)
    if isinstance(x, bytes): return head(2, len(x)) + x
    if isinstance(x, str): return head(3, len(x.encode())) + x.encode()
    if isinstance(x, list): return head(4, len(x)) + b"".join(map(cbor, x))
    if isinstance(x, dict): return head(5, len(x)) + b"".join(cbor(k) + cbor(v) for k, v in x.items())
    raise TypeError(x)

def pad(b):
    n = max(len(b), 1)
    if n <= 512: return b + bytes(-n % 64 if b else 64)
    e = n.bit_length() - 1
    last = e - e.bit_length()
    return b + bytes(-n % (1 << last))

def hmac256(key, message): return hmac.new(key, message, hashlib.sha256).digest()

def offset(secret, length): return int.from_bytes(hmac256(secret, b"iim offset 1")[:4], "big") % length

def window(secret, length, time): return (time + offset(secret, length)) // length

def nick(secret, network, window):
    out, i, letters = "", 0, "abcdefghijklmnopqrstuvwxyz0123456789"
    while True:
        for b in hmac256(secret, b"iim nick 1\0" + network.encode() + b"\0" + struct.pack(">QI", window, i)):
            limit, count = (252, 36) if out else (234, 26)
            if b < limit: out += letters[b % count]
            if len(out) == 9: return out
        i += 1

def b64(b, url=False):
    return (base64.urlsafe_b64encode(b) if url else base64.b64encode(b)).decode().rstrip("=")

def safety(sides):
    arrays = sorted(cbor(list(side)) for side in sides)
    h = hashlib.sha512(b"iim1 safety" + b"".join(arrays)).digest()
    return " ".join("%05d" % (int.from_bytes(h[i:i + 5], "big") % 100000) for i in range(0, 60, 5))

# --- writing files -------------------------------------------------------------------------------------------

def vector(name, fields, body="", ext="txt"):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    lines = [f"{k}: {v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)}" for k, v in fields.items()]
    body = body if isinstance(body, bytes) else body.encode()
    with open(f"{name}.{ext}", "wb") as f: f.write("\n".join(lines).encode() + b"\n\n" + body)

def lines(b):
    """Hexadecimal lines; "61 * 65536" is a byte that many times."""
    out, i = [], 0
    for run in re.finditer(rb"(?s)(.)\1{999,}", b):
        out += hexed(b[i:run.start()]) + [f"{run[1].hex()} * {len(run[0])}"]
        i = run.end()
    return "\n".join(out + hexed(b[i:])) + "\n"

def hexed(b): return [b[i:i + 48].hex() for i in range(0, len(b), 48)]

def good(folder, name, what, raw, value, **more):
    vector(f"{folder}/{name}", dict(what=what, expect="ok", value=value, **more), lines(raw))

def bad(folder, name, what, raw, error):
    vector(f"{folder}/{name}", dict(what=what, expect="error " + error), lines(raw))

# --- letters -------------------------------------------------------------------------------------------------

ID, ID2 = bytes([1] * 16), bytes(range(16))
SENT = 1767225600123
KEYS = {1: bytes([0xC1] * 32), 2: bytes([0xE1] * 32)}
KEYS_V = {"curve25519": "c1" * 32, "ed25519": "e1" * 32}
K3, K4 = bytes([3] * 32), bytes([4] * 32)
# Of low order: one of the two points of order 8, and p, which is another spelling of 0.
LOW = (325606250916557431795983626356110631294008115727848805560023387167927233504).to_bytes(32, "little")
P = (2**255 - 19).to_bytes(32, "little")

def letter(kind, body, **more):
    names = {"holds": 4, "presence": 5, "otks": 6, "irc": 7}
    return {0: ID, 1: SENT, 2: kind, 3: body, **{names[k]: v for k, v in more.items()}}

def value(kind, body, **more):
    return {"id": ID.hex(), "sent": SENT, "kind": kind, "body": body, **more}

ALICE, BOB = "alice@example.org", "bob@example.net"
REQUEST = {1: ALICE, 2: BOB, 3: "Alice", 4: "from school ä", 5: KEYS, 6: {1: K3, 2: K4}}
REQUEST_V = {"from": ALICE, "to": BOB, "name": "Alice", "note": "from school ä", "keys": KEYS_V,
             "one_time_keys": {"mail": K3.hex(), "irc": K4.hex()}}
ACCEPT = {1: BOB, 2: ALICE, 3: ID2, 4: KEYS, 5: {1: K3}, 6: bytes([0x51] * 64)}
ACCEPT_V = {"from": BOB, "to": ALICE, "request": ID2.hex(), "keys": KEYS_V, "one_time_keys": {"mail": K3.hex()},
            "signature": "51" * 64}
NETS = [["libera", ["irc.libera.chat:6697"]], ["home", ["[::1]:6667", "127.0.0.1:6667"]]]
NETS_V = [{"name": n, "servers": s} for n, s in NETS]
PRESENCE = {1: 1767225600, 2: bytes(range(32)), 3: 86400, 4: NETS, 5: 1, 6: "lunch", 7: [1, 2], 8: ["tel:+123"]}
PRESENCE_V = {"epoch": 1767225600, "secret": bytes(range(32)).hex(), "window": 86400, "networks": NETS_V,
              "status": 1, "status_text": "lunch", "capabilities": [1, 2], "ways": ["tel:+123"]}
HERE = {1: "rtl111va7", 2: "libera", 3: 2, 4: "busy", 5: [], 6: ID2}
HERE_V = {"nick": "rtl111va7", "network": "libera", "status": 2, "status_text": "busy", "capabilities": [],
          "echo": ID2.hex()}

def letters():
    ok = lambda name, what, l, v, **m: good("letter", name, what, cbor(l), v, **m)
    no = lambda name, what, raw, e: bad("letter", name, what, raw if isinstance(raw, Raw) else cbor(raw), e)
    ok("request", "a request with everything", letter(1, REQUEST), value(1, REQUEST_V))
    least = {k: v for k, v in REQUEST.items() if k != 4} | {3: "", 6: {}}
    ok("request-least", "no name, no note, no one-time keys", letter(1, least),
       value(1, {k: v for k, v in REQUEST_V.items() if k != "note"} | {"name": "", "one_time_keys": {}}))
    sealed = cbor([1, 0, b"opening"])
    ok("accept", "an accept with presence and the opening of the irc session",
       letter(2, ACCEPT, holds=0, presence=PRESENCE, irc=sealed),
       value(2, ACCEPT_V, holds=0, presence=PRESENCE_V, irc=sealed.hex()))
    ok("confirm", "a confirm", letter(3, {1: ID2}, holds=7), value(3, {"accept": ID2.hex()}, holds=7))
    ok("presence", "a presence with every field", letter(4, PRESENCE, holds=1), value(4, PRESENCE_V, holds=1))
    ok("empty", "the empty letter", letter(4, {}, holds=0), value(4, {}, holds=0))
    ok("presence-nowhere", "a presence that takes every network and way away", letter(4, {4: [], 8: []}, holds=0),
       value(4, {"networks": [], "ways": []}, holds=0))
    ok("here", "a here that echoes", letter(5, HERE, holds=9), value(5, HERE_V, holds=9))
    ok("text", "a short text", letter(6, {1: "hi"}, holds=0), value(6, {"text": "hi"}, holds=0))
    ok("text-reply", "a text that answers another, with new one-time keys",
       letter(6, {1: "ja 😀\n", 2: ID2}, holds=0, otks={2: K4}),
       value(6, {"text": "ja 😀\n", "reply_to": ID2.hex()}, holds=0, one_time_keys={"irc": K4.hex()}))
    ok("text-notice", "a notice", letter(6, {1: "beep", 3: 1}, holds=0),
       value(6, {"text": "beep", "notice": True}, holds=0))
    ok("text-other-mark", "a mark of a later version is passed over", letter(6, {1: "hi", 3: 2}, holds=0),
       value(6, {"text": "hi"}, holds=0), again="differs")
    ok("receipt-delivered", "one text is delivered", letter(7, {1: 1, 2: [ID2]}, holds=0),
       value(7, {"state": 1, "ids": [ID2.hex()]}, holds=0))
    ok("receipt-read", "eight texts are read", letter(7, {1: 2, 2: [ID2] * 8}, holds=0),
       value(7, {"state": 2, "ids": [ID2.hex()] * 8}, holds=0))
    ok("edit", "another wording of a text", letter(11, {1: ID2, 2: "at ten"}, holds=0),
       value(11, {"of": ID2.hex(), "text": "at ten"}, holds=0))
    ok("edit-longest", "another wording of 65,536 bytes", letter(11, {1: ID2, 2: "a" * 65536}),
       value(11, {"of": ID2.hex(), "text": {"repeat": "a", "times": 65536}}))
    ok("retract", "a text is taken back", letter(12, {1: ID2}, holds=0), value(12, {"of": ID2.hex()}, holds=0))
    ok("retract-why", "a text is taken back, with a reason", letter(12, {1: ID2, 2: "wrong day"}, holds=0),
       value(12, {"of": ID2.hex(), "why": "wrong day"}, holds=0))
    ok("react", "a sign is set to a text", letter(13, {1: ID2, 2: "👍", 3: 1}, holds=0),
       value(13, {"to": ID2.hex(), "emoji": "👍", "on": True}, holds=0))
    ok("react-off", "the longest sign is taken off", letter(13, {1: ID2, 2: "👨‍👩‍👧" + "❤" * 15 + "+", 3: 0}, holds=0),
       value(13, {"to": ID2.hex(), "emoji": "👨‍👩‍👧" + "❤" * 15 + "+", "on": False}, holds=0))
    for name, state in (("active", 1), ("paused", 2), ("done", 3)):
        ok("typing-" + name, "somebody is writing: " + name, letter(14, {1: state}, holds=0),
           value(14, {"state": state}, holds=0))
    ok("edit-fields", "fields of a later version within an edit are passed over",
       letter(11, {1: ID2, 2: "at ten", 3: Raw(b"\xf5"), 99: [1]}, holds=0),
       value(11, {"of": ID2.hex(), "text": "at ten"}, holds=0), again="differs")
    ok("typing-fields", "fields of a later version within a typing are passed over",
       letter(14, {1: 1, 2: ID2}, holds=0), value(14, {"state": 1}, holds=0), again="differs")
    raw = cbor([1, {5: "later"}])
    ok("unknown-kind", "a kind of a later version is kept as it came", letter(8, Raw(raw), holds=0),
       value(8, {"raw": raw.hex()}, holds=0))
    later = letter(6, {1: "hi", 9: [Raw(b"\xc1\x00"), Raw(b"\xf6"), Raw(b"\x38\x63")]}, holds=0) | {99: {5: 6}}
    ok("unknown-fields", "fields of a later version are passed over", later,
       value(6, {"text": "hi"}, holds=0), again="differs")
    good("letter", "long-numbers", "numbers may be longer than needed",
         cbor({0: ID, 1: Raw(bytes.fromhex("1b") + (5).to_bytes(8, "big")), 2: Raw(b"\x18\x06"), 3: {1: "hi"}}),
         {"id": ID.hex(), "sent": 5, "kind": 6, "body": {"text": "hi"}}, again="differs")
    good("letter", "text-longest", "65,536 bytes of text", cbor(letter(6, {1: "a" * 65536})),
         value(6, {"text": {"repeat": "a", "times": 65536}}))

    no("nothing", "no bytes", Raw(b""), "malformed")
    no("cut", "cut in the middle of a text", Raw(cbor(letter(6, {1: "hello"}))[:-2]), "malformed")
    no("trailing", "a byte after the end", Raw(cbor(letter(6, {1: "hi"})) + b"\0"), "trailing")
    no("two-letters", "two letters", Raw(cbor(letter(6, {1: "hi"})) * 2), "trailing")
    no("array", "an array", [ID, SENT, 6, {1: "hi"}], "type")
    no("no-id", "no id", {1: 1, 2: 6, 3: {1: "hi"}}, "missing")
    no("no-body", "no body", {0: ID, 1: 1, 2: 6}, "missing")
    no("short-id", "an id of 15 bytes", {0: ID[1:], 1: 1, 2: 6, 3: {1: "hi"}}, "size")
    no("text-id", "an id that is text", {0: "a" * 16, 1: 1, 2: 6, 3: {1: "hi"}}, "type")
    no("negative-sent", "sent before 1970", {0: ID, 1: Raw(b"\x20"), 2: 6, 3: {1: "hi"}}, "type")
    no("sent-too-late", "sent = 2^63", letter(6, {1: "hi"}) | {1: 1 << 63}, "value")
    no("key-twice", "the body stands twice",
       Raw(b"\xa5" + cbor(letter(6, {1: "hi"}))[1:] + cbor(3) + cbor({1: "ho"})), "key-order")
    no("keys-fall", "keys that do not rise", {0: ID, 1: 1, 3: {1: "hi"}, 2: 6}, "key-order")
    no("text-key", "a key that is text", letter(6, {1: "hi"}) | {"x": 1}, "type")
    no("indefinite-map", "a map without its length in front", Raw(b"\xbf" + cbor(letter(6, {1: "hi"}))[1:] + b"\xff"),
       "indefinite")
    no("indefinite-text", "a text in pieces", letter(6, {1: Raw(b"\x7f\x62hi\xff")}), "indefinite")
    no("bad-utf8", "a text that is not UTF-8", letter(6, {1: Raw(b"\x62\xff\xfe")}), "malformed")
    ok("unlisted-loose", "a field of a later version may hold a map with keys of any kind, in any order, and one twice",
       letter(6, {1: "hi"}, holds=0) | {9: Raw(b"\xa4\x61k\x01\x02\x03\x01\x02\x01\x02")},
       value(6, {"text": "hi"}, holds=0), again="differs")
    ok("simple", "a simple value in two bytes", letter(6, {1: "hi"}, holds=0) | {9: Raw(b"\xf8\x20")},
       value(6, {"text": "hi"}, holds=0), again="differs")
    no("simple-short", "a simple value below 32 in two bytes is not well-formed (RFC 8949, section 3.3)",
       letter(6, {1: "hi"}, holds=0) | {9: Raw(b"\xf8\x18")}, "malformed")
    ok("nested", "sixteen levels: the letter's map, fourteen arrays, and what is in the last", letter(6, {1: "hi"}, holds=0)
       | {9: Raw(b"\x81" * 14 + b"\0")}, value(6, {"text": "hi"}, holds=0), again="differs")
    no("nested-more", "seventeen levels", letter(6, {1: "hi"}, holds=0) | {9: Raw(b"\x81" * 15 + b"\0")}, "deep")
    no("deep", "nested forty deep in a field of a later version", letter(6, {1: "hi"}) | {9: Raw(b"\x81" * 40 + b"\0")},
       "deep")
    no("huge-length", "a text that claims 2^62 bytes", letter(6, {1: Raw(b"\x7b\x40" + bytes(7) + b"hi")}), "malformed")
    no("huge-array", "an array that claims 2^62 items", letter(6, {1: "a"}) | {9: Raw(b"\x9b\x40" + bytes(7))},
       "malformed")
    no("text-empty", "an empty text", letter(6, {1: ""}), "size")
    no("text-mark", "a mark that is no number", letter(6, {1: "hi", 3: "notice"}), "type")
    no("text-too-long", "65,537 bytes of text", letter(6, {1: "a" * 65537}), "size")
    no("receipt-none", "a receipt for nothing", letter(7, {1: 1, 2: []}), "size")
    no("receipt-nine", "a receipt for nine texts", letter(7, {1: 1, 2: [ID] * 9}), "size")
    no("receipt-state", "a state that is not there", letter(7, {1: 3, 2: [ID]}), "value")
    no("edit-empty", "another wording that is empty", letter(11, {1: ID2, 2: ""}), "size")
    no("edit-too-long", "another wording of 65,537 bytes", letter(11, {1: ID2, 2: "a" * 65537}), "size")
    no("edit-nothing", "another wording of nothing", letter(11, {2: "at ten"}), "missing")
    no("edit-wordless", "an edit without a wording", letter(11, {1: ID2}), "missing")
    no("retract-wordless", "an empty reason", letter(12, {1: ID2, 2: ""}), "size")
    no("retract-long", "a reason of 1,025 bytes", letter(12, {1: ID2, 2: "a" * 1025}), "size")
    no("retract-id", "an id of 15 bytes", letter(12, {1: ID2[1:]}), "size")
    no("retract-nothing", "nothing is taken back", letter(12, {}), "missing")
    no("react-empty", "a sign of no bytes", letter(13, {1: ID2, 2: "", 3: 1}), "size")
    no("react-long", "a sign of 65 bytes", letter(13, {1: ID2, 2: "a" * 65, 3: 1}), "size")
    no("react-neither", "a sign neither set nor taken off", letter(13, {1: ID2, 2: "👍"}), "missing")
    no("react-both", "set or taken off is 0 or 1", letter(13, {1: ID2, 2: "👍", 3: 2}), "value")
    no("react-bool", "set or taken off is a number", letter(13, {1: ID2, 2: "👍", 3: Raw(b"\xf5")}), "type")
    no("typing-none", "a typing that says nothing", letter(14, {}), "missing")
    no("typing-state", "a typing that is not there", letter(14, {1: 4}), "value")
    no("request-name", "a name of 65 bytes", letter(1, REQUEST | {3: "a" * 65}), "size")
    no("request-note", "a note of 1,025 bytes", letter(1, REQUEST | {4: "a" * 1025}), "size")
    no("request-no-keys", "a request without keys", letter(1, {k: v for k, v in REQUEST.items() if k != 5}), "missing")
    for name, low in (("zero", bytes(32)), ("order-8", LOW), ("p", P), ("high-bit", P[:-1] + b"\xff")):
        no(f"request-key-{name}", "a Curve25519 key of low order", letter(1, REQUEST | {5: KEYS | {1: low}}), "value")
    no("request-one-time-low", "a one-time key of low order", letter(1, REQUEST | {6: {1: K3, 2: LOW}}), "value")
    no("accept-key-low", "a Curve25519 key of low order", letter(2, ACCEPT | {4: KEYS | {1: LOW}}), "value")
    no("accept-one-time-low", "a one-time key of low order", letter(2, ACCEPT | {5: {1: P}}), "value")
    no("one-time-low", "a next one-time key of low order", letter(6, {1: "hi"}) | {4: 0, 6: {1: bytes(32)}}, "value")
    no("request-address", "a from that is no address", letter(1, REQUEST | {1: "alice"}), "value")
    no("request-address-invisible", "a from with a letter that does not show", letter(1, REQUEST | {1: "al\u3164ice@example.org"}), "value")
    no("request-unfolded", "a from in upper case", letter(1, REQUEST | {1: "Alice@example.org"}), "value")
    no("accept-signature", "a signature of 63 bytes", letter(2, ACCEPT | {6: bytes(63)}), "size")
    no("presence-window", "a window of 3,599 seconds", letter(4, {3: 3599}), "value")
    no("presence-secret", "a secret of 31 bytes", letter(4, {2: bytes(31)}), "size")
    no("presence-networks", "nine networks", letter(4, {4: [NETS[0]] * 9}), "size")
    no("presence-network-name", "a network's name in upper case", letter(4, {4: [["Libera", ["h:1"]]]}), "value")
    no("presence-no-servers", "a network without servers", letter(4, {4: [["libera", []]]}), "size")
    no("presence-port", "a server without a port", letter(4, {4: [["libera", ["irc.libera.chat"]]]}), "value")
    no("presence-ways", "seventeen ways", letter(4, {8: ["tel:1"] * 17}), "size")
    no("presence-status", "a status that is not there", letter(4, {5: 3}), "value")

def parts():
    l = cbor(letter(1, REQUEST))
    sig, inv = bytes([0x51] * 64), [bytes(range(8)), bytes([0x4A] * 32)]
    good("part", "open", "a request, signed", cbor([0, l, sig]), {"open": {"letter": l.hex(), "signature": sig.hex()}})
    good("part", "open-invited", "a request with the proof of an invite", cbor([0, l, sig, inv]),
         {"open": {"letter": l.hex(), "signature": sig.hex(), "invite": {"id": inv[0].hex(), "hmac": inv[1].hex()}}})
    good("part", "sealed", "an ordinary message", cbor([1, 1, b"cipher"]),
         {"sealed": {"prekey": False, "ciphertext": b"cipher".hex()}})
    good("part", "sealed-prekey", "a pre-key message", cbor([1, 0, b"cipher"]),
         {"sealed": {"prekey": True, "ciphertext": b"cipher".hex()}})
    good("part", "probe", "the doctor's loop-back mail", cbor([2, ID2]), {"probe": ID2.hex()})
    copy = [4, 1, bytes(range(24)), b"sealed and its tag"]
    good("part", "copy", "a kept copy", cbor(copy), {"copy": {"nonce": copy[2].hex(), "sealed": copy[3].hex()}})
    bad("part", "copy-newer", "a kept copy of a later version", cbor([4, 2, {}]), "newer")
    bad("part", "copy-nonce", "a kept copy with a nonce of 12 bytes", cbor([4, 1, bytes(12), copy[3]]), "size")
    bad("part", "copy-short", "a kept copy with nothing in it", cbor([4, 1, copy[2]]), "value")
    bad("part", "copy-large", "a kept copy of 720,913 bytes", cbor([4, 1, copy[2], bytes(720_913)]), "too-large")
    bad("part", "newer", "a part number of a later version", cbor([5, "x"]), "newer")
    bad("part", "room", "what goes through a room is no mail", cbor([3, 1, b"message"]), "value")
    bad("part", "sealed-type", "an Olm message of a third type", cbor([1, 2, b"x"]), "value")
    bad("part", "sealed-short", "no ciphertext", cbor([1, 1]), "value")
    bad("part", "open-signature", "a signature of 32 bytes", cbor([0, l, bytes(32)]), "size")
    bad("part", "open-large", "an open letter of 4,097 bytes", cbor([0, bytes(4097), sig]), "too-large")
    bad("part", "invite-short", "half a proof", cbor([0, l, sig, [inv[0]]]), "size")
    bad("part", "map", "a map", cbor({0: 1}), "type")
    bad("part", "trailing", "a byte after the end", cbor([2, ID2]) + b"\0", "trailing")
    bad("part", "nothing", "no bytes", b"", "malformed")

def padded():
    short, long = letter(6, {1: "hi"}, holds=0), letter(6, {1: "a" * 1000}, holds=0)
    good("padded", "short", "padded to 64 bytes", pad(cbor(short)), value(6, {"text": "hi"}, holds=0))
    good("padded", "long", "padded by Padmé", pad(cbor(long)), value(6, {"text": "a" * 1000}, holds=0))
    good("padded", "bare", "no padding at all is read, though nobody writes it", cbor(short),
         value(6, {"text": "hi"}, holds=0), again="differs")
    bad("padded", "not-zero", "something hides in the padding", pad(cbor(short))[:-1] + b"\1", "trailing")
    bad("padded", "no-holds", "a sealed letter that does not say what it holds", pad(cbor(letter(6, {1: "hi"}))), "missing")
    bad("padded", "zeros", "nothing but padding", bytes(64), "type")

def signed():
    l = cbor(letter(1, REQUEST))
    vector("signed/request", dict(what="what a request's signature covers", expect="ok",
           signed=(b"iim1 request" + l).hex()), lines(l))
    over = cbor(["iim1 keys", 2, ID, ID2, BOB, ALICE, KEYS[1], KEYS[2]])
    vector("signed/accept", dict(what="what an accept's signature covers", expect="ok", signed=over.hex()),
           lines(cbor(letter(2, ACCEPT))))

# --- nicknames, safety numbers, links ------------------------------------------------------------------------

def nicks():
    rejecting = struct.pack(">I", 1014) * 8
    for name, what, secret, network, length, time in [
        ("day", "windows of a day", bytes(range(32)), "libera", 86400, 1767225600),
        ("other-network", "the same on another network", bytes(range(32)), "oftc", 86400, 1767225600),
        ("hour", "the shortest window: three nicknames at once", bytes(range(32)), "libera", 3600, 1767225600),
        ("month", "the longest window", bytes(range(32)), "libera", 2592000, 1767225600),
        ("zero-secret", "a secret of zero bytes", bytes(32), "libera", 86400, 1767225600),
        ("edge-before", "an hour before an edge: two nicknames", bytes(32), "libera", 86400, 20454 * 86400 - 41140 - 3600),
        ("edge-after", "an hour after an edge: two nicknames", bytes(32), "libera", 86400, 20454 * 86400 - 41140 + 3600),
        ("port-in-name", "a network named by its host", bytes(32), "irc.example.org", 86400, 0),
    ]:
        w = window(secret, length, time)
        near = [w] + [w - 1] * (window(secret, length, max(time - 7200, 0)) < w)
        near += [w + 1] * (window(secret, length, time + 7200) > w)
        vector(f"nick/{name}", dict(what=what, expect="ok", secret=secret.hex(), network=network,
               window_length=length, time=time, offset=offset(secret, length), window=w,
               nicks=[nick(secret, network, x) for x in near]))
    assert hmac256(rejecting, b"iim nick 1\0libera\0" + struct.pack(">QI", 1, 0))[0] >= 234
    time = 86400 - offset(rejecting, 86400) + 43200
    vector("nick/rejection", dict(what="bytes that would favour some characters are passed over", expect="ok",
           secret=rejecting.hex(), network="libera", window_length=86400, time=time,
           offset=offset(rejecting, 86400), window=1, nicks=[nick(rejecting, "libera", 1)]))

def safeties():
    a, b = (ALICE, bytes([1] * 32), bytes([2] * 32)), (BOB, bytes([3] * 32), bytes([4] * 32))
    for name, what, sides in [("two", "two people", (a, b)), ("turned", "the same number from the other side", (b, a)),
                              ("other-key", "another key, another number", (a, (BOB, b[1], bytes([5] * 32))))]:
        vector(f"safety/{name}", dict(what=what, expect="ok", number=safety(sides),
               sides=[{"address": s[0], "curve25519": s[1].hex(), "ed25519": s[2].hex()} for s in sides]))

def links():
    c, e, t = bytes([1] * 32), bytes([255] * 32), bytes([7] * 16)
    q = f"c={b64(c, True)}&e={b64(e, True)}&t={b64(t, True)}"
    l = f"iim:bob%40example.net?v=1&{q}"
    v = {"address": BOB, "curve25519": c.hex(), "ed25519": e.hex(), "token": t.hex()}
    ok = lambda name, what, link, v, **m: vector(f"link/{name}", dict(what=what, expect="ok", value=v, **m), link + "\n")
    no = lambda name, what, link, e: vector(f"link/{name}", dict(what=what, expect="error " + e), link + "\n")
    proof = dict(letter=b"letter".hex(), id=hashlib.sha256(b"iim1 invite" + t).digest()[:8].hex(),
                 proof=hmac256(t, b"letter").hex())
    ok("plain", "an invite without end, its id and its proof for a letter", l, v, **proof)
    ok("expires", "an invite that ends", l + "&x=1767225600", v | {"expires": 1767225600})
    ok("plus", "an address that needs encoding", l.replace("bob", "bob%2Biim"), v | {"address": "bob+iim@example.net"})
    ok("loose", "scheme in capitals, raw @, other order, a parameter of a later version",
       f"IIM:bob@example.net?{q}&zz=9&v=1", v, again="differs")
    g = b64(bytes([9] * 16), True)
    into = {"group": {"id": ("09" * 16), "name": "Rock & Roll"}}
    ok("group", "an invite that leads into a group", f"{l}&x=1767225600&g={g}&n=Rock%20%26%20Roll", v | {"expires": 1767225600} | into)
    ok("group-nameless", "into a group of which the name is missing", f"{l}&g={g}",
       v | {"group": {"id": "09" * 16, "name": ""}}, again="differs")
    ok("group-name", "a name of no group", f"{l}&n=Climbing", v, again="differs")
    no("group-short", "a group's id that is cut short", f"{l}&g={g[:-2]}&n=Climbing", "value")
    no("group-long-name", "a group's name of 65 bytes", f"{l}&g={g}&n={'n' * 65}", "value")
    no("group-twice", "two groups", f"{l}&g={g}&n=Climbing&g={g}", "twice")
    no("scheme", "another scheme", l.replace("iim:", "xmpp:"), "scheme")
    no("newer", "version 2", l.replace("v=1", "v=2"), "newer")
    no("cut", "cut in the middle of the token", l[:-4], "value")
    no("no-token", "cut before the token", l[:l.index("&t=")], "missing")
    no("twice", "two tokens", l + "&t=" + b64(t, True), "twice")
    no("standard-base64", "a key in the standard alphabet", l.replace("_" * 8, "/" * 8), "value")
    no("low-order", "a Curve25519 key of low order", l.replace(b64(c, True), b64(LOW, True)), "value")
    no("address", "no address", l.replace("%40", ""), "address")
    no("newline", "a line break in the address", l.replace("bob", "bob%0D%0ARCPT"), "address")

# --- frames --------------------------------------------------------------------------------------------------

def frames():
    s = cbor([1, 1, bytes(range(256)) * 3])
    text = b64(s)
    def cut(tag, size, text=text):
        p = [text[i:i + size] for i in range(0, len(text), size)]
        return [f"iim1 {tag} {i + 1}/{len(p)} {x}" for i, x in enumerate(p)]
    four = cut("abcdef12", 300)
    assert len(four) == 4
    heard = lambda lines, time=0, who="bob": [f"{time} {who} {x}" for x in lines]
    whole = s.hex()
    def hear(name, what, lines, letters):
        vector(f"irc/{name}", dict(what=what, expect="ok", letters=letters), "\n".join(lines) + "\n")
    hear("one-line", "one line", heard(cut("abcdef12", 2000)), [whole])
    hear("in-order", "four lines in order", heard(four), [whole])
    hear("reordered", "four lines in another order, one of them twice", heard([four[i] for i in (3, 1, 1, 0, 2)]), [whole])
    hear("lost", "one line is lost", heard(four[:2] + four[3:]), [])
    hear("late", "the last line comes after more than two minutes", heard(four[:3], 0) + heard(four[3:], 121), [])
    hear("in-time", "the last line comes after two minutes", heard(four[:3], 0) + heard(four[3:], 120), [whole])
    hear("other-nick", "the last line comes from another nick", heard(four[:3]) + heard(four[3:], 0, "eve"), [])
    mixed = [x for pair in zip(heard(four), heard(cut("zzzzzzzz", 300))) for x in pair]
    hear("interleaved", "two letters at once", mixed, [whole, whole])
    hear("other-count", "a line contradicts the number of lines", heard(four[:3] + ["iim1 abcdef12 4/5 AAAA"] + four[3:]), [])
    hear("other-piece", "a line contradicts one that came", heard(four[:1] + ["iim1 abcdef12 1/4 AAAA"] + four[1:]), [])
    five = [f"iim1 {c * 8} 1/2 AAAA" for c in "pqrs"]
    hear("fifth", "four newer letters push out one that waits", heard(four[:3] + five + four[3:]), [])
    hear("prekey", "a pre-key message is not taken over irc", heard(cut("abcdef12", 400, b64(cbor([1, 0, b"x"])))), [])
    hear("open", "an open letter is not taken over irc", heard(cut("abcdef12", 400, b64(cbor([0, b"x", bytes(64)])))), [])
    hear("padding", "base64 with padding", heard(["iim1 abcdef12 1/1 gwEBQXg="]), [])
    hear("url-alphabet", "base64 of the other alphabet", heard(["iim1 abcdef12 1/1 gwEBQfv-_"]), [])
    hear("malformed", "lines that only look like frames", heard([
        "hello", "iim1", "iim1 ", "iim1 abcdef12 1/1", "iim1 abcdef12 1/1 ", "iim1 ABCDEF12 1/1 gwEBQXg",
        "iim1 abcdef12 0/1 gwEBQXg", "iim1 abcdef12 2/1 gwEBQXg", "iim1 abcdef12 1/9 gwEBQXg",
        "iim1 abcdef12 01/1 gwEBQXg", "iim1 abcdef12 1/1 gwEBQXg x", "iim2 abcdef12 1/1 gwEBQXg"]), [])
    def write(name, what, sealed, tag, room, out):
        vector(f"frame/{name}", dict(what=what, expect=out if isinstance(out, str) else "ok", tag=tag, room=room,
               **({} if isinstance(out, str) else {"lines": out})), lines(cbor(sealed)))
    big = bytes(range(256)) * 3
    write("one", "one line", [1, 1, b"abc"], "abcdef12", 400, ["iim1 abcdef12 1/1 " + b64(cbor([1, 1, b"abc"]))])
    write("four", "four lines", [1, 1, big], "abcdef12", 318, four)
    write("exact", "eight lines, the last one full", [1, 1, bytes(1194)], "abcdef12", 218,
          cut("abcdef12", 200, b64(cbor([1, 1, bytes(1194)]))))
    write("nine", "one character too many for eight lines", [1, 1, bytes(1195)], "abcdef12", 218, "error too-long")
    write("prekey", "a pre-key message", [1, 0, b"abc"], "abcdef12", 400, "error pre-key")
    write("tag", "a tag that is none", [1, 1, b"abc"], "abc", 400, "error tag")
    write("no-room", "no room for a single character", [1, 1, b"abc"], "abcdef12", 18, "error too-long")

# --- mails ---------------------------------------------------------------------------------------------------

SEALED = cbor([1, 1, bytes(range(256))])

def mail(part=SEALED, subject="Sealed message (iim)", encoded=None, parts=None, head=None, drop=(), sub="mixed", front=""):
    encoded = encoded or base64.encodebytes(part).decode()
    own = f"Content-Type: application/vnd.iim\nContent-Transfer-Encoding: base64\n\n{encoded}"
    fields = {"From": "Alice <alice@example.org>", "To": "bob@example.net", "Subject": subject,
              "Date": "Thu, 1 Jan 2026 00:00:00 +0000", "Message-ID": "<abc@example.org>", "IIM": "1", "X-IIM": "1",
              "Auto-Submitted": "auto-generated", "MIME-Version": "1.0",
              "Content-Type": f'multipart/{sub}; boundary="b"', **(head or {})}
    text = "Content-Type: text/plain\n\nAlice sent you this message with iim.\n"
    parts = [text, own] if parts is None else [p.replace("@OWN@", own) for p in parts]
    body = "".join(f"--b\n{p}\n" for p in parts) + "--b--\n"
    return front + "".join(f"{k}: {v}\n" for k, v in fields.items() if k not in drop) + "\n" + body

def mails():
    v = {"from": ALICE, "to": [BOB], "message_id": "abc@example.org", "auto_submitted": "auto-generated",
         "received": 0, "answerable": "anybody", "date": 1767225600, "part": SEALED.hex(), "others": [], "stays": False}
    def ok(name, what, m, crlf=False, kind="marked", **more):
        vector(f"mail/{name}", dict(what=what, kind=kind, expect="ok", lines="crlf" if crlf else "lf", value=v | more), m, "eml")
    def no(name, what, m, error, kind="marked", **f):
        vector(f"mail/{name}", dict(what=what, kind=kind, expect="error " + error, lines="lf", **f), m, "eml")
    both = ["IIM", "X-IIM"]
    text = "Content-Type: text/plain\n\nhello\n"
    ok("sealed", "a sealed letter", mail())
    ok("crlf", "lines that end in CR LF", mail(), crlf=True)
    ok("from-line", "an mbox From line in front, an empty line more at the end",
       mail(front="From alice@example.org Thu Jan  1 00:00:00 2026\n") + "\n")
    request = cbor([0, cbor(letter(1, REQUEST)), bytes([0x51] * 64)])
    ok("request", "a request", mail(request, "Alice would like to talk with you (iim)"), part=request.hex())
    ok("folded-from", "name and address in two lines, the address in capitals",
       mail(head={"From": '"Alice\n\tin two lines" <Alice@EXAMPLE.org>'}))
    ok("several-to", "more receivers", mail(head={"To": "Carol <carol@example.com>, bob@example.net"}),
       to=["carol@example.com", BOB])
    trace = "Return-Path: <alice@example.org>\nDelivered-To: bob@example.net\n" + "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\n" * 3
    ok("trace", "what mail systems put in front", mail(front=trace), received=3)
    ok("footer", "a text that a mail system hung on", mail() + "scanned, no virus found\n")
    ok("extra-part", "a part that a mail system hung on", mail(parts=[text, "@OWN@", text]))
    ok("no-end", "the last boundary is missing", mail().replace("--b--\n", ""))
    ok("null-path", "a null return path: answered only to whom we know", mail(front="Return-Path: <>\n"), answerable="known")
    ok("list", "from a mailing list: answered only to whom we know", mail(head={"List-Id": "<friends.example.org>"}), answerable="known")
    ok("bulk", "Precedence: bulk: answered only to whom we know", mail(head={"Precedence": "bulk"}), answerable="known")
    ok("daemon", "from a mail system: answered only to whom we know", mail(head={"From": "MAILER-DAEMON@example.org"}),
       answerable="known", **{"from": "mailer-daemon@example.org"})
    ok("auto-replied", "an automatic answer: answered only to whom we know", mail(head={"Auto-Submitted": "auto-replied (vacation)"}),
       answerable="known", auto_submitted="auto-replied")
    ok("auto-notified", "an automatic mail of a kind that we do not know: answered only to whom we know",
       mail(head={"Auto-Submitted": "auto-notified; owner-email=x@example.org"}), answerable="known", auto_submitted="auto-notified")
    ok("circles", "51 Received lines: never answered", mail(front=trace * 17), received=51, answerable="nobody")
    no("ordinary", "an ordinary mail", mail(subject="hello", drop=both), "no-marker", kind="none")
    no("newer", "marked with version 2", mail(head={"IIM": "2"}), "newer")
    no("newer-part", "a part of a later version", mail(cbor([9, "x"])), "newer")
    ok("alternative", "multipart/alternative", mail(sub="alternative"))
    no("digest", "a multipart in which our part does not stand", mail(sub="digest"), "not-mixed")
    no("marker", "a marker that says what no version says", mail(head={"IIM": "one"}, drop=["X-IIM"]), "marker")
    ok("x-marker", "a relay dropped the field IIM", mail(drop=["IIM"]))
    ok("encoded-marker", "a marker in an encoded word", mail(head={"IIM": "=?utf-8?Q?1?="}, drop=["X-IIM"]))
    ok("commented-marker", "a marker with a comment", mail(head={"IIM": "1 (checked)"}, drop=["X-IIM"]))
    ok("byte-order-mark", "a byte order mark before From", "\ufeff" + mail())
    ok("titled", "both markers were dropped: the subject is exactly ours", mail(drop=both), kind="titled")
    ok("titled-tagged", "the same with a tag in front", mail(subject="[EXTERNAL] Sealed message (iim)", drop=both), kind="titled")
    ok("titled-changed", "the subject is not exactly ours: heard, but the mail stays",
       mail(subject="*SPAM* Sealed message (iim)", drop=both), kind="titled", stays=True)
    ok("titled-request", "a request that lost its markers, its name in an encoded word",
       mail(request, "=?utf-8?Q?Alice?= would like to talk with you (iim)", drop=both), kind="titled", part=request.hex())
    no("answer", "an answer to a sealed mail", mail(subject="Re: Sealed message (iim)", drop=both), "no-marker", kind="none")
    no("answer-encoded", "the same, its beginning in an encoded word",
       mail(subject="=?utf-8?Q?Re=3A?= Sealed message (iim)", drop=both), "no-marker", kind="titled")
    no("answer-field", "an answer under the old subject", mail(head={"In-Reply-To": "<abc@example.org>"}, drop=both),
       "no-marker", kind="none")
    no("resent", "resent by hand", mail(head={"Resent-From": BOB}, drop=both), "no-marker", kind="none")
    no("titled-other", "no part of ours under the subject", mail(parts=[text], drop=both), "no-part", kind="titled")
    octets = lambda m: m.replace("application/vnd.iim", 'application/octet-stream; name="letter.iim"')
    ok("octets", "the part is called application/octet-stream", octets(mail()))
    no("octets-titled", "the same without a marker", octets(mail(drop=both)), "no-part", kind="titled")
    def nested(times, m):
        head, body = m.split("\n\n", 1)
        for i in range(times):
            head, own = head.split("Content-Type: ")
            body = f"--n{i}\nContent-Type: {own}\n\n{body}\n--n{i}\n{text}\n--n{i}--\n"
            head += f'Content-Type: multipart/mixed; boundary="n{i}"'
        return head + "\n\n" + body
    ok("nested", "a gateway wrapped the mail to add its footer", nested(1, mail()))
    ok("nested-deep", "the fifth multipart holds the part", nested(4, mail()))
    no("nested-deeper", "the sixth does", nested(5, mail()), "no-part")
    ok("folded-boundary", "the boundary is folded behind its =", mail().replace('boundary="b"', 'boundary=\n "b"'))
    ok("copies", "the part stands there twice", mail(parts=[text, "@OWN@", "@OWN@"]))
    b64lines = base64.encodebytes(SEALED).decode()
    ok("footer-in-part", "a footer behind the base64", mail(encoded=b64lines + "\n---\nThis mail has been checked.\nwww.example.com\n"))
    no("word-in-part", "what could be base64 stands behind it", mail(encoded=b64lines.rstrip("=\n") + "\nscanned\n"), "base64")
    for n, encoding in enumerate(("X-Was: base64", "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: base64;")):
        ok(f"encoding-{n + 1}", "base64 under another transfer encoding: its first byte tells",
           mail().replace("Content-Transfer-Encoding: base64", encoding))
    ok("rewritten-from", "the mail system has put another address into From",
       mail(head={"From": "Alice via list <list@lists.example.com>", "Reply-To": "Alice@Example.org",
                  "X-Google-Original-From": "Alice <google@example.org>", "Sender": "list@lists.example.com"},
            front="Return-Path: <path@example.org>\n"),
       others=[ALICE, "google@example.org", "path@example.org"], **{"from": "list@lists.example.com"})
    no("no-part", "no iim part", mail(parts=[text, text]), "no-part")
    no("two-parts", "two iim parts that differ", mail(parts=[text, "@OWN@", "@OWN@"]).replace("gwEBWQEA", "gwEBWQEB", 1), "many-parts")
    no("forwarded", "the iim mail stands within another", mail(parts=[text, "Content-Type: message/rfc822\n\n" + mail()
       .replace('"b"', '"inner"').replace("--b", "--inner")]), "no-part")
    no("bad-base64", "a character that is not base64 in the first line", mail(encoded="gwEB*QXg=\n"), "base64")
    no("bad-cbor", "base64 of something else", mail(b"hello"), "malformed")
    no("truncated", "the mail ends within a line of the part", mail()[:-60], "base64")
    no("truncated-line", "the mail ends after a line of the part", mail()[:mail().rindex("paan")], "malformed")
    no("no-from", "no From", mail(drop=["From"]), "from")
    no("two-from", "two authors", mail(head={"From": "alice@example.org, eve@example.com"}), "from")
    no("two-from-fields", "two From fields", mail(front="From: eve@example.com\n"), "from")
    no("odd-from", "an author with a quoted local part", mail(head={"From": '"a b"@example.org'}), "from-address")
    no("large-part", "a part of more than 200,000 bytes", mail(encoded="@FILL@\n"), "part-too-large", fill=300_000)
    no("large-header", "a header of more than 65,536 bytes", mail(head={"X-Long": "@FILL@"}), "header-too-large", fill=70_000)
    no("large-mail", "a part that would fill 50 MB", mail(encoded="@FILL@\n"), "mail-too-large", fill=50_000_000)
    no("empty", "nothing at all", "", "no-marker", kind="none")

def reports():
    ids, bob = ["abc@example.org"], BOB
    def report(status, back="text/rfc822-headers\n\nFrom: alice@example.org\nMessage-ID: <abc@example.org>\n",
               kind="delivery-status", part="message/delivery-status"):
        return ("Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.org\nTo: alice@example.org\nMIME-Version: 1.0\n"
                f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n--b\n'
                "Content-Type: text/plain\n\nThis is the mail system.\n\n--b\n"
                f"Content-Type: {part}\n\nReporting-MTA: dns; mail.example.org\n\n{status}\n--b\n"
                f"Content-Type: {back}\n--b--\n")
    failed = ("Final-Recipient: rfc822; bob@mail.example.net\nOriginal-Recipient: rfc822;bob@example.net\nAction: failed\n"
              "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User\n\tunknown\n")
    one = {"ids": ids, "returned": [], "recipient": bob, "action": "failed", "status": "5.1.1", "permanent": True,
           "reason": "550 5.1.1 User unknown"}
    ok = lambda name, what, m, v: vector(f"report/{name}", dict(what=what, expect="ok", value=v), m, "eml")
    no = lambda name, what, m, e: vector(f"report/{name}", dict(what=what, expect="error " + e), m, "eml")
    ok("failed", "no such user, header returned", report(failed), [one])
    ok("whole-mail", "the whole mail returned", report(failed, "message/rfc822\n\n" + mail().replace("--b", "--c").replace('"b"', '"c"')),
       [one | {"returned": [hashlib.sha256(SEALED).hexdigest()]}])
    ok("other-id", "a mail system gave the mail an id of its own: the part in it tells",
       report(failed, "message/rfc822\n\n" + mail(head={"Message-ID": "<other@example.com>"}).replace("--b", "--c").replace('"b"', '"c"')),
       [one | {"ids": ["other@example.com"], "returned": [hashlib.sha256(SEALED).hexdigest()]}])
    ok("no-type", "no report-type", report(failed).replace(" report-type=delivery-status;", ""), [one])
    ok("google", "Gmail gave the mail another id, and keeps ours",
       report(failed, "text/rfc822-headers\n\nMessage-ID: <new@mail.example>\nX-Google-Original-Message-ID: <abc@example.org>\n"),
       [one | {"ids": ["new@mail.example"] + ids}])
    words = lambda text, sender="MAILER-DAEMON", more="": (f"Return-Path: <>\nFrom: {sender}@mx.example.org\nTo: alice@example.org\n"
        f"Subject: failure notice\n{more}\n{text}\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <alice@example.org>\n"
        "From: alice@example.org\nMessage-ID: <abc@example.org>\nSubject: 4.4.4\n\nhello\n")
    said = {"recipient": None, "reason": "Sorry, no mailbox here by that name. (#5.1.1)"}
    ok("words", "a bounce in words, as qmail writes it",
       words("Hi. This is the qmail-send program.\n\n<bob@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)"), [one | said])
    ok("words-reply", "an SMTP reply alone says it", words("mx.example.net said:\n    550-no such user"),
       [one | {"recipient": None, "status": "", "reason": "550-no such user"}])
    ok("words-delay", "for a passing reason", words("451 4.4.1 timed out, still trying"),
       [one | {"recipient": None, "action": "delayed", "status": "4.4.1", "permanent": False, "reason": "451 4.4.1 timed out, still trying"}])
    ok("words-unreturnable", "from another sender, but without a return path", words("550 5.1.1 no such user", "gateway"),
       [one | {"recipient": None, "reason": "550 5.1.1 no such user"}])
    no("words-unclear", "a bounce that does not say for good or not", words("Something became of your mail."), "no-status")
    no("words-answer", "what somebody's vacation program says", words("room 550 5.1.1", "bob", "In-Reply-To: <abc@example.org>\n"), "not-a-report")
    ok("delayed", "still trying", report("Final-Recipient: rfc822;bob@example.net\nAction: delayed\nStatus: 4.4.1\n"),
       [one | {"action": "delayed", "status": "4.4.1", "permanent": False, "reason": "status 4.4.1"}])
    ok("given-up", "given up for a passing reason: trying again may help",
       report(failed.replace("5.1.1", "4.4.7")), [one | {"status": "4.4.7", "permanent": False, "reason": "550 4.4.7 User unknown"}])
    ok("two", "two receivers", report(failed + "\nFinal-Recipient: rfc822; carol@example.com\nAction: delivered\nStatus: 2.0.0\n"),
       [one, {"ids": ids, "returned": [], "recipient": "carol@example.com", "action": "delivered", "status": "2.0.0", "permanent": False, "reason": "status 2.0.0"}])
    exchange = ("Message-ID: <new@prod.outlook.example>\nX-Microsoft-Original-Message-ID:\n <abc@example.org>\n")
    ok("exchange", "Exchange gave the mail another id, and keeps ours",
       report(failed, "text/rfc822-headers\n\nFrom: alice@example.org\n" + exchange), [one | {"ids": ["new@prod.outlook.example"] + ids}])
    ok("no-header", "the id stands in the words alone",
       report(failed, "text/plain\n\nYour mail:\n> Message-ID: <abc@example.org>\n"), [one])
    ok("no-id", "the id stands nowhere", report(failed, "text/plain\n\nsorry\n"), [one | {"ids": []}])
    ok("no-action", "no action: the status tells", report(failed.replace("Action: failed\n", "")), [one])
    ok("escape", "a reason that would move the cursor", report(failed.replace("User", "\x1b[2J\x07User")), [one])
    no("mdn", "a report on reading", report(failed, kind="disposition-notification"), "not-a-report")
    no("ordinary", "an ordinary mail", mail(drop=["IIM"]), "not-a-report")
    no("no-status", "no part for programs", report(failed, part="text/plain"), "no-status")

def written():
    """Sealed mails to the last byte, as 7.1 has them: they tell no two programs apart."""
    part = cbor([1, 1, bytes(range(256))])
    words = ("{who} sent you this message with iim.\n\n"
             "iim is instant messaging by ordinary mail. The message is sealed: it is\n"
             "in the attached part, and only its receiver's iim can open it.\n\n"
             "If you use iim and find this mail in your mailbox, then iim was not\n"
             'there to take it when it came. "iim doctor" says how to mend that.\n\n'
             "If you do not use iim, you cannot read the message. Just reply to this\n"
             "mail in ordinary words; {short} will read your answer.\n")
    for case, what, name in [("named", "a sealed mail of somebody with a name", "Alice"),
                             ("nameless", "of somebody without one", ""),
                             ("accented", "of somebody whose name is not ASCII: it is left out", "Jürgen")]:
        shown = name if name.isascii() else ""
        identity = "abcdefghij234567klmn@example.org"
        boundary = "iim_" + hashlib.sha256(b"iim1 boundary" + identity.encode() + part).hexdigest()[:24]
        text = words.format(who=f"{shown} <{ALICE}>" if shown else ALICE, short=shown or ALICE)
        encoded = base64.b64encode(part).decode()
        encoded = "".join(encoded[i:i + 76] + "\n" for i in range(0, len(encoded), 76))
        body = (f'From: "{shown}" <{ALICE}>\n' if shown else f"From: <{ALICE}>\n") + (
            f"To: <{BOB}>\nSubject: Sealed message (iim)\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <{identity}>\n"
            "IIM: 1\nX-IIM: 1\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n--{boundary}\n'
            'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 7bit\n\n'
            f"{text}\n--{boundary}\n"
            'Content-Type: application/vnd.iim\nContent-Disposition: attachment; filename="letter.iim"\n'
            f"Content-Transfer-Encoding: base64\n\n{encoded}\n--{boundary}--\n")
        vector(f"written/{case}", {"what": what, "expect": "ok", "lines": "crlf", "from": ALICE, "name": name, "to": BOB,
               "message_id": identity, "date": 1767225600, "part": part.hex()}, body, "eml")

if __name__ == "__main__":
    for make in (letters, parts, padded, signed, nicks, safeties, links, frames, mails, written, reports):
        make()
