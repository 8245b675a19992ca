#!/usr/bin/env python3
"""Writes the vectors of a group's letters (README.md, sections 17 and 18), from the specification alone: no line of iim is used.

Each is read a second time here before it is written, by a reader that shares nothing with what made it. Run this in its folder;
it replaces what it makes, nothing else.
"""
import hashlib

from book import Act, Entry, Refused, Story, check, entry, listed, mid, n63, needed, sized, typed, whole
from make import ID2, PRESENCE, REQUEST, SENT, Raw, bad, cbor, good, letter, lines, value, vector

# --- reading (sections 2, 17.1 and 18) ---------------------------------------------------------------------------

def many(items, least, most, read):
    check(least <= len(typed(items, list)) <= most, "size")
    return [read(one) for one in items]

def hexed(size): return lambda item: sized(item, bytes, size, size).hex()

def ordinal(item):
    check(n63(item) > 0, "value")
    return item

def heads(item): return many(item, 0, 8, hexed(16))

def act(item): return Act(cbor(item)) and cbor(item).hex()

def an_entry(item): return Entry(item) and cbor(item).hex()

def text(least, most): return lambda item: sized(item, str, least, most)

def flag(item):
    check(typed(item, int) <= 1, "value")
    return item == 1

def fields(*forms):
    """A map: of each field its key, whether it must be there, its name and how it is read."""
    def read(item):
        found = listed(item)
        out = {}
        for key, must, name, form in forms:
            if must: needed(found, key)
            if key in found: out[name] = form(found[key])
        return out
    return read

SAYABLE = {
    6: fields((1, True, "text", text(1, 65536)), (2, False, "reply_to", hexed(16))),
    11: fields((1, True, "of", hexed(16)), (2, True, "text", text(1, 65536))),
    12: fields((1, True, "of", hexed(16)), (2, False, "why", text(1, 1024))),
    13: fields((1, True, "to", hexed(16)), (2, True, "emoji", text(1, 64)), (3, True, "on", flag)),
}
LISTED = {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}

def said(item):
    found = listed(item)
    kind = n63(needed(found, 4))
    check(kind in SAYABLE or kind not in LISTED, "value")
    # Of an unknown kind only what cbor writes is tried here.
    body = SAYABLE.get(kind, lambda raw: {"raw": cbor(raw).hex()})
    return fields((1, False, "group", hexed(16)), (2, True, "number", ordinal), (3, True, "before", hexed(16)), (4, True, "kind", n63),
                  (5, True, "body", body), (6, False, "whose", hexed(8)), (7, True, "heads", heads), (8, False, "since", ordinal))(item)

def got_of(item):
    check(3 <= len(typed(item, list)) <= 4, "size")
    up_to = n63(item[1])
    out = {"author": hexed(8)(item[0]), "up_to": up_to, "hash": hexed(16)(item[2])}
    if len(item) == 4:
        bits = int.from_bytes(sized(item[3], bytes, 1, 32), "little")
        out["beyond"] = [up_to + 2 + bit for bit in range(256) if bits >> bit & 1]
    return out

def bid(item):
    which = typed(needed(listed(item), 2), int)
    check(which in (1, 2), "value")
    rest = [(3, True, "name", text(1, 64)), (4, True, "members", lambda all: many(all, 1, 50, hexed(8))), (6, False, "ended", hexed(32))] if which == 1 else [(5, True, "entry", an_entry)]
    return fields((1, True, "group", hexed(16)), (2, True, "bid", int), *rest)(item)

def got(item):
    least = 0 if 4 in listed(item) else 1
    return fields((1, False, "group", hexed(16)), (2, True, "of", lambda all: many(all, least, 50, got_of)), (3, True, "heads", heads),
                  (4, False, "opened", lambda all: many(all, 1, 50, hexed(8))))(item)

def offset_of_day(item):
    check(typed(item, int) < 86400, "value")
    return item

MADE = fields((0, True, "group", hexed(16)), (1, True, "maker", hexed(8)), (2, True, "name", hexed(8)), (3, True, "offset", offset_of_day),
              (4, True, "heads", lambda all: many(all, 1, 8, hexed(32))), (5, True, "first", n63),
              (6, True, "prints", lambda all: many(all, 1, 40, hexed(8))))

def room_key(item):
    """A key of rooms (18.1)."""
    check(len(typed(item, list)) == 4, "size")
    made = MADE(whole(sized(item[0], bytes, 0, 1024)))
    hexed(64)(item[1])
    return made | {"window": n63(item[2]), "secret": hexed(32)(item[3])}

def status(item):
    check(typed(item, int) <= 2, "value")
    return item

READERS = {
    15: fields((1, True, "group", hexed(16)), (2, True, "acts", lambda all: many(all, 0, 128, act)),
               (3, False, "room", lambda key: room_key(key) and cbor(key).hex()), (4, True, "heads", heads),
               (5, True, "entries", lambda all: many(all, 0, 50, an_entry))),
    16: said,
    17: got,
    18: bid,
    19: fields((2, True, "status", status), (3, True, "heads", heads), (4, True, "member", hexed(8)),
               (5, True, "session", lambda session: sized(session, bytes, 1, 256).hex()), (6, True, "signature", hexed(64)),
               (7, True, "coming", hexed(8))),
    20: fields((1, True, "letters", lambda all: many(all, 0, 64, lambda one: sized(one, bytes, 0, 131072).hex()))),
}

def read(raw): return read_letter(whole(raw))

def read_letter(item):
    found = listed(item)
    kind = needed(found, 2)
    out = {"id": hexed(16)(needed(found, 0)), "sent": n63(needed(found, 1)), "kind": kind, "body": (READERS | SAYABLE)[kind](needed(found, 3))}
    return out | ({"holds": n63(found[4])} if 4 in found else {})

def why_not(raw):
    try: return read(raw)
    except Refused as cause: return str(cause)

# --- the hash of something said (17.3) -----------------------------------------------------------------------

def said_hash(gid, author, whole_letter):
    """Of a letter as `letter` makes it; its body is written as it was given."""
    body = whole_letter[3]
    whose = [body[6]] if 6 in body else []
    items = [gid, author, whole_letter[0], whole_letter[1], body[2], body[3], body[4], body[5]] + whose
    return hashlib.sha256(b"iim1 said" + cbor(items)).digest()[:16]

# --- the vectors ---------------------------------------------------------------------------------------------

def ok(name, what, kind, body, came, **more):
    raw, expected = cbor(letter(kind, body, holds=0)), value(kind, came, holds=0)
    assert read(raw) == expected, (name, read(raw))
    good("letter", name, what, raw, expected, **more)

def no(name, what, kind, body, error):
    raw = cbor(letter(kind, body, holds=0))
    assert why_not(raw) == error, (name, why_not(raw))
    bad("letter", name, what, raw, error)

def without(key, of): return {k: v for k, v in of.items() if k != key}

STORY = Story()
STORY.with_members("bob", "carol")
GID, HEADS = STORY.gid, [one[:16] for one in STORY.heads(STORY.acts)]
ACTS = [whole(raw) for raw in STORY.all()]
ENTRY = entry("dave", 0, GID)
ALICES, BOBS, CAROLS = mid("alice"), mid("bob"), mid("carol")
BEFORE = bytes([0xB0] * 16)

def told():
    all = {1: GID, 2: ACTS, 4: HEADS, 5: [ENTRY]}
    all_v = {"group": GID.hex(), "acts": [cbor(one).hex() for one in ACTS], "heads": [one.hex() for one in HEADS],
             "entries": [cbor(ENTRY).hex()]}
    least = {1: GID, 2: [], 4: [], 5: []}
    least_v = {"group": GID.hex(), "acts": [], "heads": [], "entries": []}
    ok("told", "the three acts of a book, its head, and an entry", 15, all, all_v)
    ok("told-least", "nothing is told but the group", 15, least, least_v)
    ok("told-heads", "eight heads", 15, least | {4: HEADS * 8}, least_v | {"heads": [HEADS[0].hex()] * 8})
    later = {1: GID, 2: [], 4: [], 5: [], 6: b"later"}
    ok("told-fields", "fields of a later version are passed over", 15, later, least_v, again="differs")
    for key, what in ((1, "group"), (2, "acts"), (4, "heads"), (5, "entries")):
        no(f"told-no-{what}", f"no {what}", 15, without(key, all), "missing")
    no("told-heads-nine", "nine heads", 15, all | {4: HEADS * 9}, "size")
    no("told-head-short", "a head of 15 bytes", 15, all | {4: [HEADS[0][1:]]}, "size")
    no("told-group-long", "a group of 17 bytes", 15, all | {1: GID + b"x"}, "size")
    no("told-act-bytes", "an act that is bytes", 15, all | {2: [cbor(ACTS[0])]}, "type")
    deed, signature = ACTS[0]
    no("told-act-trailing", "a byte after the end of a deed: the whole letter is refused", 15, all | {2: ACTS[1:] + [[deed + b"\0", signature]]},
       "trailing")
    no("told-act-unsigned", "an act without a signature", 15, all | {2: [[deed]]}, "size")
    no("told-entry-low", "an entry with a Curve25519 key of low order", 15, all | {5: [entry("dave", 0, GID, low=True)]}, "value")
    rooms(all, all_v)

def a_room_key(**other):
    """A key as alice may make it; who has need of one that holds makes it in rooms.py."""
    made = {0: GID, 1: ALICES, 2: bytes([0xA7] * 8), 3: 14950, 4: STORY.heads(STORY.acts), 5: 20454, 6: [bytes([i] * 8) for i in range(3)]}
    made |= {int(key[1:]): new for key, new in other.items()}
    return [cbor(made), bytes([0x51] * 64), 20455, bytes(range(32))]

def rooms(all, all_v):
    least_v = {"group": GID.hex(), "acts": [], "heads": [], "entries": []}
    def with_key(key): return {1: GID, 2: [], 3: key, 4: [], 5: []}
    def key_ok(name, what, key, **more):
        ok(f"told-key{name}", what, 15, with_key(key), least_v | {"room": cbor(key).hex()}, **more)
    def key_no(name, what, key, error): no(f"told-key-{name}", what, 15, with_key(key), error)
    key = a_room_key()
    key_ok("", "a key of rooms (its signature is looked at when the book is there)", key)
    ok("told-all", "acts, a key, heads and an entry", 15, {1: GID, 2: ACTS, 3: key, 4: HEADS, 5: [ENTRY]}, all_v | {"room": cbor(key).hex()})
    key_ok("-most", "eight heads, and forty windows", a_room_key(_4=STORY.heads(STORY.acts) * 8, _6=[bytes(8)] * 40))
    key_ok("-later", "a field of a later version within what is signed stays there", a_room_key(_7=b"later"))
    key_ok("-offset-most", "the greatest offset", a_room_key(_3=86399))
    for field, what in enumerate(("group", "maker", "name", "offset", "heads", "first", "prints")):
        made = without(field, dict(whole(key[0])))
        key_no(f"no-{what}", f"a key without {what}", [cbor(made)] + key[1:], "missing")
    key_no("offset-day", "an offset of a day", a_room_key(_3=86400), "value")
    key_no("offset-text", "an offset that is text", a_room_key(_3="0"), "type")
    key_no("headless", "no heads", a_room_key(_4=[]), "size")
    key_no("heads-nine", "nine heads", a_room_key(_4=STORY.heads(STORY.acts) * 9), "size")
    key_no("head-short", "a head of 16 bytes, as letters have them", a_room_key(_4=HEADS), "size")
    key_no("printless", "no prints", a_room_key(_6=[]), "size")
    key_no("prints-many", "forty-one prints", a_room_key(_6=[bytes(8)] * 41), "size")
    key_no("print-long", "a print of 9 bytes", a_room_key(_6=[bytes(9)]), "size")
    key_no("first-large", "a first window of 2^63", a_room_key(_5=2**63), "value")
    key_no("long", "1,025 bytes that are signed", a_room_key(_7=bytes(1025 - len(key[0]) - 4)), "size")
    key_no("three", "a key without its secret", key[:3], "size")
    key_no("five", "a fifth item", key + [1], "size")
    key_no("map", "a key that is a map", {1: 1}, "type")
    key_no("open", "what is signed is a map and no bytes", [Raw(key[0])] + key[1:], "type")
    key_no("trailing", "a byte after what is signed", [key[0] + b"\0"] + key[1:], "trailing")
    key_no("empty", "nothing is signed", [b""] + key[1:], "malformed")
    key_no("signature-short", "a signature of 63 bytes", [key[0], bytes(63)] + key[2:], "size")
    key_no("window-large", "the window 2^63", key[:2] + [2**63, key[3]], "value")
    key_no("secret-short", "a secret of 31 bytes", key[:3] + [bytes(31)], "size")

def saids():
    all = {1: GID, 2: 7, 3: BEFORE, 4: 6, 5: {1: "at ten?", 2: ID2}, 6: CAROLS, 7: HEADS, 8: 5}
    all_v = {"group": GID.hex(), "number": 7, "before": BEFORE.hex(), "kind": 6, "body": {"text": "at ten?", "reply_to": ID2.hex()},
             "whose": CAROLS.hex(), "heads": [one.hex() for one in HEADS], "since": 5}
    least = {2: 1, 3: bytes(16), 4: 6, 5: {1: "hi"}, 7: []}
    least_v = {"number": 1, "before": "00" * 16, "kind": 6, "body": {"text": "hi"}, "heads": []}
    ok("said", "a text that answers one of carol's; the fifth was the first to this receiver", 16, all, all_v)
    ok("said-least", "the first that its author says; what only a room leaves out is left out", 16, least, least_v)
    ok("said-edit", "another wording of a text of the author's", 16, least | {4: 11, 5: {1: ID2, 2: "at nine"}},
       least_v | {"kind": 11, "body": {"of": ID2.hex(), "text": "at nine"}})
    ok("said-retract", "a text of the author's is taken back", 16, least | {4: 12, 5: {1: ID2}},
       least_v | {"kind": 12, "body": {"of": ID2.hex()}})
    react = {2: 8, 3: BEFORE, 4: 13, 5: {1: ID2, 2: "👍", 3: 1}, 6: BOBS, 7: []}
    ok("said-react", "a sign to a text of bob's", 16, react,
       {"number": 8, "before": BEFORE.hex(), "kind": 13, "body": {"to": ID2.hex(), "emoji": "👍", "on": True}, "whose": BOBS.hex(), "heads": []})
    ok("said-unknown", "a kind of a later version within is kept as it came", 16, least | {4: 99, 5: [1, "later"]},
       least_v | {"kind": 99, "body": {"raw": cbor([1, "later"]).hex()}})
    largest = 2**63 - 1
    ok("said-largest", "the greatest numbers", 16, least | {2: largest, 8: largest}, least_v | {"number": largest, "since": largest})
    ok("said-fields", "fields of a later version are passed over", 16, least | {9: b"later"}, least_v, again="differs")
    for key, what in ((2, "number"), (3, "before"), (4, "kind"), (5, "body"), (7, "heads")):
        no(f"said-no-{what}", f"no {what}", 16, without(key, all), "missing")
    no("said-number-zero", "the number 0", 16, all | {2: 0}, "value")
    no("said-number-large", "the number 2^63", 16, all | {2: 2**63}, "value")
    no("said-since-zero", "0 as the first number to this receiver", 16, all | {8: 0}, "value")
    no("said-before-short", "a hash of 15 bytes", 16, all | {3: BEFORE[1:]}, "size")
    no("said-whose-long", "a member of 9 bytes", 16, all | {6: CAROLS + b"x"}, "size")
    no("said-heads-nine", "nine heads", 16, all | {7: HEADS * 9}, "size")
    no("said-text-empty", "a text without words within", 16, all | {5: {1: ""}}, "size")
    no("said-kind-text", "a kind that is text", 16, all | {4: "text"}, "type")
    no("said-request", "a request within", 16, all | {4: 1, 5: REQUEST}, "value")
    no("said-presence", "a presence within", 16, all | {4: 4, 5: PRESENCE}, "value")
    no("said-typing", "a typing within", 16, all | {4: 14, 5: {1: 1}}, "value")
    no("said-said", "something said within something said", 16, all | {4: 16, 5: least}, "value")
    no("said-gather", "letters gathered within", 16, all | {4: 20, 5: {1: []}}, "value")

def gots():
    of = [[ALICES, 7, BEFORE, bytes([0b101, 0, 0b10000000])], [BOBS, 0, bytes(16)]]
    all = {1: GID, 2: of, 3: HEADS}
    all_v = {"group": GID.hex(), "of": [{"author": ALICES.hex(), "up_to": 7, "hash": BEFORE.hex(), "beyond": [9, 11, 32]},
             {"author": BOBS.hex(), "up_to": 0, "hash": "00" * 16}], "heads": [one.hex() for one in HEADS]}
    least, least_v = {2: [[CAROLS, 1, BEFORE]], 3: []}, {"of": [{"author": CAROLS.hex(), "up_to": 1, "hash": BEFORE.hex()}], "heads": []}
    ok("got", "of alice's all up to 7, and 9, 11 and 32; of bob's none in a row", 17, all, all_v)
    ok("got-least", "of carol's the first; what only a room leaves out is left out", 17, least, least_v)
    ok("got-beyond-first", "the first alone is missing: the lowest bit of the first byte is 2", 17, least | {2: [[CAROLS, 0, bytes(16), b"\1"]]},
       least_v | {"of": [{"author": CAROLS.hex(), "up_to": 0, "hash": "00" * 16, "beyond": [2]}]})
    ok("got-beyond-most", "32 bytes for what came beyond, one of which has come", 17, least | {2: [[CAROLS, 1, BEFORE, bytes(31) + b"\x80"]]},
       least_v | {"of": [least_v["of"][0] | {"beyond": [258]}]})
    ok("got-fifty", "of fifty", 17, least | {2: [[CAROLS, 1, BEFORE]] * 50}, least_v | {"of": least_v["of"] * 50})
    for key, what in ((2, "of"), (3, "heads")):
        no(f"got-no-{what}", f"no {what}", 17, without(key, all), "missing")
    no("got-nobody", "of nobody", 17, all | {2: []}, "size")
    no("got-fifty-one", "of fifty-one", 17, all | {2: [[CAROLS, 1, BEFORE]] * 51}, "size")
    no("got-beyond-empty", "no byte for what came beyond", 17, all | {2: [[CAROLS, 1, BEFORE, b""]]}, "size")
    no("got-beyond-long", "33 bytes for what came beyond", 17, all | {2: [[CAROLS, 1, BEFORE, bytes(33)]]}, "size")
    no("got-hashless", "a number without its hash", 17, all | {2: [[CAROLS, 1]]}, "size")
    no("got-five", "five items of one author", 17, all | {2: [[CAROLS, 1, BEFORE, b"\1", b"\1"]]}, "size")
    no("got-number-large", "the number 2^63", 17, all | {2: [[CAROLS, 2**63, BEFORE]]}, "value")
    no("got-author-short", "a member of 7 bytes", 17, all | {2: [[CAROLS[1:], 1, BEFORE]]}, "size")
    no("got-map", "a map of authors", 17, all | {2: {1: 1}}, "type")
    comings = [bytes([0xC0, i] * 4) for i in range(50)]
    named = lambda count: {"opened": [one.hex() for one in comings[:count]]}
    ok("got-comings", "in a room: two comings were opened", 17, least | {4: comings[:2]}, least_v | named(2))
    ok("got-comings-alone", "in a room: a coming was opened, and there is no other news", 17, {2: [], 3: HEADS, 4: comings[:1]},
       {"of": [], "heads": [one.hex() for one in HEADS]} | named(1))
    ok("got-comings-fifty", "fifty comings", 17, least | {4: comings}, least_v | named(50))
    no("got-comings-none", "no comings, though there is a list", 17, least | {4: []}, "size")
    no("got-comings-many", "fifty-one comings", 17, least | {4: comings + [bytes(8)]}, "size")
    no("got-coming-short", "a coming of 7 bytes", 17, least | {4: [bytes(7)]}, "size")
    no("got-coming-text", "a coming that is text", 17, least | {4: ["12345678"]}, "type")

def theres():
    all = {2: 1, 3: HEADS, 4: BOBS, 5: bytes(range(229)), 6: bytes([0x51] * 64), 7: bytes([0xC0] * 8)}
    all_v = {"status": 1, "heads": [one.hex() for one in HEADS], "member": BOBS.hex(), "session": bytes(range(229)).hex(),
             "signature": "51" * 64, "coming": "c0" * 8}
    def ok_bare(name, what, body, came, **more):
        raw, expected = cbor(letter(19, body)), value(19, came)
        assert read(raw) == expected, (name, read(raw))
        good("letter", name, what, raw, expected, **more)
    ok_bare("there", "bob is there", all, all_v)
    ok_bare("there-least", "no heads, a session of one byte", all | {3: [], 5: b"x"}, all_v | {"heads": [], "session": b"x".hex()})
    ok_bare("there-most", "eight heads, a session of 256 bytes", all | {3: HEADS * 8, 5: bytes(256)},
            all_v | {"heads": [HEADS[0].hex()] * 8, "session": bytes(256).hex()})
    ok_bare("there-fields", "fields of a later version, before and after, are passed over", {1: GID} | all | {8: 1}, all_v, again="differs")
    for key, what in ((2, "status"), (3, "heads"), (4, "member"), (5, "session"), (6, "signature"), (7, "coming")):
        no(f"there-no-{what}", f"no {what}", 19, without(key, all), "missing")
    no("there-status", "a status that is not listed", 19, all | {2: 3}, "value")
    no("there-heads-nine", "nine heads", 19, all | {3: HEADS * 9}, "size")
    no("there-member-long", "a member of 9 bytes", 19, all | {4: BOBS + b"x"}, "size")
    no("there-session-none", "a session of no bytes", 19, all | {5: b""}, "size")
    no("there-session-long", "a session of 257 bytes", 19, all | {5: bytes(257)}, "size")
    no("there-session-text", "a session that is text", 19, all | {5: "session"}, "type")
    no("there-signature-short", "a signature of 63 bytes", 19, all | {6: bytes(63)}, "size")
    no("there-coming-short", "a coming of 7 bytes", 19, all | {7: bytes(7)}, "size")
    no("said-there", "a there within something said", 16, {2: 1, 3: bytes(16), 4: 19, 5: all, 7: []}, "value")

def bids():
    ask = {1: GID, 2: 1, 3: "Climbing", 4: [ALICES, BOBS, CAROLS]}
    ask_v = {"group": GID.hex(), "bid": 1, "name": "Climbing", "members": [ALICES.hex(), BOBS.hex(), CAROLS.hex()]}
    answer = {1: GID, 2: 2, 5: ENTRY}
    answer_v = {"group": GID.hex(), "bid": 2, "entry": cbor(ENTRY).hex()}
    ok("bid-ask", "a question, with who is in", 18, ask, ask_v)
    ok("bid-ask-least", "a name of one byte, and one member", 18, ask | {3: "C", 4: [ALICES]}, ask_v | {"name": "C", "members": [ALICES.hex()]})
    ok("bid-ask-most", "a name of 64 bytes, and fifty members", 18, ask | {3: "ä" * 32, 4: [ALICES] * 50},
       ask_v | {"name": "ä" * 32, "members": [ALICES.hex()] * 50})
    ok("bid-ask-again", "a question to somebody who was a member", 18, ask | {6: bytes(range(32))}, ask_v | {"ended": bytes(range(32)).hex()})
    ok("bid-ask-fields", "an entry, or what should be one, beside a question is passed over", 18, ask | {5: 0}, ask_v, again="differs")
    ok("bid-answer", "an answer: dave's entry", 18, answer, answer_v)
    ok("bid-answer-fields", "a name beside an answer is passed over", 18, {1: GID, 2: 2, 3: "Climbing", 5: ENTRY}, answer_v, again="differs")
    no("bid-no-group", "no group", 18, without(1, ask), "missing")
    no("bid-neither", "neither a question nor an answer", 18, without(2, ask), "missing")
    no("bid-zero", "a bid that is not there", 18, ask | {2: 0}, "value")
    no("bid-three", "a bid that is not there", 18, answer | {2: 3}, "value")
    no("bid-ask-nameless", "a question without a name", 18, without(3, ask), "missing")
    no("bid-ask-no-members", "a question that does not say who is in", 18, without(4, ask), "missing")
    no("bid-ask-name-empty", "a name of no bytes", 18, ask | {3: ""}, "size")
    no("bid-ask-name-long", "a name of 65 bytes", 18, ask | {3: "n" * 65}, "size")
    no("bid-ask-nobody", "nobody is in", 18, ask | {4: []}, "size")
    no("bid-ask-fifty-one", "fifty-one are in", 18, ask | {4: [ALICES] * 51}, "size")
    no("bid-answer-no-entry", "an answer without an entry", 18, without(5, answer), "missing")
    no("bid-answer-bytes", "an entry that is bytes", 18, answer | {5: cbor(ENTRY)}, "type")

def gathers():
    one = cbor(letter(16, {1: GID, 2: 7, 3: BEFORE, 4: 6, 5: {1: "hi"}, 7: HEADS, 8: 1}))
    two = cbor(letter(17, {1: GID, 2: [[CAROLS, 1, BEFORE]], 3: HEADS}) | {0: ID2})
    ok("gather", "something said, and what has come", 20, {1: [one, two]}, {"letters": [one.hex(), two.hex()]})
    ok("gather-none", "nothing is gathered", 20, {1: []}, {"letters": []})
    ok("gather-most", "64 letters", 20, {1: [b"x"] * 64}, {"letters": [b"x".hex()] * 64})
    ok("gather-other", "letters are looked at one by one: bytes that are none harm no other", 20, {1: [b"", two]}, {"letters": ["", two.hex()]})
    ok("gather-fields", "fields of a later version are passed over", 20, {1: [two], 2: 1}, {"letters": [two.hex()]}, again="differs")
    no("gather-missing", "no letters", 20, {}, "missing")
    no("gather-many", "65 letters", 20, {1: [b""] * 65}, "size")
    no("gather-one", "a letter that stands in no list", 20, {1: two}, "type")
    no("gather-map", "a letter that is no bytes", 20, {1: [letter(17, {2: [[CAROLS, 1, BEFORE]], 3: []})]}, "type")

def hashes():
    first = letter(16, {1: GID, 2: 1, 3: bytes(16), 4: 6, 5: {1: "hi"}, 7: HEADS, 8: 1}, holds=0)
    def case(name, what, one, author=ALICES):
        read(cbor(one))
        vector(f"said/{name}", dict(what=what, expect="ok", group=GID.hex(), author=author.hex(), hash=said_hash(GID, author, one).hex()),
               lines(cbor(one)))
        return said_hash(GID, author, one)
    hashed = case("first", "the first that alice says", first)
    copy = letter(16, {2: 1, 3: bytes(16), 4: 6, 5: {1: "hi"}, 7: []}, holds=3, presence=PRESENCE)
    assert case("copy", "the same with other heads, without group and first number, and more beside it: the same hash", copy) == hashed
    case("other-author", "the same said by bob", first, BOBS)
    second = letter(16, {1: GID, 2: 2, 3: hashed, 4: 13, 5: {1: ID2, 2: "👍", 3: 1}, 6: CAROLS, 7: HEADS, 8: 1}, holds=0)
    hashed = case("whose", "the second that alice says: a sign to a text of carol's", second | {0: ID2, 1: SENT + 1})
    third = letter(16, {1: GID, 2: 3, 3: hashed, 4: 99, 5: [1, "later"], 7: HEADS, 8: 1}, holds=0)
    case("unknown", "the third is of a kind of a later version", third | {0: bytes([3] * 16), 1: SENT + 2})

if __name__ == "__main__":
    for make in (told, saids, gots, theres, bids, gathers, hashes): make()
