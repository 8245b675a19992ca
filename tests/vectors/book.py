#!/usr/bin/env python3
"""The book of a group (README.md, section 16), a second time, from the specification alone: no line of iim is used.

Without arguments it writes the vectors in book/; run it in its folder. Every key and random number is known, so that
the files come out the same again.

  book.py --play N        plays N random books (seeds 0 to N - 1), each in several orders of arrival; N / 10 livelier ones to which
                          former admins add removals that pretend to be old; N / 10 that admins flood; and tells figures
  book.py --write N FILE  writes as many, every fifth a livelier one, every hundredth a full one, a line each, for the test `books_of_the_environment` in tests/vectors.rs
"""
import copy, hashlib, json, re, sys

from make import LOW, Raw, cbor, hexed, vector

NOW = 1767225600

# --- Ed25519 (RFC 8032, section 5.1) -------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)   # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z

def plus(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, z, t, y = f - e, d - c, d + c, f + e
    return x * z % P, t * y % P, z * t % P, x * y % P

def x_of(y, sign):
    if y >= P: return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P: x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign): return None
    return P - x if x & 1 != sign else x

def point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)

def packed(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")

def doublings(p, count=256):
    for _ in range(count):
        yield p
        p = plus(p, p)

BASE = point(bytes.fromhex("58" + "66" * 31))
BASES = list(doublings(BASE))

def times(n, powers=BASES):
    """n times the point whose doublings these are."""
    out = ZERO
    for i, power in enumerate(powers):
        if n >> i & 1: out = plus(out, power)
    return out

def sha512(*parts): return hashlib.sha512(b"".join(parts)).digest()

def number(raw): return int.from_bytes(raw, "little")

class Key:
    """An Ed25519 key of somebody whom we play."""
    def __init__(self, seed):
        h = sha512(seed)
        self.secret, self.prefix = number(h[:32]) & (1 << 254) - 8 | 1 << 254, h[32:]
        self.public = packed(times(self.secret))

    def sign(self, *message):
        r = number(sha512(self.prefix, *message)) % L
        commitment = packed(times(r))
        k = number(sha512(commitment, self.public, *message)) % L
        signature = commitment + ((r + k * self.secret) % L).to_bytes(32, "little")
        GOOD.add((self.public, b"".join(message), signature))
        return signature

GOOD = set()   # what was signed here needs no second look

def is_small(p):
    """Whether eight times the point is zero: of low order."""
    for _ in range(3): p = plus(p, p)
    return p[0] == 0 and p[1] == p[2]

def verifies(key, message, signature):
    if (key, message, signature) in GOOD: return True
    a, r, s = point(key), point(signature[:32]), number(signature[32:])
    if a is None or r is None or s >= L or is_small(a) or is_small(r): return False
    k = number(sha512(signature[:32], key, message)) % L
    negative = (P - a[0], a[1], 1, P - a[3])
    return packed(plus(times(s), times(k, list(doublings(negative))))) == signature[:32]

def rfc_8032():
    """Section 7.1, tests 1 to 3."""
    for seed, public, message, signature in (
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")):
        seed, public, message, signature = map(bytes.fromhex, (seed, public, message, signature))
        key = Key(seed)
        assert key.public == public and key.sign(message) == signature
        GOOD.clear()
        assert verifies(public, message, signature)
        assert not verifies(public, message + b"!", signature)
        assert not verifies(public, message, signature[:32] + (number(signature[32:]) + L).to_bytes(32, "little"))
    weak = packed(ZERO)
    assert not verifies(weak, b"", packed(times(5)) + (5).to_bytes(32, "little"))

# --- reading acts (sections 2 and 16.1) ----------------------------------------------------------------------

class Refused(Exception):
    """With the word of the cause."""

def check(holds, word):
    if not holds: raise Refused(word)

class Map(list):
    """A map as it was read: pairs."""

def item(raw, at, depth):
    """One CBOR item and where it ends. What is no number, bytes, text, array or map comes as a pair."""
    check(at < len(raw), "malformed")
    check(depth <= 16, "deep")
    major, low = raw[at] >> 5, raw[at] & 31
    check(low < 28 or low == 31, "malformed")
    check(low != 31 or major not in (0, 1, 6, 7), "malformed")
    check(low != 31, "indefinite")
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(low, 0)
    check(at + 1 + size <= len(raw), "malformed")
    n = int.from_bytes(raw[at + 1:at + 1 + size], "big") if size else low
    at += 1 + size
    if major == 0: return n, at
    if major in (2, 3):
        check(at + n <= len(raw), "malformed")
        text = bytes(raw[at:at + n])
        if major == 3:
            try: text = text.decode()
            except UnicodeDecodeError: raise Refused("malformed")
        return text, at + n
    if major in (4, 5):
        check(n * (major - 3) <= len(raw) - at, "malformed")
        out = []
        for _ in range(n * (major - 3)):
            one, at = item(raw, at, depth + 1)
            out.append(one)
        return (out, at) if major == 4 else (Map(zip(out[::2], out[1::2])), at)
    if major == 6:
        within, at = item(raw, at, depth + 1)
        return ("tag", within), at
    check(major != 7 or size != 1 or n >= 32, "malformed")
    return ("other", major), at

def whole(raw):
    one, end = item(raw, 0, 1)
    check(end == len(raw), "trailing")
    return one

def typed(value, kind):
    check(type(value) is kind, "type")
    return value

def sized(value, kind, least, most):
    typed(value, kind)
    check(least <= len(value.encode() if kind is str else value) <= most, "size")
    return value

def listed(value):
    """A map whose keys are listed."""
    typed(value, Map)
    last = -1
    for key, _ in value:
        typed(key, int)
        check(key > last, "key-order")
        last = key
    return dict(value)

def needed(fields, key):
    check(key in fields, "missing")
    return fields[key]

def n63(value):
    check(typed(value, int) < 1 << 63, "value")
    return value

LOWS = {0, 1, int.from_bytes(LOW, "little"), P - 1, P, P + 1,
        39382357235489614581723060781553021112529911719440698176882885853963445705823}

def curve(value):
    sized(value, bytes, 32, 32)
    check(number(value) & (1 << 255) - 1 not in LOWS, "value")
    return value

def address(value):
    """As much of 1.1 as these vectors have need of: ASCII, folded."""
    sized(value, str, 3, 254)
    check(re.fullmatch(r"(?![-.])(?!.*\.\.)[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}(?<!\.)@"
                       r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)", value), "value")
    return value

def network(value):
    check(len(typed(value, list)) == 2, "size")
    check(re.fullmatch(r"[!-@\[-~]{1,64}", typed(value[0], str)), "value")
    check(1 <= len(typed(value[1], list)) <= 4, "size")
    for server in value[1]:
        host, colon, port = sized(server, str, 3, 260).rpartition(":")
        check(colon and re.fullmatch(r"[!-~]{1,253}", host) and re.fullmatch(r"[0-9]{1,5}", port)
              and 1 <= int(port) <= 65535, "value")
    return {"name": value[0], "servers": value[1]}

class Entry:
    def __init__(self, value):
        check(len(typed(value, list)) == 2, "size")
        self.bytes, self.signature = sized(value[0], bytes, 1, 512), sized(value[1], bytes, 64, 64)
        fields = listed(whole(self.bytes))
        self.address = address(needed(fields, 1))
        self.name = sized(needed(fields, 2), str, 0, 64)
        keys = listed(needed(fields, 3))
        curve(needed(keys, 1))
        self.key = sized(needed(keys, 2), bytes, 32, 32)
        curve(needed(fields, 4))
        n63(needed(fields, 5))
        self.gid = sized(fields[6], bytes, 16, 16) if 6 in fields else None
        self.end = sized(fields[7], bytes, 32, 32) if 7 in fields else None

    def is_signed(self): return verifies(self.key, b"iim1 member" + self.bytes, self.signature)

FOUND, ADD, REMOVE, GO, ADMIN, TITLE, ROOMS, RENEW = 0, 1, 2, 3, 4, 5, 6, 8

class Act:
    def __init__(self, raw):
        value = typed(whole(raw), list)
        check(len(value) == 2, "size")
        self.deed, self.signature = sized(value[0], bytes, 1, 1024), sized(value[1], bytes, 64, 64)
        self.id = hashlib.sha256(self.deed).digest()
        fields = listed(whole(self.deed))
        self.gid = sized(fields[0], bytes, 16, 16) if 0 in fields else None
        self.author = sized(needed(fields, 1), bytes, 8, 8)
        self.parents = typed(needed(fields, 2), list)
        check(len(self.parents) <= 8, "size")
        for parent in self.parents: sized(parent, bytes, 32, 32)
        self.depth, self.time = n63(needed(fields, 3)), n63(needed(fields, 4))
        self.before = sized(fields[6], bytes, 32, 32) if 6 in fields else None
        self.number = typed(needed(fields, 7), int)
        check(1 <= self.number <= 128, "value")
        self.place = (self.depth, self.id)
        self.done(typed(needed(fields, 5), list))

    def done(self, done):
        check(done, "size")
        self.kind, rest = typed(done[0], int), done[1:]
        counts = {FOUND: 4, ADD: 1, REMOVE: 1, GO: 0, ADMIN: 2, TITLE: 2, ROOMS: 1, RENEW: 2}
        check(self.kind in counts, "value")
        check(len(rest) == counts[self.kind], "size")
        if self.kind in (FOUND, ADD, RENEW): self.entry = Entry(rest[0])
        if self.kind in (REMOVE, ADMIN): self.person = sized(rest[0], bytes, 8, 8)
        if self.kind == GO: self.person = self.author
        if self.kind == ADMIN:
            self.on = typed(rest[1], int)
            check(self.on <= 1, "value")
        if self.kind in (FOUND, TITLE):
            at = 1 if self.kind == FOUND else 0
            self.title = sized(rest[at], str, 1, 64), sized(rest[at + 1], str, 0, 300)
        if self.kind == FOUND: sized(rest[3], bytes, 16, 16)
        if self.kind == RENEW: self.proof = sized(rest[1], bytes, 64, 64)
        if self.kind == ROOMS:
            check(len(typed(rest[0], list)) <= 2, "size")
            self.rooms = [network(one) for one in rest[0]]

    def is_removal_of(self, person): return self.kind in (REMOVE, GO) and self.person == person

def id_of(key): return hashlib.sha256(key).digest()[:8]

# --- who is in (16.3) ----------------------------------------------------------------------------------------

class State:
    """What was read so far."""
    def __init__(self):
        self.members = {}          # id: entry
        self.admins = []           # ids, the most senior first
        self.owners = {}           # key: the id of who had it at any time
        self.late = set()
        self.removals = {}         # id: the acts that remove them or by which they go: {act's id: whether it is late}
        self.by = {}               # id: the act that took them in last
        self.ends = []             # of each: who was ended, the act
        self.title, self.rooms = None, []

    def copy(self):
        other = State()
        other.members, other.admins, other.owners = dict(self.members), list(self.admins), dict(self.owners)
        other.late, other.removals, other.by = set(self.late), {k: dict(v) for k, v in self.removals.items()}, dict(self.by)
        other.ends, other.title, other.rooms = list(self.ends), self.title, self.rooms
        return other

    def owner(self, key): return self.owners.get(key, id_of(key))

    def above(self, one, other):
        if one not in self.admins: return False
        return other not in self.admins or self.admins.index(one) < self.admins.index(other)

    def out(self, person, act):
        del self.members[person]
        if person in self.admins: self.admins.remove(person)
        self.ends.append((person, act))

    def read(self, act, void, past):
        """Whether the act took effect. `past(act)` are the ids of its past."""
        if act.kind in (REMOVE, GO): self.removals.setdefault(act.person, {})[act.id] = act.kind == REMOVE and self.is_late(act, void)
        return self.effect(act, void, past)

    def is_late(self, act, void): return act.id in void or not self.above(act.author, act.person)

    def effect(self, act, void, past):
        author, admin = act.author, act.author in self.admins
        if act.kind == FOUND:
            self.members[author], self.owners[act.entry.key], self.title = act.entry, author, act.title
            self.by[author] = act
            self.admins.append(author)
            return True
        if act.kind == REMOVE: return self.remove(act, void)
        if act.kind == GO:
            if author not in self.members: return False
            self.out(author, act)
            return True
        if act.kind == RENEW:
            key = act.entry.key
            if author not in self.members or key in self.owners or id_of(key) in self.owners.values(): return False
            self.members[author], self.owners[key] = act.entry, author
            return True
        if act.id in void: return False
        if act.kind == ADD: return admin and self.add(act, past)
        if act.kind == ADMIN: return self.adminship(act)
        if admin and act.kind == TITLE: self.title = act.title
        if admin and act.kind == ROOMS: self.rooms = act.rooms
        return admin

    def add(self, act, past):
        key = act.entry.key
        person = self.owner(key)
        removals = self.removals.get(person, {})
        unseen = [one for one in removals if one not in past(act)]
        if not all(removals[one] for one in unseen): return False
        if person in self.members and set(removals) & past(act) <= past(self.by[person]): return False
        if len(set(self.members) - self.late) >= 50: return False
        if key not in self.owners and person in self.owners.values(): return False
        if person in self.admins: self.admins.remove(person)
        self.members[person], self.owners[key], self.by[person] = act.entry, person, act
        if unseen: self.late.add(person)
        else: self.late.discard(person)
        return True

    def remove(self, act, void):
        if act.person not in self.members: return False
        if self.is_late(act, void):
            self.late.add(act.person)
            return False
        self.out(act.person, act)
        self.late.discard(act.person)
        return True

    def adminship(self, act):
        if act.on:
            if act.author not in self.admins or act.person not in self.members or act.person in self.admins: return False
            self.admins.append(act.person)
            return True
        if act.person not in self.admins or not self.above(act.author, act.person): return False
        self.admins.remove(act.person)
        self.ends.append((act.person, act))
        return True

    def roster(self, but=None):
        """As JSON, those who are late out left out."""
        stay = sorted(set(self.members) - self.late - {but})
        admins = [one for one in self.admins if one in stay]
        place = lambda one: admins.index(one) + 1 if one in admins else None
        member = lambda one, entry: {"mid": one.hex(), "address": entry.address, "name": entry.name,
                                     "ed25519": entry.key.hex(), "admin": place(one)}
        return {"members": [member(one, self.members[one]) for one in stay], "name": self.title[0],
                "topic": self.title[1], "rooms": self.rooms}

    def shows(self):
        """All that an act may change (16.2, rule 6)."""
        return [(one, self.members[one].bytes) for one in sorted(set(self.members) - self.late)], \
               [one for one in self.admins if one not in self.late]

# --- what is taken into a book (16.2) ------------------------------------------------------------------------

class Book:
    """`take` gives acts one by one; `refused` are those that were refused and why, by the order in which they came."""
    most = 0   # readings that any fold needed
    all, own, seen = 512, 128, 2048   # acts, those of one author, and acts where the founder lifts the first
    bounded = True

    def __init__(self, founding):
        act = Act(founding)
        check(act.kind == FOUND, "foreign")
        check(act.gid is None and not act.parents and act.before is None and act.depth == 0 and act.number == 1
              and act.entry.gid is None and act.entry.end is None, "misplaced")
        check(act.author == id_of(act.entry.key) and act.entry.is_signed()
              and verifies(act.entry.key, b"iim1 act" + act.deed, act.signature), "forged")
        self.gid, self.founder = act.id[:16], act.author
        self.acts, self.pasts, self.waiting, self.refused, self.count = {}, {}, [], [], 0
        self.keep(act)

    def keep(self, act):
        self.acts[act.id] = act
        self.pasts[act.id] = self.past_of(act)

    def past_of(self, act): return frozenset(act.parents).union(*(self.pasts[one] for one in act.parents))

    def past(self, act): return self.pasts[act.id] if act.id in self.pasts else self.past_of(act)

    def take(self, raw):
        self.count += 1
        try: act = Act(raw)
        except Refused as cause: return self.refused.append((self.count, str(cause)))
        self.waiting.append((self.count, act))
        while any([self.settle(one) for one in list(self.waiting)]) or self.lift(): pass

    def settle(self, one):
        """Whether an act that waited is in the book now. One that is too many waits, too: for an act that is built on it."""
        count, act = one
        word = "" if act.id in self.acts else self.word(act)
        if word in ("waits", "surplus", "full"): return False
        self.waiting.remove(one)
        if word: self.refused.append((count, word))
        if word or act.id in self.acts: return False
        self.keep(act)
        return True

    def word(self, act):
        """Why an act cannot be taken, if it cannot."""
        if act.kind != FOUND and act.gid == self.gid and self.is_early(act): return "waits"
        try: self.judge(act)
        except Refused as cause: return str(cause)

    def is_early(self, act): return any(parent not in self.acts for parent in act.parents)

    def lift(self):
        """Whether an act came in that is not too many, together with all before it that are."""
        if not any(self.is_early(act) for _, act in self.waiting) or all(self.is_early(act) for _, act in self.waiting): return False
        free = copy.copy(self)
        free.acts, free.pasts, free.bounded = dict(self.acts), dict(self.pasts), False
        for _, act in sorted(self.waiting, key=lambda one: one[1].depth):
            if act.id not in free.acts and not free.word(act): free.keep(act)
        had = len(self.acts)
        for act in free.acts.values():
            before = [free.acts[one] for one in free.pasts[act.id] if one not in self.acts]
            if act.id in self.acts or not self.has_room(act, before): continue
            for one in sorted(before, key=lambda act: act.place) + [act]: self.keep(one)
        return len(self.acts) > had

    def has_room(self, act, before=()):
        """Whether there is room for an act and those before it that are not there."""
        try: self.room(act, before)
        except Refused: return False
        return True

    def room(self, act, before=()):
        count = len(self.acts) + len(before)
        check(count < self.all or act.author == self.founder and (not before or count < self.seen), "full")
        check(sum(one.author == act.author for one in [*self.acts.values(), *before]) < self.own, "surplus")

    def judge(self, act):
        check(act.kind != FOUND and act.gid == self.gid, "foreign")
        check(act.parents and len(set(act.parents)) == len(act.parents), "misplaced")
        past = self.past_of(act)
        check(act.depth == 1 + max(self.acts[one].depth for one in act.parents), "misplaced")
        own = [self.acts[one] for one in past if self.acts[one].author == act.author]
        last = max(own, key=lambda one: (one.number, one.place), default=None)
        check(act.before == (last and last.id), "misplaced")
        check(act.number == (last.number + 1 if last else 1), "misplaced")
        check(act.number <= (128 if act.author == self.founder else 65 if act.kind == GO else 64), "misplaced")
        if self.bounded: self.room(act)
        before = self.fold(past)
        self.signatures(act, past, before)
        after = before[0].copy()
        took = after.read(act, before[1], self.past)
        check(took and (act.kind in (TITLE, ROOMS) or after.shows() != before[0].shows()), "idle")

    def signatures(self, act, past, folded):
        state, _ = folded
        check(act.author in state.members and act.author not in state.late, "idle")
        if act.kind == ADD:
            person = state.owner(act.entry.key)
            ends = [self.acts[one] for one in past if self.acts[one].is_removal_of(person)]
            last = max(ends, key=lambda one: one.place, default=None)
            check(act.entry.end == (last and last.id), "idle")
        check(verifies(state.members[act.author].key, b"iim1 act" + act.deed, act.signature), "forged")
        if act.kind in (ADD, RENEW): check(act.entry.is_signed() and act.entry.gid == self.gid, "forged")
        if act.kind == RENEW:
            signed = b"iim1 renew" + self.gid + act.author + act.entry.bytes
            check(verifies(act.entry.key, signed, act.proof), "forged")

    def fold(self, ids):
        """The state when these acts are read, and what is void."""
        acts = sorted((self.acts[one] for one in ids), key=lambda one: one.place)
        void, readings = frozenset(), 0
        while True:
            state, readings = State(), readings + 1
            for act in acts: state.read(act, void, self.past)
            found = frozenset(act.id for person, end in state.ends for act in acts
                              if act.author == person and act.kind in (ADD, REMOVE, ADMIN, TITLE, ROOMS)
                              and self.beside(act, end))
            if readings > 12: found |= void
            if found == void:
                Book.most = max(Book.most, readings)
                return state, void
            void = found

    def beside(self, one, other):
        return one.id != other.id and one.id not in self.past(other) and other.id not in self.past(one)

    def roster(self): return self.fold(self.acts)[0].roster()

    def why_not(self):
        """Those refused, and those that wait for parents, by the order in which they came."""
        return sorted(self.refused + [(count, self.word(act)) for count, act in self.waiting])

# --- writing acts --------------------------------------------------------------------------------------------

KEYS = {}

def key(name, n=0):
    """The n-th key of somebody; people are known by their names."""
    made = KEYS.get((name, n)) or KEYS.setdefault((name, n), Key(hashlib.sha256(f"{name} {n}".encode()).digest()))
    KEYS[made.public] = made
    return made

def mid(name): return id_of(key(name).public)

def entry(name, n=0, gid=None, end=None, by=None, low=False):
    """Signed by the key in it, or `by` another."""
    curves = [LOW if low else hashlib.sha256(f"{name} {n} {what}".encode()).digest() for what in ("curve", "prekey")]
    fields = {1: f"{name}@example.org", 2: name.capitalize(), 3: {1: curves[0], 2: key(name, n).public}, 4: curves[1], 5: n + 1,
              6: gid, 7: end}
    raw = cbor({k: v for k, v in fields.items() if v is not None})
    return [raw, (by or key(name, n)).sign(b"iim1 member", raw)]

def dice(seed):
    """Random numbers below a bound, that are known: SHA-256 of the seed and a count."""
    count = 0
    def below(bound):
        nonlocal count
        count += 1
        return int.from_bytes(hashlib.sha256(f"{seed} {count}".encode()).digest(), "big") % bound
    return below

def side(act, first):
    """Bounds of an id that is less than another, or greater."""
    return (b"", act) if first else (act, b"\xff" * 33)

class Story:
    """Acts as people make them, whether a book takes them or not. Founded by alice."""
    def __init__(self, title="Climbing", founder="alice", **change):
        self.acts, self.pasts, self.raws, self.gid = {}, {}, {}, None
        self.founding = self.act(founder, [FOUND, change.pop("entry", None) or entry(founder), title, "", bytes(range(16))], [], **change)
        self.gid = self.founding[:16]

    past_of = Book.past_of

    def heads(self, ids):
        """Those on which no other is built, at most eight."""
        ids = set(ids)
        built = set().union(*(self.pasts[one] for one in ids)) if ids else set()
        return sorted(ids - built, key=lambda one: self.acts[one].place)[-8:]

    def act(self, author, done, on=None, change=None, by=None, ids=(b"", b"\xff" * 33)):
        """Its id, which is between two bounds. `on` are its parents, else all heads."""
        on = self.heads(self.acts) if on is None else on
        past = set(on).union(*(self.pasts[one] for one in on))
        own = [self.acts[one] for one in past if self.acts[one].author == mid(author)]
        last = max(own, key=lambda one: (one.number, one.place), default=None)
        signer = by or KEYS[self.key_of(author, own)]
        depth = max((self.acts[one].depth + 1 for one in on), default=0)
        for time in range(NOW + len(self.acts), NOW + 10**6):
            deed = {0: self.gid, 1: mid(author), 2: on, 3: depth, 4: time, 5: done, 6: last and last.id, 7: last.number + 1 if last else 1}
            deed = {k: v for k, v in (deed | (change or {})).items() if v is not None}
            raw = cbor(deed)
            if ids[0] < hashlib.sha256(raw).digest() < ids[1]: break
        return self.add_raw(cbor([raw, signer.sign(b"iim1 act", raw)]))

    def add_raw(self, raw):
        act = Act(raw)
        self.acts[act.id], self.raws[act.id] = act, raw
        self.pasts[act.id] = frozenset(act.parents).union(*(self.pasts.get(one, ()) for one in act.parents))
        return act.id

    def drop(self, act): del self.acts[act], self.raws[act], self.pasts[act]

    def key_of(self, author, own):
        renewed = [one for one in own if one.kind == RENEW]
        return max(renewed, key=lambda one: one.number).entry.key if renewed else key(author).public

    def ends_of(self, name, on):
        past = set(on).union(*(self.pasts[one] for one in on))
        ends = [self.acts[one] for one in past if self.acts[one].is_removal_of(mid(name))]
        return max((one.place for one in ends), default=(0, None))[1]

    def add(self, author, name, on=None, n=0, the=None, **how):
        on = self.heads(self.acts) if on is None else on
        return self.act(author, [ADD, the or entry(name, n, self.gid, self.ends_of(name, on))], on, **how)

    def remove(self, author, name, on=None, **how): return self.act(author, [REMOVE, mid(name)], on, **how)
    def go(self, author, on=None, **how): return self.act(author, [GO], on, **how)
    def admin(self, author, name, on=None, off=False, **how): return self.act(author, [ADMIN, mid(name), 0 if off else 1], on, **how)
    def title(self, author, title, on=None, change=None, topic="", **how): return self.act(author, [TITLE, title, topic], on, change, **how)
    def rooms(self, author, rooms, on=None, **how): return self.act(author, [ROOMS, rooms], on, **how)

    def renew(self, author, n, on=None, by=None, the=None, **how):
        one = the or entry(author, n, self.gid)
        proof = (by or key(author, n)).sign(b"iim1 renew", self.gid, mid(author), one[0])
        return self.act(author, [RENEW, one, proof], on, **how)

    def with_members(self, *names, admins=()):
        for name in names: self.add("alice", name)
        for name in admins: self.admin("alice", name)
        return self.heads(self.acts)

    def forged(self, act, by):
        """The same act, signed by somebody else."""
        deed = self.acts[act].deed
        return cbor([deed, key(by).sign(b"iim1 act", deed)])

    def all(self): return list(self.raws.values())

# --- the vectors ---------------------------------------------------------------------------------------------

def book_of(raws):
    book = Book(raws[0])
    for raw in raws[1:]: book.take(raw)
    return book

def write(name, what, raws, book):
    vector(f"book/{name}", dict(what=what, expect="ok", taken=len(book.acts), refused=[list(one) for one in book.why_not()],
           value=book.roster()), "\n".join("\n".join(hexed(raw)) + "\n" for raw in raws))

def case(name, what, story, members, refused="", order=None):
    """`members` and `refused` are what a person says must come out: a second look at the fold."""
    raws = order or story.all()
    book = book_of(raws)
    roster = book.roster()
    came = {one["name"] + f" {one['admin'] or ''}".rstrip() for one in roster["members"]}
    assert came == set(members.split(", ")), (name, came)
    assert " ".join(why for _, why in book.why_not()) == refused, (name, book.why_not())
    write(name, what, raws, book)
    return roster

def ordinary():
    s = Story()
    case("founding", "alice founds the group", s, "Alice 1")
    s = Story()
    s.with_members("bob", "carol")
    case("add", "alice takes bob and carol in", s, "Alice 1, Bob, Carol")
    s.remove("alice", "bob")
    s.go("carol")
    case("remove", "bob is put out, carol goes", s, "Alice 1")
    s.add("alice", "bob")
    s.add("alice", "carol")
    case("taken-in-again", "both are taken in again, by entries that name how they came to be out", s, "Alice 1, Bob, Carol")

    s = Story()
    s.with_members("bob", "carol", "dave", admins=["bob", "carol"])
    s.admin("bob", "dave")
    s.admin("alice", "bob", off=True)
    s.admin("carol", "bob")
    case("seniority", "admins by age; bob, who was made one again, is the youngest", s, "Alice 1, Carol 2, Dave 3, Bob 4")
    on = s.heads(s.acts)
    s.remove("bob", "dave", on)
    s.admin("dave", "dave", on, off=True)
    s.remove("alice", "alice", on)
    s.remove("carol", "alice", on)
    case("below", "nobody puts out or demotes who stands above them, or themselves", s, "Alice 1, Carol 2, Dave 3, Bob 4",
         "idle idle idle idle")

    s = Story()
    s.with_members("bob")
    on = s.heads(s.acts)
    s.title("alice", "Ropes", on, topic="Sunday, ten o'clock")
    s.rooms("alice", [["libera", ["irc.libera.chat:6697"]], ["oftc", ["irc.oftc.net:6697", "[2001:db8::1]:6697"]]])
    s.title("bob", "Bob's", on)
    roster = case("title", "another name and topic, and rooms; not by bob, who is no admin", s, "Alice 1, Bob", "idle")
    assert roster["name"] == "Ropes" and len(roster["rooms"]) == 2
    s.rooms("alice", [], [list(s.acts)[-2]])
    assert case("title-last", "no rooms any more", s, "Alice 1, Bob", "idle")["rooms"] == []

    s = Story()
    s.with_members("bob", admins=["bob"])
    s.renew("bob", 1)
    s.add("bob", "carol")
    roster = case("renew", "bob has another key, and acts with it", s, "Alice 1, Bob 2, Carol")
    assert key("bob", 1).public.hex() in json.dumps(roster)
    on = s.heads(s.acts)
    s.title("bob", "Old", on, by=key("bob"))
    s.renew("bob", 2, on, by=key("carol"))
    s.renew("bob", 0, on)
    s.renew("bob", 1, on)
    s.renew("bob", 1, on, the=entry("carol", 0, s.gid), by=key("carol"))
    case("renew-wrong", "an act with the old key; a renewal that the new key does not sign; to a key that was somebody's already", s,
         "Alice 1, Bob 2, Carol", "forged forged idle idle idle")
    s = Story()
    s.with_members("bob")
    s.renew("bob", 1)
    s.remove("alice", "bob")
    out = s.heads(s.acts)
    s.add("alice", "bob", out)
    s.add("alice", "bob", out, 1)
    case("renew-again", "whose a key is: bob, who had another key, is taken in again, by the old key and beside that by the new one", s,
         "Alice 1, Bob")

def arrival():
    s = Story()
    s.with_members("bob", "carol", admins=["bob"])
    s.remove("bob", "carol")
    raws = s.all()
    case("waits", "acts that come before their parents wait", s, "Alice 1, Bob 2", order=raws[:1] + raws[:0:-1])
    case("parents-unknown", "an act whose parent never comes", s, "Alice 1, Bob, Carol", "waits", raws[:3] + raws[4:])

    s = Story()
    s.with_members("bob", admins=["bob"])
    late = s.add("bob", "carol")
    forged, raws = s.forged(late, "mallory"), s.all()
    case("forged-first", "the same act with another's signature comes first, and does not shut out the true one", s, "Alice 1, Bob 2, Carol",
         "forged", raws[:-1] + [forged, raws[-1]])
    case("forged-waits", "nor does it while both wait", s, "Alice 1, Bob 2, Carol", "forged", [raws[0], forged, raws[3], raws[2], raws[1]])
    case("twice", "an act that comes again changes nothing", s, "Alice 1, Bob 2, Carol", "", raws + raws)

    s = Story()
    on = s.with_members("bob", "carol", admins=["bob", "carol"])
    for _ in range(131): s.rooms("bob", [], on)
    last = list(s.acts)[-3:]
    forged = s.forged(last[0], "mallory")
    s.title("bob", "Bob's", [last[2]])
    s.title("carol", "Ropes", last[:2])
    raws = s.all()
    roster = case("surplus", "of what bob does beside their own acts what is one too many is taken as soon as carol has built on it; bob's own "
                  "word for it is none", s, "Alice 1, Bob 2, Carol 3", "surplus waits", [*raws[:-5], forged, *raws[-5:-2], forged, *raws[-2:]])
    assert roster["name"] == "Ropes"

    s = Story()
    on = s.with_members("bob", "carol", "dave", "erin", admins=["bob", "carol", "dave", "erin"])
    for i in range(503): s.rooms(["bob", "carol", "dave", "erin"][i % 4], [], on)
    one, other = s.rooms("bob", [], on), s.rooms("carol", [], on)
    s.remove("dave", "erin", [one])
    out = s.remove("alice", "bob", [one])
    s.remove("carol", "erin", [out])
    s.title("alice", "Ropes", [out])
    case("full", "four fill a book of 512 acts; of two acts more and what is built on them that is taken which the founder has seen", s,
         "Alice 1, Carol 2, Dave 3, Erin 4", "full full full")
    assert s.acts[other].depth == 9

def wrong():
    s = Story()
    s.with_members("bob", admins=["bob"])
    on = s.heads(s.acts)
    s.title("alice", "a", on, {2: on + on})
    s.title("alice", "b", on, {2: []})
    s.title("alice", "c", on, {3: 4})
    s.title("alice", "d", on, {3: 2})
    case("parents-depth", "a parent twice, none at all; a depth too great, too small", s, "Alice 1, Bob 2", " ".join(["misplaced"] * 4))

    s = Story()
    s.with_members("bob", admins=["bob"])
    on = s.heads(s.acts)
    s.title("alice", "a", on, {7: 3})
    s.title("alice", "b", on, {7: 5})
    s.title("alice", "c", on, {6: s.founding})
    s.title("alice", "d", on, {6: None})
    s.title("bob", "e", on, {6: s.founding})
    s.title("bob", "f", on, {7: 2})
    case("chain", "the act before and the number are what the past says", s, "Alice 1, Bob 2", " ".join(["misplaced"] * 6))

    s = Story()
    on = s.with_members("bob", "carol", admins=["bob"])
    one, two = s.title("bob", "one", on), s.title("bob", "two", on)
    after = s.heads([one, two])
    good = s.title("bob", "three", after)
    last = s.acts[good].before
    s.title("bob", "four", after, {6: one if last == two else two})
    case("fork", "who has forked goes on from the greater place of the two", s, "Alice 1, Bob 2, Carol", "misplaced")

    s = Story()
    s.with_members("bob", admins=["bob"])
    for _ in range(64): s.rooms("bob", [])
    on = s.heads(s.acts)
    s.title("bob", "65", on)
    for _ in range(61): on = [s.rooms("alice", [], on)]
    s.go("bob", [s.add("alice", "bob", [s.go("bob", on)])])
    roster = case("numbers", "bob has 64 acts, and no more but to go once; the founder has more", s, "Alice 1, Bob", "misplaced misplaced")
    assert roster["name"] == "Climbing" and max(act.number for act in s.acts.values()) == 66

    s = Story()
    on = s.with_members("bob")
    s.title("alice", "Forged", on, by=key("mallory"))
    s.remove("mallory", "bob", on)
    s.title("alice", "Other", on, {0: bytes(16)})
    s.act("alice", [FOUND, entry("alice"), "Again", "", bytes(16)], [], {0: None})
    s.act("alice", [FOUND, entry("alice", 0, s.gid), "Again", "", bytes(16)], on)
    case("strangers", "a forged act, a stranger's, another group's, another founding, a founding within the group", s, "Alice 1, Bob",
         "forged idle foreign foreign foreign")

    s = Story()
    s.with_members("bob")
    first = s.remove("alice", "bob")
    s.add("alice", "bob")
    s.remove("alice", "bob")
    on = s.heads(s.acts)
    s.add("alice", "carol", on, the=entry("carol", 0, s.gid, by=key("alice")))
    s.add("alice", "carol", on, the=entry("carol", 0, bytes(16)))
    s.add("alice", "carol", on, the=entry("carol"))
    s.add("alice", "carol", on, the=entry("carol", 0, s.gid, first))
    s.add("alice", "bob", on, the=entry("bob", 0, s.gid, first))
    s.add("alice", "bob", on, the=entry("bob", 0, s.gid))
    case("entry", "entries that somebody else signed, for another group, for none, with an end that is none of theirs, a stale one, none",
         s, "Alice 1", "forged forged forged idle idle idle")

    s = Story()
    s.with_members("bob", "carol", admins=["bob"])
    on = s.heads(s.acts)
    s.add("alice", "carol", on)
    s.add("carol", "dave", on)
    s.remove("alice", "dave", on)
    s.remove("carol", "carol", on)
    s.admin("alice", "bob", on)
    s.admin("alice", "dave", on)
    s.admin("bob", "alice", on, off=True)
    s.admin("alice", "carol", on, off=True)
    s.title("alice", "Climbing", on)
    case("idle", "acts without effect; but to name the group as it is named is one", s, "Alice 1, Bob 2, Carol", " ".join(["idle"] * 8))

    s = Story()
    on = s.with_members("bob")
    raws = s.all()
    low = cbor({0: s.gid, 1: mid("alice"), 2: on, 3: 2, 4: NOW, 5: [ADD, entry("carol", 0, s.gid, low=True)], 6: on[0], 7: 3})
    act = lambda deed: cbor([deed, key("alice").sign(b"iim1 act", deed)])
    def deed(change): return act(cbor({k: v for k, v in ({0: s.gid, 1: mid("alice"), 2: on, 3: 2, 4: NOW, 5: [GO], 6: on[0], 7: 3} | change).items()}))
    order = raws + [act(low), deed({5: [7]}), deed({2: [bytes([i] * 32) for i in range(9)]}), deed({7: 129}), deed({1: bytes(9)}),
                    deed({5: [TITLE, "", ""]}), deed({5: "go"}), b"\x82\x41\xa0", act(b"\xbf\xff"), act(cbor({1: mid("alice")}))]
    case("unreadable", "acts that are none: a low-order key, an unknown deed, nine parents, number 129, and others", s, "Alice 1, Bob",
         "value value size value size size type malformed indefinite missing", order)

def foundings():
    ok = Story()
    good = ok.raws[ok.founding]
    case("founding-fields", "fields of later versions within a deed are passed over", Story(change={99: [1]}), "Alice 1")
    for name, what, raw, word in [
        ("founding-forged", "a founding act that another signed", ok.forged(ok.founding, "bob"), "forged"),
        ("founding-entry", "the founder's entry signed by another", Story(entry=entry("alice", by=key("bob"))), "forged"),
        ("founding-author", "a founder whose id is not that of their key", Story(entry=entry("bob"), by=key("bob")), "forged"),
        ("founding-group", "the founder's entry names a group", Story(entry=entry("alice", 0, bytes(16))), "misplaced"),
        ("founding-end", "the founder's entry names an end", Story(entry=entry("alice", 0, None, bytes(32))), "misplaced"),
        ("founding-number", "a founding act with number 2", Story(change={7: 2}), "misplaced"),
        ("founding-other", "the first act founds nothing", None, "foreign"),
    ]:
        if raw is None:
            ok.title("alice", "x")
            raw = ok.all()[1]
        raw = raw.all()[0] if isinstance(raw, Story) else raw
        try: Book(raw)
        except Refused as cause: assert str(cause) == word, (name, cause)
        else: raise AssertionError(name)
        vector(f"book/{name}", dict(what=what, expect="error " + word), "\n".join(hexed(raw)) + "\n")

def crossed():
    for first in (True, False):
        word = "first" if first else "last"
        s = Story()
        on = s.with_members("bob", "carol", admins=["carol"])
        out = s.remove("alice", "bob", on)
        again = s.add("alice", "bob", [out])
        # Beside both, at the add's depth, and of lesser or greater place by its id.
        beside = s.title("carol", "Ropes", on)
        s.remove("carol", "bob", [beside], ids=side(again, first))
        case(f"removal-beside-add-{word}", f"bob is out and taken in again; carol's removal beside that is read {word}: out both ways", s,
             "Alice 1, Carol 2")

        s = Story()
        on = s.with_members("bob", "carol", "dave", admins=["bob", "carol"])
        one = s.remove("bob", "carol", on)
        s.remove("carol", "dave", on, ids=side(one, first))
        s.add("carol", "erin", on)
        case(f"removed-removes-{word}", f"bob puts out carol, who beside that puts out dave and adds erin; carol's removal is read {word}", s,
             "Alice 1, Bob 2")

        s = Story()
        on = s.with_members("bob", admins=["bob"])
        one = s.remove("alice", "bob", on)
        s.add("bob", "puppet", on, ids=side(one, first))
        case(f"removed-adds-{word}", f"what bob did beside their removal is void; it is read {word}", s, "Alice 1")

        s = Story()
        on = s.with_members("bob", "carol", "dave", admins=["bob"])
        one = s.admin("alice", "bob", on, off=True)
        s.remove("bob", "carol", on, ids=side(one, first))
        s.add("bob", "erin", on)
        s.admin("bob", "dave", on)
        s.title("bob", "Bob's", on)
        case(f"demoted-{word}", f"bob is no admin any more: of what they did beside that only the removal counts; it is read {word}", s,
             "Alice 1, Bob, Dave")

def demoted_beside(admins):
    """Bob loses adminship, and beside that puts out carol: the acts for both."""
    s = Story()
    on = s.with_members("bob", "carol", admins=admins)
    return s, s.admin("alice", "bob", on, off=True), s.remove("bob", "carol", on)

def late_out():
    s, demoted, _ = demoted_beside(["bob", "carol"])
    added = s.add("carol", "dave", [demoted])
    s.title("carol", "Ropes", [added])
    roster = case("late-out", "carol, whom bob put out beside losing that right, goes on until all is read", s, "Alice 1, Bob, Dave")
    assert roster["name"] == "Ropes"
    both = s.heads(s.acts)
    s.title("carol", "Carol's", both)
    s.add("carol", "erin", both)
    s.remove("alice", "carol", both)
    s.admin("alice", "carol", both, off=True)
    case("late-out-after", "who is late out by an act's past is none who may do it, nor is put out or demoted anew", s,
         "Alice 1, Bob, Dave", "idle idle idle idle")
    s, *both = demoted_beside(["bob", "carol"])
    s.add("alice", "carol", both)
    case("late-out-again", "carol, an admin, is late out, and is none when taken in anew by who has seen that", s, "Alice 1, Bob, Carol")
    s.remove("alice", "carol")
    case("late-out-removed", "and is put out after that", s, "Alice 1, Bob")
    s, demoted, _ = demoted_beside(["bob"])
    s.add("alice", "carol", s.heads(s.acts))
    s.renew("carol", 1, [demoted])
    case("late-out-renewed", "carol, late out, renewed their keys beside being taken in anew", s, "Alice 1, Bob, Carol")

def pretended():
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob"])
    s.remove("alice", "bob", on)
    s.title("alice", "Ropes")
    old = s.add("bob", "puppet", on)
    s.admin("bob", "puppet", [old])
    s.add("puppet", "second", s.heads([*s.acts][-1:]))
    case("puppet", "bob, put out, adds a puppet by acts that pretend to be old, makes it an admin, and it adds another: none gets in", s,
         "Alice 1, Carol")
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob", "carol"])
    s.remove("alice", "bob", on)
    s.remove("bob", "carol", on)
    case("price", "bob, put out, puts out carol by an act that pretends to be old", s, "Alice 1")
    for first in (True, False):
        word = "first" if first else "last"
        s = Story()
        on = s.with_members("bob", "carol", admins=["bob"])
        out = s.remove("alice", "carol", [s.remove("alice", "bob", on)])
        again = s.add("alice", "carol", [out])
        after = s.admin("alice", "carol", [again])
        after = s.title("carol", "Ropes", [s.add("carol", "dave", [after])])
        # Beside all that, and at the add's depth.
        deep = s.title("bob", "Bob's", [s.rooms("bob", [], on)])
        s.remove("bob", "carol", [deep], ids=side(again, first))
        roster = case(f"late-unseen-{word}", "bob, put out, pretends to have put out carol, who has been taken in anew since by who had not seen "
                      f"that; it is read {word}: carol is late out, and what they did stands", s, "Alice 1, Dave")
        assert roster["name"] == "Ropes"
        s.add("alice", "carol")
        case(f"late-unseen-{word}-seen", "and is in again by an add that has seen it", s, "Alice 1, Dave, Carol")
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob"])
    again = s.add("alice", "carol", [s.remove("alice", "carol", [s.remove("alice", "bob", on)])])
    made = s.admin("alice", "carol", [again])
    s.add("carol", "dave", [made])
    s.remove("bob", "carol", on)
    s.add("alice", "carol", [s.go("carol", [made])])
    case("late-unseen-go", "carol goes, which voids what they did beside, and is taken in by who has seen that alone: late out", s, "Alice 1")
    s = Story()
    on = s.with_members("bob", "carol", "erin", admins=["bob", "erin"])
    out = s.remove("alice", "carol", [s.remove("alice", "bob", on)])
    made = s.admin("alice", "carol", [s.add("alice", "carol", [out])])
    for _ in range(3): out = s.rooms("erin", [], [out])
    s.add("erin", "carol", [out])
    for i in range(4): made = s.title("carol", f"Ropes {i}", [made])
    s.remove("bob", "carol", on)
    roster = case("late-unseen-twice", "two take in carol anew, whom bob has put out unseen: the second add changes nothing, carol's adminship "
                  "holds until all is read", s, "Alice 1, Erin 2")
    assert roster["name"] == "Ropes 3"
    s = Story()
    on = s.with_members("bob", "carol", "dave", admins=["bob", "dave", "carol"])
    out = s.remove("alice", "dave", [s.remove("alice", "bob", on)])
    again = s.add("alice", "carol", s.heads([out, s.remove("bob", "carol", on)]))
    s.remove("dave", "carol", on)
    title = s.title("carol", "Ropes", [s.title("carol", "Knots", on)])
    s.title("carol", "Void", [s.title("carol", "Void", [title])], ids=side(again, False))
    roster = case("late-unseen-one", "carol, late out by bob's removal, is taken in anew by who has seen that, and not dave's, as late: they "
                  "are no admin from there on, and late out", s, "Alice 1")
    assert roster["name"] == "Ropes"
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob", "carol"])
    s.admin("alice", "bob", on, off=True)
    s.admin("alice", "bob")
    s.remove("carol", "bob")
    s.remove("bob", "carol", on)
    case("one-another", "carol has come to stand above bob and puts bob out, bob, who pretends not to know, puts carol out: both are", s, "Alice 1")
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob"])
    s.go("bob", on)
    s.add("bob", "dave", on)
    s.renew("bob", 1, on)
    s.remove("bob", "carol", on)
    case("go-beside", "bob goes; what they did beside that is void", s, "Alice 1")
    s = Story()
    on = s.with_members("bob", "carol", admins=["bob"])
    s.remove("bob", "carol", on)
    s.go("carol", on)
    s.add("alice", "carol", s.heads([one for one in s.acts if s.acts[one].kind != GO]))
    case("go-unseen", "carol is taken in anew by who has not seen them go: out", s, "Alice 1, Bob 2")
    s = Story()
    on = s.with_members("bob", "mallory", admins=["bob"])
    taken = s.add("bob", "carol", on)
    stolen = s.renew("mallory", 0, on, the=entry("carol", 0, s.gid), by=key("carol"), ids=side(taken, True))
    s.title("bob", "Ropes", [taken])
    case("key-of-two", "carol is taken in by a key to which mallory renews beside that: mallory's by the lesser place", s, "Alice 1, Bob 2, Carol")
    assert s.acts[stolen].place < s.acts[taken].place

def readings():
    """Every other one of the row would stay an admin; the last are cut off by the bound on readings."""
    s, names = Story(), [f"a{i:02}" for i in range(18)]
    on = s.with_members(*names, admins=names)
    for i, one in enumerate(names[:-1]):
        s.admin(one, names[i + 1], on, off=True, ids=(bytes([240 - 10 * i]), bytes([250 - 10 * i])))
    Book.most = 0
    write("readings", "eighteen admins in a row, each demotes the next beside all others, the youngest first: 14 readings", s.all(),
          book_of(s.all()))
    assert Book.most == 14, Book.most

# --- random books --------------------------------------------------------------------------------------------

PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]

def random_book(seed, most): return random_story(seed, most).all()

def random_story(seed, most, something=None):
    """People act on what they know and tell one another now and then; up to three fork, and pretend not to know."""
    roll, something = dice(f"book {seed}"), something or anything
    s = Story(f"Book {seed}")
    full = book_of(s.all())
    liars = {PEOPLE[roll(8)] for _ in range(roll(4))}
    known = {name: {s.founding} for name in PEOPLE}
    tries = 0
    while len(s.acts) < most and tries < 8 * most:
        tries += 1
        name = PEOPLE[roll(8)]
        if roll(2): known[name] |= known[PEOPLE[roll(8)]]
        on = s.heads(known[name])
        if name in liars and roll(3):
            pool = sorted(full.acts)
            some = {pool[roll(len(pool))] for _ in range(1 + roll(2))}
            on = s.heads(some.union(*(s.pasts[one] for one in some)))
        past = frozenset(on).union(*(s.pasts[one] for one in on))
        folded = full.fold(past)[0]
        if mid(name) not in folded.members and roll(40): continue
        act = something(s, roll, name, on)
        full.take(s.raws[act])
        taken = act in full.acts
        if not taken and roll(12):
            s.drop(act)
            continue
        if taken: known[name] |= {act} | past
    return s

def anything(s, roll, name, on):
    other = PEOPLE[roll(8)]
    what = roll(24)
    if what < 8: return s.add(name, other, on, roll(10) // 8)
    if what < 13: return s.remove(name, other, on)
    if what < 14: return s.go(name, on)
    if what < 19: return s.admin(name, other, on)
    if what < 21: return s.admin(name, other, on, off=True)
    if what < 22: return s.title(name, f"Title {roll(100)}", on)
    if what < 23: return s.rooms(name, [["libera", ["irc.libera.chat:6697"]]] * roll(2), on)
    return s.renew(name, 1 + roll(2), on)

def lively(s, roll, name, on):
    """Many come to be admins, and many are out and in again."""
    other = PEOPLE[roll(8)]
    what = roll(24)
    if what < 9: return s.add(name, other, on)
    if what < 13: return s.remove(name, other, on)
    if what < 21: return s.admin(name, other, on)
    if what < 22: return s.admin(name, other, on, off=True)
    if what < 23: return s.go(name, on)
    return s.title(name, f"Title {roll(100)}", on)

def shuffled(raws, roll):
    rest = raws[1:]
    for i in range(len(rest) - 1, 0, -1):
        j = roll(i + 1)
        rest[i], rest[j] = rest[j], rest[i]
    return raws[:1] + rest

def play(count):
    taken = refused = late = voids = 0
    for seed in range(count):
        raws = random_book(seed, 12 + seed % 20)
        book = book_of(raws)
        state, void = book.fold(book.acts)
        taken, refused = taken + len(book.acts), refused + len(book.refused)
        late, voids = late + bool(state.late), voids + bool(void)
        roll = dice(f"order {seed}")
        for _ in range(3):
            other = book_of(shuffled(raws, roll))
            assert other.roster() == book.roster() and other.acts.keys() == book.acts.keys(), seed
        for one in set(state.members) - state.late:
            # Whoever is in was taken in by an act that has all their removals in its past.
            ends = {act.id for act in book.acts.values() if act.is_removal_of(one)}
            assert not ends or ends <= book.past(state.by[one]), seed
    print(f"{count} books, {taken} acts taken, {refused} refused; {voids} with void acts, {late} with somebody late out; "
          f"any order gave the same; at most {Book.most} readings")

    print(f"{count // 10} lively books: {sum(map(backdated, range(count // 10)))} removals by former admins put out one person each, and "
          "undid nothing")

    print(f"{count // 10} books that admins flood: whatever the founder has seen all hold, of them "
          f"{sum(map(flooded, range(count // 10)))} acts beyond the bound")

class Small(Book):
    all, own, seen = 30, 16, 80

def flooded(seed):
    """Three admins do a lot beside their own acts, of which each member hears something else. How many acts the founder lifted."""
    s, roll = Story(f"Flood {seed}"), dice(f"flood {seed}")
    on = s.with_members("bob", "carol", "dave", admins=["bob", "carol", "dave"])
    books = {name: Small(s.raws[s.founding]) for name in ["alice", "bob", "carol", "dave"]}
    def tell(name, raws):
        for raw in raws: books[name].take(raw)
    for name in books: tell(name, s.all()[1:])
    for _ in range(20 + roll(40)):
        name = ["bob", "carol", "dave"][roll(3)]
        act = s.title(name, f"Title {roll(100)}", on if roll(3) else s.heads(s.pasts[[*s.acts][-1]]))
        for other in books:
            if roll(3): tell(other, [s.raws[act]])
    for _ in range(4 + roll(8)):
        name = ["alice", "alice", "bob", "carol"][roll(4)]
        heads = s.heads(books[name].acts)
        act = s.remove(name, ["bob", "carol", "dave"][roll(3)], heads) if roll(2) else s.rooms(name, [], heads)
        for other in books:
            if other == name or roll(2): tell(other, [s.raws[act]])
    raws = s.all()[1:]
    for name in books: tell(name, shuffled(raws, roll))
    alices = books["alice"]
    seen = {one for act in alices.acts.values() if act.author == mid("alice") for one in alices.pasts[act.id] | {act.id}}
    for name, book in books.items():
        assert seen <= book.acts.keys() and len(book.acts) <= Small.seen, (seed, name)
    return max(len(book.acts) for book in books.values()) - Small.all

def filled(seed):
    """More acts than a book has room for, in any order."""
    s, roll, names = Story(f"Filled {seed}"), dice(f"filled {seed}"), ["bob", "carol", "dave", "erin"]
    on = s.with_members(*names, admins=names)
    for _ in range(540 + roll(60)): s.title(names[roll(4)], "a", on if roll(8) else s.heads(s.pasts[[*s.acts][-1]]))
    for _ in range(12):
        some = [[*s.acts][roll(len(s.acts))] for _ in range(4)]
        s.title((["alice"] + names)[roll(5)], "b", s.heads(set(some).union(*(s.pasts[one] for one in some))))
    return shuffled(s.all(), roll)

def backdated(seed):
    """What who was an admin pretends to have done long ago: removals, which put out the person and change nothing else."""
    s, roll, tried = random_story(f"lively {seed}", 50, lively), dice(f"backdated {seed}"), 0
    book = book_of(s.all())
    before, ids, names = book.fold(book.acts)[0], sorted(book.acts), {mid(name): name for name in PEOPLE}
    for author in sorted({one for one, _ in before.ends}):
        ends = {act.id for one, act in before.ends if one == author}
        for _ in range(20):
            on = ids[roll(len(ids))]
            past = book.pasts[on] | {on}
            then = book.fold(past)[0]
            below = [one for one in then.members if one in names and one not in then.late and then.above(author, one)]
            again = [one for one in below if before.removals.get(one)]
            if ends & past or author in then.late or not (again or below and not roll(4)): continue
            person = (again or below)[roll(len(again or below))]
            act = s.remove(names[author], names[person], [on])
            other = book_of(s.all())
            assert act in other.acts and other.roster() == before.roster(but=person), (seed, on.hex())
            s.drop(act)
            tried += 1
    return tried

def random_files():
    for seed in RANDOM:
        raws = random_book(seed, 16)
        write(f"random-{seed}", "what eight people did by chance, some of whom fork and pretend not to know", raws, book_of(raws))

def line(raws):
    book = book_of(raws)
    return json.dumps({"acts": [raw.hex() for raw in raws], "taken": len(book.acts), "refused": book.why_not(), "value": book.roster()})

# Those whose acts are void, or who are late out.
RANDOM = [82, 97, 0, 13, 2]

def main():
    rfc_8032()
    if sys.argv[1:2] == ["--play"]: play(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--write"]:
        with open(sys.argv[3], "w") as f:
            for seed in range(int(sys.argv[2])):
                if seed % 100 == 99: raws = filled(seed)
                elif seed % 5 == 4: raws = random_story(f"lively {seed}", 50, lively).all()
                else: raws = random_book(seed, 12 + seed % 20)
                print(line(raws), file=f)
    else:
        for make in (ordinary, arrival, wrong, foundings, crossed, late_out, pretended, readings, random_files): make()

if __name__ == "__main__":
    main()
