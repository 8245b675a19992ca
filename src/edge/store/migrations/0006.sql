-- A notice: a text that nothing answers by itself, and that goes over IRC alone.
ALTER TABLE message ADD COLUMN notice INTEGER NOT NULL DEFAULT 0 CHECK (notice IN (0, 1));

-- A person has an id of their own, which is given once: the address is what they have, not what they are.
CREATE TABLE friend_new (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    address          TEXT    NOT NULL UNIQUE,
    name             TEXT    NOT NULL,
    name_folded      TEXT    NOT NULL UNIQUE,
    since            INTEGER NOT NULL,
    standing         TEXT    NOT NULL CHECK (standing IN ('stranger', 'asked', 'asking', 'confirming', 'friend')),
    visible          INTEGER NOT NULL,
    blocked          INTEGER NOT NULL,
    verified         INTEGER NOT NULL,
    pending          INTEGER NOT NULL,
    next_at          INTEGER,
    announce_since   INTEGER,
    announce_mail_at INTEGER,
    shown            TEXT, -- the safety number that the user was last shown
    state            TEXT    NOT NULL
) STRICT;
INSERT INTO friend_new (address, name, name_folded, since, standing, visible, blocked, verified, pending, next_at,
                        announce_since, announce_mail_at, state)
    SELECT address, name, name_folded, since, standing, visible, blocked, verified, pending, next_at, announce_since,
           announce_mail_at, state FROM friend ORDER BY since, address;
DROP TABLE friend;
ALTER TABLE friend_new RENAME TO friend;
CREATE INDEX friend_timer      ON friend (next_at)          WHERE next_at IS NOT NULL;
CREATE INDEX friend_pending    ON friend (pending)          WHERE pending > 0;
CREATE INDEX friend_announcing ON friend (announce_mail_at) WHERE announce_mail_at IS NOT NULL;

-- Whose a session is: that of an accept is the accept's; else the friend's whose key is in force, else that of whoever was
-- accepted with the key. It goes to one alone, for two copies of a ratchet would seal with one key twice; a friend who is
-- left without one gets a new one.
CREATE TEMP TABLE owner (friend INTEGER NOT NULL, peer TEXT NOT NULL, session_id TEXT, rank INTEGER NOT NULL);
INSERT INTO owner
    SELECT friend.id, json_extract(one.value, '$.keys.curve25519'), session.value, 0
    FROM friend, json_each(friend.state, '$.standing.Confirming.accepted') one, json_each(one.value, '$.sessions') session
    UNION ALL
    SELECT friend.id, json_extract(one.value, '$.keys.curve25519'), session.value, 0
    FROM friend, json_each(friend.state, '$.new_keys.Confirming') one, json_each(one.value, '$.sessions') session
    UNION ALL
    SELECT id, json_extract(state, '$.standing.Friend.curve25519'), NULL, 1 FROM friend WHERE standing = 'friend'
    UNION ALL
    SELECT friend.id, json_extract(one.value, '$.keys.curve25519'), NULL, 2
    FROM friend, json_each(friend.state, '$.standing.Confirming.accepted') one
    UNION ALL
    SELECT friend.id, json_extract(one.value, '$.keys.curve25519'), NULL, 2
    FROM friend, json_each(friend.state, '$.new_keys.Confirming') one;

-- Olm sessions, by person and the key that they were known by. Those of a person who was removed stay for a while.
CREATE TABLE session_new (
    row        INTEGER NOT NULL PRIMARY KEY,
    friend     INTEGER NOT NULL,
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    transport  TEXT    NOT NULL CHECK (transport IN ('mail', 'irc')),
    session_id TEXT    NOT NULL,
    pickle     TEXT    NOT NULL,
    ours       INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ready      INTEGER NOT NULL,
    retired    INTEGER NOT NULL,
    UNIQUE (friend, peer, transport, session_id)
) STRICT;
INSERT INTO session_new (row, friend, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
    SELECT row, (SELECT friend FROM owner
                 WHERE owner.peer = lower(hex(session.peer))
                     AND (owner.session_id IS NULL OR owner.session_id = session.session_id)
                 ORDER BY rank, friend LIMIT 1) AS whose,
           peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired
    FROM session WHERE whose IS NOT NULL ORDER BY row;
DROP TABLE session;
ALTER TABLE session_new RENAME TO session;

CREATE TABLE overtaken_new (
    row        INTEGER NOT NULL PRIMARY KEY,
    friend     INTEGER NOT NULL,
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    session_id TEXT    NOT NULL,
    chain      BLOB    NOT NULL CHECK (length(chain) = 32),
    pickle     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    UNIQUE (friend, peer, session_id, chain)
) STRICT;
INSERT INTO overtaken_new (row, friend, peer, session_id, chain, pickle, at)
    SELECT row, (SELECT friend FROM owner
                 WHERE owner.peer = lower(hex(overtaken.peer))
                     AND (owner.session_id IS NULL OR owner.session_id = overtaken.session_id)
                 ORDER BY rank, friend LIMIT 1) AS whose,
           peer, session_id, chain, pickle, at
    FROM overtaken WHERE whose IS NOT NULL ORDER BY row;
DROP TABLE overtaken;
ALTER TABLE overtaken_new RENAME TO overtaken;
CREATE INDEX overtaken_age ON overtaken (at);
DROP TABLE owner;

-- Who was on the roster, by the id that they had, and a key that they were known by: what the sessions with it open, and what
-- names it, is dropped until then, in seconds.
CREATE TABLE removed (
    friend  INTEGER NOT NULL,
    peer    BLOB    NOT NULL CHECK (length(peer) = 32),
    address TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (friend, peer)
) STRICT;
CREATE INDEX removed_address ON removed (address);
CREATE INDEX removed_age     ON removed (until);
CREATE INDEX removed_peer    ON removed (peer);

-- Mails handed over, by the second, each in its class (1 to 7; 0 = counted before there were any); `friend` is an id, or 0.
CREATE TABLE budget_new (
    class  INTEGER NOT NULL,
    friend INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (class, friend, at)
) STRICT;
INSERT INTO budget_new (class, friend, at, count) SELECT 0, 0, at, count FROM budget;
DROP TABLE budget;
ALTER TABLE budget_new RENAME TO budget;
CREATE INDEX budget_age ON budget (at);

-- More kinds of what is remembered: 'key of another', the user has been told that a request from this address names it;
-- 'answered elsewhere', that this request of ours to this address was answered from another.
CREATE TABLE tombstone_new (
    kind      TEXT    NOT NULL CHECK (kind IN ('request', 'automatic', 'key of another', 'answered elsewhere')),
    address   TEXT    NOT NULL,
    letter_id BLOB    NOT NULL, -- empty where the kind has none
    until     INTEGER NOT NULL,
    PRIMARY KEY (kind, address, letter_id)
) STRICT;
INSERT INTO tombstone_new (kind, address, letter_id, until) SELECT kind, address, letter_id, until FROM tombstone;
DROP TABLE tombstone;
ALTER TABLE tombstone_new RENAME TO tombstone;
CREATE INDEX tombstone_age ON tombstone (until);

-- The epoch of the presence that a mail announced (0: none): a report that the mail did not arrive makes it due again.
-- Of each mail one such report counts.
ALTER TABLE mail_id ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail_id ADD COLUMN reported  INTEGER NOT NULL DEFAULT 0 CHECK (reported IN (0, 1));

-- People whom we have asked, or who have not proved themselves yet: a letter that uses the one-time key of our request is
-- theirs, whatever address stands outside.
CREATE INDEX friend_asked ON friend (name_folded) WHERE standing IN ('asked', 'confirming');

-- Whose session a key opens, whatever address stands outside of a mail.
CREATE INDEX session_peer ON session (peer);

-- Mails that bear our marker and could not be read, each once (by the hash of its body), and why: so that nothing stays
-- unread in silence.
CREATE TABLE unread_mail (
    hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    at     INTEGER NOT NULL,
    reason TEXT    NOT NULL
) STRICT;
CREATE INDEX unread_mail_age ON unread_mail (at);

-- The hash (SHA-256) of the part that a mail of ours carried: some mail systems give mails another Message-ID, and return the
-- mail. NULL: it left before there was this.
ALTER TABLE mail_id ADD COLUMN part BLOB CHECK (length(part) = 32);
CREATE INDEX mail_id_part ON mail_id (part) WHERE part IS NOT NULL;

-- SCRAM-SHA-256 of a device's password (RFC 5802): a device that was made before has none, and logs in by PLAIN alone.
ALTER TABLE device ADD COLUMN scram_salt       BLOB    NOT NULL DEFAULT x'';
ALTER TABLE device ADD COLUMN scram_iterations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN scram_stored     BLOB    NOT NULL DEFAULT x'';
ALTER TABLE device ADD COLUMN scram_server     BLOB    NOT NULL DEFAULT x'';

-- The keys in force, of a friend, and our request that waits for an answer: whose key a request names, and what an accept from
-- another address answers, is found without a look at everybody.
ALTER TABLE friend ADD COLUMN curve25519 BLOB CHECK (length(curve25519) = 32);
ALTER TABLE friend ADD COLUMN ed25519    BLOB CHECK (length(ed25519) = 32);
ALTER TABLE friend ADD COLUMN request    BLOB CHECK (length(request) = 16);
UPDATE friend SET
    curve25519 = unhex(json_extract(state, '$.standing.Friend.curve25519')),
    ed25519    = unhex(json_extract(state, '$.standing.Friend.ed25519')),
    request    = unhex(coalesce(json_extract(state, '$.standing.Asked.request'),
                                json_extract(state, '$.standing.Confirming.asked.request')));
CREATE INDEX friend_curve25519 ON friend (curve25519) WHERE curve25519 IS NOT NULL;
CREATE INDEX friend_ed25519    ON friend (ed25519)    WHERE ed25519 IS NOT NULL;
CREATE INDEX friend_request    ON friend (request)    WHERE request IS NOT NULL;
