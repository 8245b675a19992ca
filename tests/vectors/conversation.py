#!/usr/bin/env python3
"""Writes the vectors in conversation/: two accounts meet, talk, and one hides. From the specification and libolm alone:
neither iim nor its Olm library is used, and every random number is known, so that the files come out the same again.

Needs libolm (Debian: apt-get install libolm3). Run it in its folder; it replaces what it makes, nothing else.
"""
import base64, ctypes, ctypes.util, hashlib, json

from make import ALICE, BOB, b64, cbor, mail, nick, pad, vector, window

KEY = b"iim"   # under which the pickles are kept
NOW = 1767225600
HOME = [["libera", ["irc.libera.chat:6697"]]]
HOME_V = [{"name": n, "servers": s} for n, s in HOME]

# --- libolm, as its olm.h has it -----------------------------------------------------------------------------

olm = ctypes.CDLL(ctypes.util.find_library("olm") or "libolm.so.3")

def stream(seed):
    """Random numbers that are known: SHA-256 of the seed and a count."""
    count = 0
    while True:
        yield from hashlib.sha256(f"{seed} {count}".encode()).digest()
        count += 1

class Olm:
    """An account or a session: its functions are called by the end of their names."""
    def __init__(self, kind, dice):
        size = self.size(f"olm_{kind}_size")
        self.kind, self.dice, self.memory = kind, dice, ctypes.create_string_buffer(size)
        make = getattr(olm, f"olm_{kind}")
        make.restype = ctypes.c_void_p
        self.at = ctypes.c_void_p(make(self.memory))

    @staticmethod
    def size(name, *given):
        function = getattr(olm, name)
        function.restype = ctypes.c_size_t
        return function(*given)

    def call(self, name, *given):
        done = self.size(name, self.at, *given)
        assert done != ctypes.c_size_t(-1).value, name
        return done

    def random(self, length):
        return bytes(next(self.dice) for _ in range(length)), ctypes.c_size_t(length)

    def out(self, name, length, *given):
        buffer = ctypes.create_string_buffer(length)
        done = self.call(name, *given, buffer, ctypes.c_size_t(length))
        return buffer.raw[:done]

    def pickle(self):
        length = self.call(f"olm_pickle_{self.kind}_length")
        return self.out(f"olm_pickle_{self.kind}", length, KEY, ctypes.c_size_t(len(KEY))).decode()

def part(text): return text, ctypes.c_size_t(len(text))

def raw(text): return base64.b64decode(text + b"=" * (-len(text) % 4))

class Account(Olm):
    def __init__(self, address, seed):
        super().__init__("account", stream(seed))
        self.address = address
        self.call("olm_create_account", *self.random(self.call("olm_create_account_random_length")))
        keys = json.loads(self.out("olm_account_identity_keys", self.call("olm_account_identity_keys_length")))
        self.curve, self.ed = raw(keys["curve25519"].encode()), raw(keys["ed25519"].encode())
        self.sessions = {"mail": [], "irc": []}

    def one_time_key(self):
        length = self.call("olm_account_generate_one_time_keys_random_length", ctypes.c_size_t(1))
        self.call("olm_account_generate_one_time_keys", ctypes.c_size_t(1), *self.random(length))
        made = json.loads(self.out("olm_account_one_time_keys", self.call("olm_account_one_time_keys_length")))
        self.call("olm_account_mark_keys_as_published")
        [key] = made["curve25519"].values()
        return raw(key.encode())

    def sign(self, text):
        length = self.call("olm_account_signature_length")
        return raw(self.out("olm_account_sign", length, *part(text)))

    def open_session(self, way, to, one_time):
        session = Session(self.dice)
        length = session.call("olm_create_outbound_session_random_length")
        given = [base64.b64encode(k).rstrip(b"=") for k in (to.curve, one_time)]
        session.call("olm_create_outbound_session", self.at, *part(given[0]), *part(given[1]), *session.random(length))
        self.sessions[way].append(session)
        return session

    def accept_session(self, way, sender, message):
        session, text = Session(self.dice), base64.b64encode(message).rstrip(b"=")
        identity = base64.b64encode(sender.curve).rstrip(b"=")
        session.call("olm_create_inbound_session_from", self.at, *part(identity),
                     ctypes.create_string_buffer(text, len(text)), ctypes.c_size_t(len(text)))
        assert Olm.size("olm_remove_one_time_keys", self.at, session.at) != ctypes.c_size_t(-1).value
        self.sessions[way].append(session)
        return session

    def state(self):
        return {way: [session.pickle() for session in kept] for way, kept in self.sessions.items()}

class Session(Olm):
    def __init__(self, dice): super().__init__("session", dice)

    def seal(self, letter):
        plain = pad(cbor(letter))
        kind = self.call("olm_encrypt_message_type")
        dice = self.random(self.call("olm_encrypt_random_length"))
        length = self.call("olm_encrypt_message_length", ctypes.c_size_t(len(plain)))
        message = raw(self.out("olm_encrypt", length, *part(plain), *dice))
        return cbor([1, kind, message]), message

    def open(self, kind, message):
        text = base64.b64encode(message).rstrip(b"=")
        given = lambda: (ctypes.c_size_t(kind), ctypes.create_string_buffer(text, len(text)), ctypes.c_size_t(len(text)))
        length = self.call("olm_decrypt_max_plaintext_length", *given())
        return self.out("olm_decrypt", length, *given())

# --- the conversation ----------------------------------------------------------------------------------------

def name(text): return hashlib.sha256(text.encode()).digest()[:16]

def letter(what, kind, body, at=0, **beside):
    keys = {"holds": 4, "presence": 5, "otks": 6, "irc": 7}
    return {0: name(what), 1: (NOW + at) * 1000, 2: kind, 3: body, **{keys[k]: v for k, v in beside.items()}}

def value(what, kind, body, at=0, **beside):
    return {"id": name(what).hex(), "sent": (NOW + at) * 1000, "kind": kind, "body": body, **beside}

def keys(one): return {1: one.curve, 2: one.ed}

def keys_v(one): return {"curve25519": one.curve.hex(), "ed25519": one.ed.hex()}

def presence(epoch, secret):
    return {1: epoch, 2: secret, 3: 86400, 4: HOME, 5: 0, 6: "", 7: [1, 2, 3, 4, 5, 6, 7], 8: []}

def presence_v(epoch, secret):
    return {"epoch": epoch, "secret": secret.hex(), "window": 86400, "networks": HOME_V, "status": 0, "status_text": "",
            "capabilities": [1, 2, 3, 4, 5, 6, 7], "ways": []}

def our_nick(secret, at): return nick(secret, "libera", window(secret, 86400, NOW + at))

class Story:
    def __init__(self):
        self.count, self.alice, self.bob = 0, Account(ALICE, "alice"), Account(BOB, "bob")

    def step(self, title, what, at, came, then, body, way, before=None, **more):
        """One letter comes to somebody: what they have before it, what comes, and what must come of it."""
        self.count += 1
        fields = dict(what=what, expect="ok", at=at.address, way=way, then=then, **(before or {}), value=came, **more)
        vector(f"conversation/{self.count:02}-{title}", fields, body, "eml" if way == "mail" else "txt")

    def by_mail(self, sender, to, sealed):
        shown = {ALICE: "Alice <alice@example.org>", BOB: "Bob <bob@example.net>"}
        return mail(sealed, head={"From": shown[sender.address], "To": to.address})

def lines(sealed, who, tag):
    text = b64(sealed)
    return f"{NOW} {who} iim1 {tag} 1/1 {text}\n"

def kept(one, account=False):
    before = {"sessions": one.state()}
    return {"account": one.pickle(), **before} if account else before

def meet(story):
    alice, bob = story.alice, story.bob
    asked, asked_irc = alice.one_time_key(), alice.one_time_key()
    body = {1: ALICE, 2: BOB, 3: "Alice", 4: "from school", 5: keys(alice), 6: {1: asked, 2: asked_irc}}
    request = cbor(letter("request", 1, body))
    signed = cbor([0, request, alice.sign(b"iim1 request" + request)])
    story.step("request", "alice asks bob", bob, value("request", 1, {
        "from": ALICE, "to": BOB, "name": "Alice", "note": "from school", "keys": keys_v(alice),
        "one_time_keys": {"mail": asked.hex(), "irc": asked_irc.hex()}}),
        "the signature is right; pending, bob is shown it, nothing leaves",
        mail(signed, "Alice would like to talk with you by iim"), "mail", {"signed_by": alice.ed.hex()})

    secret_b = hashlib.sha256(b"secret of bob").digest()
    bobs, bobs_irc = bob.one_time_key(), bob.one_time_key()
    array = ["iim1 keys", 2, name("accept"), name("request"), BOB, ALICE, bob.curve, bob.ed]
    signature = bob.sign(cbor(array))
    body = {1: BOB, 2: ALICE, 3: name("request"), 4: keys(bob), 5: {1: bobs, 2: bobs_irc}, 6: signature}
    opening = bob.open_session("irc", alice, asked_irc).seal(letter("opening", 4, {}, 60, holds=0))
    sealed = bob.open_session("mail", alice, asked).seal(
        letter("accept", 2, body, 60, holds=0, presence=presence(NOW, secret_b), irc=opening[0]))
    story.step("accept", "bob says yes: sealed to alice's one-time key, with their presence and an opening of the irc session",
        alice, value("accept", 2, {"from": BOB, "to": ALICE, "request": name("request").hex(), "keys": keys_v(bob),
        "one_time_keys": {"mail": bobs.hex(), "irc": bobs_irc.hex()}, "signature": signature.hex()}, 60, holds=0,
        presence=presence_v(NOW, secret_b), irc=opening[0].hex()),
        "both signatures are right: friend; both sessions are kept, both one-time keys used up; a confirm is due",
        story.by_mail(bob, alice, sealed[0]), "mail", kept(alice, True),
        irc_opens="yes", signed_by=bob.ed.hex(), nick=[secret_b.hex(), our_nick(secret_b, 60)], time=NOW + 60)
    alice.accept_session("mail", bob, sealed[1]).open(0, sealed[1])
    alice.accept_session("irc", bob, opening[1]).open(0, opening[1])
    return secret_b

def confirm(story):
    alice, bob = story.alice, story.bob
    secret_a = hashlib.sha256(b"secret of alice").digest()
    mail_a, irc_a, mail_b, irc_b = alice.sessions["mail"][0], alice.sessions["irc"][0], bob.sessions["mail"][0], bob.sessions["irc"][0]
    answer = irc_a.seal(letter("answer", 4, {}, 120, holds=0))
    next_mail, next_irc = alice.one_time_key(), alice.one_time_key()
    sealed = mail_a.seal(letter("confirm", 3, {1: name("accept")}, 120, holds=NOW, presence=presence(NOW + 7, secret_a),
                                otks={1: next_mail, 2: next_irc}, irc=answer[0]))
    story.step("confirm", "alice confirms, with their presence, new one-time keys and the answer in the irc session", bob,
        value("confirm", 3, {"accept": name("accept").hex()}, 120, holds=NOW, presence=presence_v(NOW + 7, secret_a),
              one_time_keys={"mail": next_mail.hex(), "irc": next_irc.hex()}, irc=answer[0].hex()),
        "friend; the irc session is ready; texts that waited go; nothing is answered",
        story.by_mail(alice, bob, sealed[0]), "mail", kept(bob), irc_opens="yes",
        nick=[secret_a.hex(), our_nick(secret_a, 120)], time=NOW + 120)
    mail_b.open(1, sealed[1]), irc_b.open(1, answer[1])
    return secret_a

def write(story):
    alice, bob = story.alice, story.bob
    sealed = alice.sessions["mail"][0].seal(letter("text by mail", 6, {1: "are you there? ä"}, 200, holds=NOW))
    story.step("text-by-mail", "a text by mail", bob, value("text by mail", 6, {"text": "are you there? ä"}, 200, holds=NOW),
        "shown; a receipt is due by mail", story.by_mail(alice, bob, sealed[0]), "mail", kept(bob))
    bob.sessions["mail"][0].open(1, sealed[1])
    sealed = bob.sessions["mail"][0].seal(letter("receipt by mail", 7, {1: 1, 2: [name("text by mail")]}, 210, holds=NOW + 7))
    story.step("receipt-by-mail", "its receipt", alice,
        value("receipt by mail", 7, {"state": 1, "ids": [name("text by mail").hex()]}, 210, holds=NOW + 7),
        "the text is delivered; alice's announcement is struck off; nothing is answered",
        story.by_mail(bob, alice, sealed[0]), "mail", kept(alice))
    alice.sessions["mail"][0].open(1, sealed[1])

def talk(story, secrets):
    alice, bob = story.alice, story.bob
    nicks = {ALICE: our_nick(secrets[ALICE], 300), BOB: our_nick(secrets[BOB], 300)}
    def say(title, what, sender, to, one, one_value, kind, then, at):
        holds = {ALICE: NOW, BOB: NOW + 7}[sender.address]
        sealed = sender.sessions["irc"][0].seal(letter(title, kind, one, at, holds=holds))
        tag = b64(name(title)).lower().translate({43: "a", 47: "b"})[:8]
        story.step(title, what, to, value(title, kind, one_value, at, holds=holds), then,
                   lines(sealed[0], nicks[sender.address], tag), "irc", kept(to))
        to.sessions["irc"][0].open(1, sealed[1])
    def here(sender, echo=None):
        one = {1: nicks[sender.address], 2: "libera", 3: 0, 5: [1, 2, 3, 4, 5, 6, 7]}
        shown = {"nick": one[1], "network": "libera", "status": 0, "capabilities": one[5]}
        return (one | {6: name(echo)}, shown | {"echo": name(echo).hex()}) if echo else (one, shown)
    say("here", "alice's nick came up at bob's side, bob's at alice's, who greets", alice, bob, *here(alice), 5,
        "nothing is proved; a here that echoes this one is due", 300)
    say("here-echoed", "bob echoes alice's greeting", bob, alice, *here(bob, "here"), 5,
        "bob is online; a here that echoes this one is due", 301)
    say("here-proved", "alice echoes bob's", alice, bob, *here(alice, "here-echoed"), 5,
        "alice is online; nothing is answered, an echo has left already", 302)
    say("text-over-irc", "a text over irc, an answer to the first", alice, bob, {1: "shall we climb?", 2: name("text by mail")},
        {"text": "shall we climb?", "reply_to": name("text by mail").hex()}, 6, "shown; a receipt is due over irc", 310)
    say("receipt-over-irc", "its receipt", bob, alice, {1: 1, 2: [name("text-over-irc")]},
        {"state": 1, "ids": [name("text-over-irc").hex()]}, 7, "the text is delivered; nothing is answered", 311)

def hide(story):
    alice, bob = story.alice, story.bob
    decoy = hashlib.sha256(b"decoy of bob").digest()
    sealed = bob.sessions["mail"][0].seal(letter("decoy", 4, presence(NOW + 90000, decoy), 90000, holds=NOW + 7))
    story.step("decoy", "bob has hidden from alice, and rotated once more since: what alice gets looks like any other presence",
        alice, value("decoy", 4, presence_v(NOW + 90000, decoy), 90000, holds=NOW + 7),
        "the higher epoch is taken; alice looks for a nick at which nobody will ever be; nothing is answered",
        story.by_mail(bob, alice, sealed[0]), "mail", kept(alice), nick=[decoy.hex(), our_nick(decoy, 90000)], time=NOW + 90000)

def main():
    story = Story()
    secret_b = meet(story)
    secret_a = confirm(story)
    write(story)
    talk(story, {ALICE: secret_a, BOB: secret_b})
    hide(story)

main()
