#!/usr/bin/env python3
"""Writes the vectors of a group's rooms (README.md, section 18), from the specification alone: no line of iim is used, and no
library for what is sealed. Each is read a second time here before it is written.

Every key and random number is known, so that the files come out the same again. Run this in its folder; it replaces what it
makes, nothing else.
"""
import base64, hashlib, struct

from book import NOW, Key, Refused, check, item as item_of, key, mid, typed, verifies, whole
from make import ID2, b64, bad, cbor, good, hmac256, letter, lines, offset, pad, vector
from group_letters import ALICES, BOBS, CAROLS, GID, HEADS, STORY, read_letter, room_key

DAY = 86400

# --- secrets, and where a room is (18.1, 18.3) ---------------------------------------------------------------

def next_secret(secret): return hmac256(secret, b"iim room next 1")

def print_of(secret): return hashlib.sha256(secret).digest()[:8]

def blocks(secret, use, network):
    for i in range(1 << 32):
        yield hmac256(secret, b"iim room 1\0" + use + b"\0" + network.encode() + b"\0" + struct.pack(">I", i))

def twelve(secret, use, network):
    drawn = (b"abcdefghijklmnopqrstuvwxyz0123456789"[b % 36] for block in blocks(secret, use, network) for b in block if b < 252)
    return bytes(next(drawn) for _ in range(12)).decode()

def channel(secret, network): return "#" + twelve(secret, b"name", network)

def channel_key(secret, network): return twelve(secret, b"key", network)

def wrap_key(secret, network): return next(blocks(secret, b"wrap", network))

# --- XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439) -----------------------------------------------

WORDS = (1 << 32) - 1

def quarter(s, a, b, c, d):
    for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = s[x] + s[y] & WORDS
        s[z] ^= s[x]
        s[z] = (s[z] << bits | s[z] >> 32 - bits) & WORDS

def twenty_rounds(key, rest):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + rest))
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)): quarter(s, a, b, c, d)
    return s

def chacha_block(key, count, nonce):
    rest = struct.pack("<I", count) + nonce
    first = struct.unpack("<16I", b"expand 32-byte k" + key + rest)
    return struct.pack("<16I", *(a + b & WORDS for a, b in zip(twenty_rounds(key, rest), first)))

def xored(key, nonce, text):
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range(-(-len(text) // 64)))
    return bytes(a ^ b for a, b in zip(text, stream))

def poly1305(key, text):
    r, s = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff, int.from_bytes(key[16:], "little")
    sum = 0
    for i in range(0, len(text), 16):
        sum = (sum + int.from_bytes(text[i:i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return (sum + s & (1 << 128) - 1).to_bytes(16, "little")

def sixteens(text): return text + bytes(-len(text) % 16)

def subkey(key, nonce):
    s = twenty_rounds(key, nonce[:16])
    return struct.pack("<8I", *s[:4], *s[12:]), bytes(4) + nonce[16:]

def tag_of(key, nonce, beside, sealed):
    lengths = struct.pack("<QQ", len(beside), len(sealed))
    return poly1305(chacha_block(key, 0, nonce)[:32], sixteens(beside) + sixteens(sealed) + lengths)

def wrap(key, nonce, beside, text):
    key, short = subkey(key, nonce)
    sealed = xored(key, short, text)
    return nonce + sealed + tag_of(key, short, beside, sealed)

def unwrap(key, beside, wrapped):
    check(len(wrapped) >= 40, "sealed")
    key, short = subkey(key, wrapped[:24])
    check(tag_of(key, short, beside, wrapped[24:-16]) == wrapped[-16:], "sealed")
    return xored(key, short, wrapped[24:-16])

def xchacha_draft():
    """Appendix A.3.1, and HChaCha20 of 2.2.1."""
    key, nonce = bytes(range(0x80, 0xa0)), bytes(range(0x40, 0x58))
    text = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
    sealed = wrap(key, nonce, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), text)
    assert sealed[24:40].hex() == "bd6d179d3e83d43b9576579493c0e939" and sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert unwrap(key, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), sealed) == text

# --- AES-256-CBC (FIPS 197, PKCS #7) -------------------------------------------------------------------------

def doubled(a): return (a << 1 ^ (0x11b if a & 0x80 else 0)) & 0xff

def product(a, b):
    out = 0
    while b:
        if b & 1: out ^= a
        a, b = doubled(a), b >> 1
    return out

def substituted(a):
    inverse = next((b for b in range(256) if product(a, b) == 1), 0)
    out = 0x63
    for turn in range(5): out ^= (inverse << turn | inverse >> 8 - turn) & 0xff
    return out

SBOX = [substituted(a) for a in range(256)]
BACK = [SBOX.index(a) for a in range(256)]
TIMES = {n: [product(a, n) for a in range(256)] for n in (1, 2, 3, 9, 11, 13, 14)}

def round_keys(key):
    words, constant = [key[i:i + 4] for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(SBOX[b] for b in word[1:] + word[:1])
            word, constant = bytes([word[0] ^ constant]) + word[1:], doubled(constant)
        elif i % 8 == 4: word = bytes(SBOX[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-8])))
    return [b"".join(words[i:i + 4]) for i in range(0, 60, 4)]

def both(a, b): return bytes(x ^ y for x, y in zip(a, b))

def mixed(block, row):
    out = b""
    for c in range(0, 16, 4):
        for r in range(4):
            n = 0
            for i in range(4): n ^= TIMES[row[(i - r) % 4]][block[c + i]]
            out += bytes([n])
    return out

def shifted(block, way): return bytes(block[(i + way * 4 * (i % 4)) % 16] for i in range(16))

def encrypted(keys, block):
    block = both(block, keys[0])
    for key in keys[1:]:
        block = shifted(bytes(SBOX[b] for b in block), 1)
        block = both(block if key is keys[-1] else mixed(block, (2, 3, 1, 1)), key)
    return block

def decrypted(keys, block):
    for key in keys[:0:-1]:
        block = both(block, key)
        block = block if key is keys[-1] else mixed(block, (14, 11, 13, 9))
        block = bytes(BACK[b] for b in shifted(block, -1))
    return both(block, keys[0])

def cbc_sealed(key, iv, text):
    keys, out = round_keys(key), b""
    text += bytes([16 - len(text) % 16]) * (16 - len(text) % 16)
    for i in range(0, len(text), 16):
        iv = encrypted(keys, both(text[i:i + 16], iv))
        out += iv
    return out

def cbc_opened(key, iv, sealed):
    keys, out = round_keys(key), b""
    for i in range(0, len(sealed), 16):
        out, iv = out + both(decrypted(keys, sealed[i:i + 16]), iv), sealed[i:i + 16]
    return out[:-out[-1]]

def fips_197():
    """Appendix C.3."""
    keys, block = round_keys(bytes(range(32))), bytes(i * 17 for i in range(16))
    assert encrypted(keys, block).hex() == "8ea2b7ca516745bfeafc49904b496089"
    assert decrypted(keys, encrypted(keys, block)) == block

# --- Megolm (libolm's docs/megolm.md) ------------------------------------------------------------------------

def hkdf(ikm, info, length):
    key, out, last = hmac256(bytes(32), ikm), b"", b""
    while len(out) < length:
        last = hmac256(key, last + info + bytes([len(out) // 32 + 1]))
        out += last
    return out[:length]

def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def unvaried(raw, at):
    n, turn = 0, 0
    while True:
        check(at < len(raw) and turn < 63, "sealed")
        n, turn, at = n | (raw[at] & 127) << turn, turn + 7, at + 1
        if raw[at - 1] < 128: return n, at

class Ratchet:
    def __init__(self, parts, index): self.parts, self.index = list(parts), index

    def forward(self):
        self.index += 1
        first = next(j for j in range(4) if self.index % (1 << 8 * (3 - j)) == 0)
        for j in range(3, first - 1, -1): self.parts[j] = hmac256(self.parts[first], bytes([j]))

    def keys(self):
        out = hkdf(b"".join(self.parts), b"MEGOLM_KEYS", 80)
        return out[:32], out[32:64], out[64:]

class Speaker:
    """A session of our own."""
    def __init__(self, seed):
        self.key = Key(hashlib.sha256(seed.encode()).digest())
        self.ratchet = Ratchet((hashlib.sha256(f"{seed} {j}".encode()).digest() for j in range(4)), 0)

    def session(self):
        told = b"\2" + struct.pack(">I", self.ratchet.index) + b"".join(self.ratchet.parts) + self.key.public
        return told + self.key.sign(told)

    def seal(self, text):
        aes, mac, iv = self.ratchet.keys()
        sealed = cbc_sealed(aes, iv, text)
        message = b"\3\x08" + varint(self.ratchet.index) + b"\x12" + varint(len(sealed)) + sealed
        message += hmac256(mac, message)[:8]
        self.ratchet.forward()
        return message + self.key.sign(message)

class Hearer:
    """Somebody else's."""
    def __init__(self, told):
        check(len(told) == 229 and told[0] == 2 and verifies(told[133:165], told[:165], told[165:]), "session")
        self.ratchet = Ratchet((told[5 + 32 * j:37 + 32 * j] for j in range(4)), int.from_bytes(told[1:5], "big"))
        self.key = told[133:165]

    def open(self, message):
        check(len(message) > 72 and message[:2] == b"\3\x08", "sealed")
        index, at = unvaried(message, 2)
        check(message[at:at + 1] == b"\x12", "sealed")
        length, at = unvaried(message, at + 1)
        check(at + length + 72 == len(message), "sealed")
        check(index >= self.ratchet.index, "sealed")
        check(verifies(self.key, message[:-64], message[-64:]), "sealed")
        ratchet = Ratchet(self.ratchet.parts, self.ratchet.index)
        while ratchet.index < index: ratchet.forward()
        aes, mac, iv = ratchet.keys()
        check(hmac256(mac, message[:-72])[:8] == message[-72:-64], "sealed")
        ratchet.forward()
        self.ratchet = ratchet
        return cbc_opened(aes, iv, message[at:at + length])

# --- reading (18.1, 18.6, 18.7) ------------------------------------------------------------------------------

def key_holds(raw, signed_by):
    """What a key says, if its secret is of its window and that one signed it."""
    told = whole(raw)
    read_as = room_key(told)
    index = read_as["window"] - read_as["first"]
    check(0 <= index < len(read_as["prints"]) and print_of(told[3]).hex() == read_as["prints"][index], "print")
    check(verifies(signed_by, b"iim1 room" + told[0], told[1]), "forged")
    return read_as

def key_at(read_as, time):
    """The window and the secret at a time; None where there is none."""
    window, secret = read_as["window"], bytes.fromhex(read_as["secret"])
    while window < (time + read_as["offset"]) // DAY: window, secret = window + 1, next_secret(secret)
    index = window - read_as["first"]
    in_time = window == (time + read_as["offset"]) // DAY and 0 <= index < len(read_as["prints"])
    return (window, secret) if in_time and print_of(secret).hex() == read_as["prints"][index] else None

def room_part(raw):
    item = typed(whole(raw), list)
    check(len(item) == 3, "size")
    sealed = typed(item[2], bytes)
    check(len(sealed) <= 8192, "too-large")
    check(typed(item[0], int) == 3 and typed(item[1], int) <= 1, "value")
    return ("there", "said")[item[1]], sealed

def bare(raw):
    """A padded letter with nothing beside its body."""
    found, end = item_of(raw, 0, 1)
    check(not any(raw[end:]), "trailing")
    check(not any(key in (4, 5, 6, 7) for key, _ in found), "value")
    return read_letter(found)

class Heard:
    """Whoever is in a room and hears it."""
    def __init__(self, read_as, secret, network, members, coming):
        self.group, self.members, self.coming = bytes.fromhex(read_as["group"]), members, coming
        self.network, self.channel, self.wrap = network.encode(), channel(secret, network).encode(), wrap_key(secret, network)
        self.nicks, self.proved, self.held, self.over, self.heard, self.pieces = set(), {}, [], set(), [], {}

    def line(self, time, nick, text):
        if nick[0] == "+": return self.nicks.add(nick[1:])
        if nick[0] == "-": return self.gone(nick[1:])
        if nick not in self.nicks: return
        try: self.part(time, nick, *room_part(self.joined(nick, text)))
        except Refused: pass

    def joined(self, nick, text):
        mark, tag, count, piece = text.split(" ")
        k, n = map(int, count.split("/"))
        kept = self.pieces.setdefault((nick, tag), {})
        kept[k] = piece
        check(mark == "iim1" and len(kept) == n, "waits")
        kept = self.pieces.pop((nick, tag))
        whole_text = "".join(kept[i + 1] for i in range(n))
        return base64.b64decode(whole_text + "=" * (-len(whole_text) % 4))

    def gone(self, nick):
        self.nicks.discard(nick)
        self.held = [one for one in self.held if one[1] != nick]
        if nick in self.proved: self.over.add(self.proved.pop(nick)[1].key)

    def part(self, time, nick, kind, sealed):
        self.held = [one for one in self.held if time - one[0] < 20]
        if kind == "there": return self.prove(nick, sealed)
        if nick in self.proved: return self.open(nick, sealed)
        if sum(one[1] == nick for one in self.held) < 8: self.held.append((time, nick, sealed))

    def prove(self, nick, sealed):
        beside = b"\0".join((self.network, self.channel, nick.encode()))
        opened = unwrap(self.wrap, beside, sealed)
        check(bare(opened)["kind"] == 19, "value")
        body = dict(item_of(opened, 0, 1)[0])[3]
        body = dict(body)
        check(body[4] in self.members, "nobody")
        signed = cbor({k: body[k] for k in (2, 3, 4, 5, 7)})
        check(verifies(self.members[body[4]], b"iim1 there" + self.group + beside + b"\0" + signed, body[6]), "forged")
        hearer = Hearer(body[5])
        used = self.over | {one[1].key for one in self.proved.values()}
        check(nick not in self.proved and hearer.key not in used, "used")
        check(sum(one[0] == body[4] for one in self.proved.values()) < 4, "used")
        self.proved[nick] = [body[4], hearer, False]
        waited, self.held = [one for one in self.held if one[1] == nick], [one for one in self.held if one[1] != nick]
        for _, _, one in waited:
            try: self.open(nick, one)
            except Refused: pass

    def open(self, nick, sealed):
        proved = self.proved[nick]
        said = bare(proved[1].open(sealed))
        if said["kind"] not in (16, 17): return
        if said["kind"] == 17: proved[2] |= self.coming.hex() in said["body"].get("opened", [])
        self.heard.append({"from": proved[0].hex(), "letter": said})

    def came_of_it(self):
        return {"heard": self.heard, "there": sorted({one[0].hex() for one in self.proved.values() if one[2]})}

# --- the vectors ---------------------------------------------------------------------------------------------

SECRET = bytes(range(32))
FIRST = (NOW + offset(SECRET, DAY)) // DAY

def secrets(count):
    out = [SECRET]
    while len(out) < count: out.append(next_secret(out[-1]))
    return out

def made_key(count=3, at=0, by="alice", over=b"iim1 room", **other):
    """A key of alice's for so many windows from that of NOW on, as it stands in one of them."""
    made = {0: GID, 1: ALICES, 2: bytes([0xA7] * 8), 3: offset(SECRET, DAY), 4: STORY.heads(STORY.acts), 5: FIRST,
            6: [print_of(one) for one in secrets(count)]}
    made = cbor(made | {int(field[1:]): new for field, new in other.items()})
    return [made, key(by).sign(over, made), FIRST + at, secrets(at + 1)[at]]

def where(read_as, time, network):
    found = key_at(read_as, time)
    if not found: return None
    window, secret = found
    return {"window": window, "secret": secret.hex(), "channel": channel(secret, network), "key": channel_key(secret, network),
            "wrap": wrap_key(secret, network).hex()}

def keys():
    alice = key("alice").public
    def ok(name, what, told, time=NOW, network="libera"):
        raw = cbor(told)
        read_as = key_holds(raw, alice)
        vector(f"room/{name}", dict(what=what, expect="ok", value=read_as, signed_by=alice.hex(), network=network, time=time,
               then=where(read_as, time, network)), lines(raw))
    def no(name, what, told, error):
        raw = cbor(told)
        try: key_holds(raw, alice)
        except Refused as cause: assert str(cause) == error, (name, cause)
        else: raise AssertionError(name)
        vector(f"room/{name}", dict(what=what, expect="error " + error, signed_by=alice.hex()), lines(raw))
    begins = FIRST * DAY - offset(SECRET, DAY)
    ok("first", "a key in its first window: the example of 18.3", made_key())
    ok("other-network", "the same on another network", made_key(), network="oftc.net:6697")
    ok("next", "the same a day later", made_key(), begins + DAY)
    ok("first-second", "in the first second of its first window", made_key(), begins)
    ok("too-early", "a second before", made_key(), begins - 1)
    ok("last-second", "in the last second of its last window", made_key(), begins + 3 * DAY - 1)
    ok("over", "a second later", made_key(), begins + 3 * DAY)
    ok("told-later", "told in its second window", made_key(at=1), begins + DAY)
    ok("never-back", "told in its second window, in the first there is no secret", made_key(at=1), NOW)
    ok("forty", "a key for forty windows, in the last of them", made_key(40), begins + 39 * DAY)
    ok("one", "a key for one window", made_key(1))
    ok("later-field", "a field of a later version is signed with the rest", made_key(_7=b"later"))
    no("other-secret", "the secret is another", made_key()[:3] + [bytes(32)], "print")
    no("other-window", "the secret is that of the window before", made_key()[:2] + [FIRST + 1, SECRET], "print")
    no("window-before", "a window before the first", made_key()[:2] + [FIRST - 1, SECRET], "print")
    no("window-after", "a window for which it was not made", made_key(at=3), "print")
    no("other-maker", "signed by bob", made_key(by="bob"), "forged")
    no("other-signature", "signed as an act is", made_key(over=b"iim1 act"), "forged")
    no("changed", "a window more than was signed", [made_key(4)[0]] + made_key()[1:], "forged")

def parts():
    def ok(name, what, item, value, **more):
        kind, sealed = room_part(cbor(item))
        assert value == {kind: sealed.hex()} or "differs" in more.values()
        good("room-part", name, what, cbor(item), value, **more)
    def no(name, what, raw, error):
        raw = raw if isinstance(raw, bytes) else cbor(raw)
        try: room_part(raw)
        except Refused as cause: assert str(cause) == error, (name, cause)
        else: raise AssertionError(name)
        bad("room-part", name, what, raw, error)
    ok("there", "a sealed there", [3, 0, b"sealed"], {"there": b"sealed".hex()})
    ok("said", "a Megolm message", [3, 1, b"sealed"], {"said": b"sealed".hex()})
    ok("empty", "of no bytes: it opens for nobody, but it is a part", [3, 1, b""], {"said": ""})
    vector("room-part/largest", dict(what="8,192 bytes", expect="ok", value={"said": {"repeat": "61", "times": 8192}}), lines(cbor([3, 1, b"a" * 8192])))
    no("large", "8,193 bytes", [3, 1, b"a" * 8193], "too-large")
    no("third", "neither", [3, 2, b"sealed"], "value")
    no("sealed", "an ordinary message", [1, 1, b"sealed"], "value")
    no("newer", "a part of a later version", [4, 1, b"sealed"], "value")
    no("probe", "a probe", [2, ID2], "size")
    no("four", "an item more", [3, 1, b"sealed", 0], "size")
    no("text", "a text", [3, 1, "sealed"], "type")
    no("map", "a map", {3: 1}, "type")
    no("trailing", "a byte after the end", cbor([3, 1, b"sealed"]) + b"\0", "trailing")
    no("nothing", "no bytes", b"", "malformed")

def bares():
    words = {2: 1, 3: bytes(16), 4: 6, 5: {1: "hi"}, 7: []}
    def ok(name, what, raw, **more): good("bare", name, what, raw, bare(raw), **more)
    def no(name, what, raw, error):
        try: bare(raw)
        except Refused as cause: assert str(cause) == error, (name, cause)
        else: raise AssertionError(name)
        bad("bare", name, what, raw, error)
    ok("said", "a text for all who are there", pad(cbor(letter(16, words))))
    ok("unpadded", "no padding at all is read, though nobody writes it", cbor(letter(16, words)), again="differs")
    ok("later-field", "a field of a later version is passed over", pad(cbor(letter(16, words) | {8: 1})), again="differs")
    no("holds", "what the receiver's sender holds has no place where many hear", pad(cbor(letter(16, words, holds=0))), "value")
    no("presence", "a presence beside it", pad(cbor(letter(16, words, presence={}))), "value")
    no("one-time-keys", "one-time keys beside it", pad(cbor(letter(16, words, otks={}))), "value")
    no("irc", "a sealed part beside it", pad(cbor(letter(16, words, irc=cbor([1, 1, b"x"])))), "value")
    no("not-zero", "something hides in the padding", pad(cbor(letter(16, words)))[:-1] + b"\1", "trailing")

class Speaks:
    """A member in the room, under a nick."""
    def __init__(self, name, nick, seed=None):
        self.name, self.nick, self.speaker, self.count, self.tags = name, nick, Speaker(seed or name), 0, 0
        self.coming = hashlib.sha256(f"coming {nick}".encode()).digest()[:8]

    def frames(self, time, part, nick=None, cut=390):
        text, self.tags = b64(cbor(part)), self.tags + 1
        pieces = [text[i:i + cut] for i in range(0, len(text), cut)]
        return [f"{time} {nick or self.nick} iim1 {self.name:x<5}{self.tags:03} {i}/{len(pieces)} {piece}" for i, piece in enumerate(pieces, 1)]

    def letter(self, kind, body, **more):
        self.count += 1
        id = hashlib.sha256(f"{self.nick} {self.count}".encode()).digest()[:16]
        return letter(kind, body, **more) | {0: id, 1: NOW * 1000 + self.count}

    def there(self, time=NOW, network="libera", secret=SECRET, by=None, nick=None, member=None, gid=GID, **more):
        beside = b"\0".join((network.encode(), channel(secret, network).encode(), (nick or self.nick).encode()))
        body = {2: 0, 3: HEADS, 4: mid(member or self.name), 5: self.speaker.session(), 7: self.coming}
        body[6] = key(by or self.name).sign(b"iim1 there" + gid + beside + b"\0" + cbor(body))
        body = {k: body[k] for k in sorted(body)}
        sealed = wrap(wrap_key(secret, network), hashlib.sha256(f"{self.nick} {self.count}".encode()).digest()[:24], beside,
                      pad(cbor(self.letter(19, body | more.pop("beside_it", {}), **more))))
        return self.frames(time, [3, 0, sealed], nick)

    def seal(self, kind, body, time=NOW, nick=None, **more):
        return self.frames(time, [3, 1, self.speaker.seal(pad(cbor(self.letter(kind, body, **more))))], nick)

    def say(self, words, number=1, time=NOW, **more):
        return self.seal(16, {2: number, 3: bytes(16), 4: 6, 5: {1: words}, 7: HEADS}, time, **more)

    def got(self, *comings, of=(), time=NOW, **more):
        body = {2: list(of), 3: HEADS} | ({4: [one.coming for one in comings]} if comings else {})
        return self.seal(17, body, time, **more)

def talks():
    told = made_key()
    members = {mid(name): key(name).public for name in ("bob", "carol")}
    alice = Speaks("alice", "alicesnic")
    def talk(name, what, *said, **expected):
        said = [line for some in said for line in ([some] if isinstance(some, str) else some)]
        room = Heard(key_holds(cbor(told), key("alice").public), SECRET, "libera", members, alice.coming)
        for line in said: room.line(int(line.split(" ")[0]), *(line.split(" ", 2)[1:] + [""])[:2])
        came = room.came_of_it()
        words = [(bytes.fromhex(one["from"]), one["letter"]["body"].get("body", {}).get("text", "got")) for one in came["heard"]]
        assert words == expected.get("words", []), (name, words)
        assert came["there"] == sorted(mid(one).hex() for one in expected.get("there", [])), (name, came["there"])
        listed_members = [{"mid": id.hex(), "ed25519": public.hex()} for id, public in members.items()]
        vector(f"room-talk/{name}", dict(what=what, expect="ok", room=cbor(told).hex(), network="libera", members=listed_members,
               coming=alice.coming.hex(), value=came), "\n".join(said) + "\n")
    def pair(): return Speaks("bob", "bobsnicka"), Speaks("carol", "carolsnic")
    def come(*all): return [f"{NOW} +{one.nick}" for one in all]
    B, C = BOBS, CAROLS

    bob, carol = pair()
    talk("three", "bob is there when alice comes, carol comes later; they talk", come(bob), bob.there(NOW + 2), bob.got(alice, time=NOW + 5),
         bob.say("hello", time=NOW + 9), f"{NOW + 20} +{carol.nick}", carol.there(NOW + 20),
         bob.got(carol, of=[[ALICES, 3, bytes([0xB0] * 16)]], time=NOW + 24), carol.got(alice, bob, time=NOW + 25),
         carol.say("good morning", time=NOW + 30), bob.say("a longer one, of several lines " * 12, 2, time=NOW + 31),
         words=[(B, "got"), (B, "hello"), (B, "got"), (C, "got"), (C, "good morning"), (B, "a longer one, of several lines " * 12)],
         there=["bob", "carol"])
    bob, carol = pair()
    talk("not-named", "whoever has not named our coming is not there, though what they say is heard", come(bob, carol), bob.there(), carol.there(),
         bob.got(carol), carol.say("who is here?"), words=[(B, "got"), (C, "who is here?")])
    bob, carol = pair()
    first, early = bob.there(NOW + 19), [bob.say(f"{i}", i + 1) for i in range(10)]
    talk("early", "eight lines wait for their there, the first ones", come(bob), *early, first, words=[(B, f"{i}") for i in range(8)])
    bob, carol = pair()
    first = bob.there(NOW + 20)
    talk("too-early", "no line waits for 20 seconds", come(bob), bob.say("0"), first, bob.say("1", 2, time=NOW + 20), words=[(B, "1")])
    bob, carol = pair()
    first, one = bob.there(), bob.say("one")
    second, two = bob.there(), bob.say("two", 2)
    talk("comes-later", "a there opens what is said after it, not what was said before", come(bob), second, one, two, words=[(B, "two")])
    bob, carol = pair()
    first, one, two, three = bob.there(), bob.say("one"), bob.say("two", 2), bob.say("three", 3)
    talk("again", "each message opens once, and none after a later one", come(bob), first, one, one, three, two, three,
         words=[(B, "one"), (B, "three")])
    bob, carol = pair()
    talk("other-nick", "a there holds for its own nick", come(bob, carol), bob.there(), [line.replace("bobsnicka", "carolsnic") for line in bob.there()],
         bob.say("hello", nick="carolsnic"), bob.say("hello", 2), words=[(B, "hello")])
    bob, carol = pair()
    first = bob.there()
    talk("left", "a session of a nick that left is not taken again", come(bob), first, bob.say("before"), f"{NOW} -bobsnicka", f"{NOW} +bobsnicka",
         first, bob.say("after", 2), words=[(B, "before")])
    bob, carol = pair()
    talk("not-in", "whoever is not in the channel is not heard", bob.there(), bob.say("hello"))
    bob, carol = pair()
    talk("stranger", "whoever is no member proves nothing", come(carol), carol.there(by="dave", member="dave"), carol.say("hello"))
    bob, carol = pair()
    talk("forged", "carol says that she is bob", come(carol), carol.there(by="carol", member="bob"), carol.say("hello"))
    for name, what, other in (("other-network", "a there of another network", dict(network="oftc")),
                              ("other-window", "a there of the next window", dict(secret=secrets(2)[1])),
                              ("other-group", "a there that was signed for another group", dict(gid=bytes(16))),
                              ("there-holds", "a there with a field 4 beside it", dict(holds=0))):
        bob, carol = pair()
        talk(name, what, come(bob), bob.there(**other), bob.say("hello"))
    bob, carol = pair()
    talk("there-later", "a field of a later version in a there is not signed", come(bob), bob.there(beside_it={9: b"later"}), bob.say("hello"), words=[(B, "hello")])
    bob, carol = pair()
    other = Speaks("bob", "bobsnicka", "another session of bob's")
    talk("second-session", "the first session of a nick holds while it stays", come(bob), bob.there(), other.there(), other.say("other"), bob.say("first"),
         words=[(B, "first")])
    five = [Speaks("bob", f"bobsnick{i}", f"bob's session {i}") for i in range(5)]
    talk("five-nicks", "of five nicks of one member four are proved", come(*five), *[one.there() for one in five], *[one.say(one.nick) for one in five],
         words=[(B, one.nick) for one in five[:4]])
    bob, carol = pair()
    talk("other-kinds", "a text of two people and a there are nothing where many hear, and neither is what has a field 4", come(bob), bob.there(),
         bob.seal(6, {1: "hi"}), bob.seal(19, {2: 0, 3: [], 4: BOBS, 5: b"x", 6: bytes(64), 7: bytes(8)}),
         bob.seal(16, {2: 1, 3: bytes(16), 4: 6, 5: {1: "hi"}, 7: []}, holds=0), bob.say("hello"), words=[(B, "hello")])
    bob, carol = pair()
    talk("gone", "whose nick left is not there", come(bob, carol), bob.there(), carol.there(), bob.got(alice), carol.got(alice), f"{NOW} -bobsnicka",
         words=[(B, "got"), (C, "got")], there=["carol"])

if __name__ == "__main__":
    xchacha_draft()
    fips_197()
    for make in (keys, parts, bares, talks): make()
