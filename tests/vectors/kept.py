#!/usr/bin/env python3
"""Writes the vectors of kept copies (README.md, 3.2), from the specification alone: no line of iim is used. Each is read a second time
here before it is written: a copy is opened again, by other lines than those that sealed it.

Run this in its folder; it replaces what it makes, nothing else.
"""
import base64, hashlib, hmac

import make
from book import Refused, check, curve, item, listed, n63, needed, sized, typed
from make import ALICE, BOB, KEYS, cbor, good, lines, pad, vector
from rooms import unwrap, wrap

CODE = bytes(range(16))
NONCE = bytes(range(0x40, 0x58))

# --- what is sealed ------------------------------------------------------------------------------------------

def padded(kept):
    many = len(kept[6]) + len(kept.get(8, []))
    written = cbor(kept)
    return pad(written + bytes(max(0, min(4096 + 192 * many, 512 * 1024) - len(written))))

FRIEND = {1: BOB, 2: "Bob", 3: KEYS, 4: 1 + 4 + 8}
LEAST = {1: 1767225600, 2: ALICE, 3: "Alice", 4: bytes(range(64)), 5: 1767000000, 6: [], 7: 'address = "alice@example.org"\n'}
ALL = LEAST | {6: [FRIEND | {5: "sings 🎵", 6: ["tel:+1"], 7: 1767225600000, 8: "a@example.net"},
                   {1: "mallory@example.com", 2: "mallory", 4: 2}, {1: "carol@example.com", 2: "carol", 4: 1 + 16},
                   {1: "dave@example.com", 2: "dave", 4: 1 + 4 + 16, 9: KEYS, 10: bytes(range(0x30, 0x40))}],
               8: [[bytes(range(16)), "climbing", [BOB]], [bytes(range(16, 32)), "choir", [BOB], 3]], 9: 1}

def value(kept):
    person = lambda p: drop({"address": p[1], "name": p[2], "keys": keys(p.get(3)), "flags": p[4], "note": p.get(5), "ways": p.get(6),
                             "last_request": p.get(7), "knows_us_by": p.get(8), "pinned": keys(p.get(9)), "token": p[10].hex() if 10 in p else None})
    group = lambda g: {"group": g[0].hex(), "name": g[1], "friends": g[2], "flags": (g + [0])[3]}
    groups = None if 8 not in kept else [group(g) for g in kept[8]]
    return drop({"made": kept[1], "address": kept[2], "name": kept[3], "secrets": kept[4].hex(), "epoch": kept[5],
                 "people": [person(p) for p in kept[6]], "config": kept[7], "groups": groups, "flags": kept.get(9)})

def keys(k): return k and {"curve25519": k[1].hex(), "ed25519": k[2].hex()}

def drop(d): return {k: v for k, v in d.items() if v is not None}

# --- the second reader ---------------------------------------------------------------------------------------

def read(raw):
    """The map at the front, with every bound checked, and nothing but zeros behind it."""
    kept, end = item(raw, 0, 1)
    check(not any(raw[end:]), "trailing")
    kept = listed(kept)
    n63(needed(kept, 1)), n63(needed(kept, 5))
    address(needed(kept, 2)), sized(needed(kept, 3), str, 0, 64), sized(needed(kept, 4), bytes, 64, 64)
    typed(needed(kept, 7), str)
    out = {key: kept[key] for key in (1, 2, 3, 4, 5)}
    out[6] = [person(listed(one)) for one in typed(needed(kept, 6), list)]
    out[7] = kept[7]
    if 8 in kept:
        out[8] = [group(typed(one, list)) for one in typed(kept[8], list)]
    if 9 in kept: out[9] = n63(kept[9])
    return out

def address(text):
    sized(text, str, 3, 254)
    check("@" in text, "value")

def person(one):
    address(needed(one, 1)), sized(needed(one, 2), str, 1, 255), n63(needed(one, 4))
    for n in (3, 9):
        if n not in one: continue
        keys = listed(one[n])
        curve(needed(keys, 1)), sized(needed(keys, 2), bytes, 32, 32)
        one[n] = {1: keys[1], 2: keys[2]}
    if 5 in one: sized(one[5], str, 0, 1024)
    for way in typed(one.get(6, []), list): sized(way, str, 1, 1024)
    if 7 in one: n63(one[7])
    if 8 in one: address(one[8])
    if 10 in one: sized(one[10], bytes, 16, 16)
    return one

def group(one):
    check(len(one) in (3, 4), "size")
    sized(one[0], bytes, 16, 16), sized(one[1], str, 1, 255)
    check(1 <= len(typed(one[2], list)) <= 3, "size")
    for friend in one[2]: address(friend)
    for flags in one[3:]: n63(flags)
    return one

def hkdf(secret, info):
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\1", hashlib.sha256).digest()

def hkdf_rfc():
    """RFC 5869, appendix A.3, of whose 42 bytes these are the first."""
    assert hkdf(b"\x0b" * 22, b"").hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"

def code(bits):
    letters = base64.b32encode(bits).decode().rstrip("=") + base64.b32encode(hashlib.sha256(b"iim1 code" + bits).digest()).decode()[:2]
    return "-".join(letters.lower()[i:i + 4] for i in range(0, 28, 4))

def copy(kept, address=ALICE, bits=CODE, nonce=NONCE):
    sealed = wrap(hkdf(bits, b"iim1 copy"), nonce, address.encode(), padded(kept))
    opened = unwrap(hkdf(bits, b"iim1 copy"), address.encode(), sealed)
    check(opened == padded(kept) and read(opened) == kept, "value")
    return cbor([4, 1, nonce, sealed[24:]])

# --- the files -----------------------------------------------------------------------------------------------

def kepts():
    for name, what, kept in [("least", "nobody is known", LEAST), ("all", "all that may be kept", ALL)]:
        raw = padded(kept)
        check(read(raw) == kept, "value")
        good("kept", name, what, raw, value(kept))
    good("kept", "later", "a field of a later version is passed over", padded(LEAST | {10: "x"}), value(LEAST), again="differs")
    good("kept", "unpadded", "no padding at all is read, though nobody writes it", cbor(LEAST), value(LEAST), again="differs")
    without = lambda key: {k: v for k, v in LEAST.items() if k != key}
    def bad(folder, name, what, raw, word):
        try: read(raw)
        except Refused as why: check(why.args == (word,), f"{name}: {why}")
        else: check(False, name)
        make.bad(folder, name, what, raw, word)
    bad("kept", "hidden", "something stands behind it", padded(LEAST)[:-1] + b"\1", "trailing")
    bad("kept", "no-keys", "the account has no keys", padded(without(4)), "missing")
    bad("kept", "keys", "keys of 63 bytes", padded(LEAST | {4: bytes(63)}), "size")
    bad("kept", "address", "whose it is is no address", padded(LEAST | {2: "alice"}), "value")
    bad("kept", "person", "a friend without a name", padded(LEAST | {6: [{1: BOB, 4: 1}]}), "missing")
    bad("kept", "person-key", "a friend's key of low order", padded(LEAST | {6: [FRIEND | {3: {1: bytes(32), 2: KEYS[2]}}]}), "value")
    bad("kept", "group", "a group without friends", padded(LEAST | {8: [[bytes(16), "x", []]]}), "size")
    bad("kept", "group-long", "a group of which five things are said", padded(LEAST | {8: [[bytes(16), "x", [BOB], 1, 1]]}), "size")

def copies():
    shown = code(CODE)
    raw = copy(ALL)
    def one(name, what, raw, expect="ok", address=ALICE, shown=shown, **more):
        vector(f"copy/{name}", dict(what=what, expect=expect, code=shown, address=address, **more), lines(raw))
    one("all", "a copy opens under its code", raw, nonce=NONCE.hex(), value=value(ALL))
    one("typed", "the code as somebody types it", raw, shown=shown.upper().replace("-", " ").replace("B", "8"), nonce=NONCE.hex(),
        value=value(ALL))
    one("other-code", "another code", raw, "error sealed", shown=code(bytes(16)))
    one("other-address", "the copy of another address", raw, "error sealed", address=BOB)
    one("changed", "one bit is another", raw[:-1] + bytes([raw[-1] ^ 1]), "error sealed")
    one("cut", "its end is missing", cbor([4, 1, NONCE, raw[-200:-16]]), "error sealed")

if __name__ == "__main__":
    hkdf_rfc()
    kepts()
    copies()
