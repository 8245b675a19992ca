-- A contact has an id of their own, which is given once, and a conversation with them another: the address is what they have, not
-- what they are. Both stay while anything is there that is theirs: a place on the roster, texts, letters, what is remembered.
CREATE TABLE contact (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TABLE conversation (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    contact INTEGER NOT NULL UNIQUE REFERENCES contact (id) ON DELETE CASCADE
) STRICT;
-- An id that somebody had who was removed is nobody else's.
INSERT INTO sqlite_sequence (name, seq) SELECT 'contact', seq FROM sqlite_sequence WHERE name = 'friend';
INSERT INTO contact (id, address) SELECT id, address FROM friend;
INSERT INTO contact (address)
    SELECT address FROM (SELECT friend AS address FROM message UNION SELECT friend FROM outbox UNION SELECT friend FROM mail_id
                         UNION SELECT friend FROM read_marker UNION SELECT address FROM tombstone UNION SELECT address FROM removed)
    WHERE address NOT IN (SELECT address FROM friend) ORDER BY address;
INSERT INTO conversation (contact) SELECT id FROM contact ORDER BY id;

-- Who is on the roster. `state` is all of it as JSON and the truth, but for the address; the columns before it repeat what is
-- searched for.
CREATE TABLE roster (
    contact          INTEGER NOT NULL PRIMARY KEY REFERENCES contact (id),
    name             TEXT    NOT NULL,
    name_folded      TEXT    NOT NULL UNIQUE,
    since            INTEGER NOT NULL,
    standing         TEXT    NOT NULL CHECK (standing IN ('stranger', 'asked', 'asking', 'confirming', 'friend')),
    visible          INTEGER NOT NULL,
    blocked          INTEGER NOT NULL,
    verified         INTEGER NOT NULL,
    pending          INTEGER NOT NULL, -- keys that wait for the user's answer
    next_at          INTEGER,          -- when the handshake's next timer is due
    announce_since   INTEGER,
    announce_mail_at INTEGER,
    curve25519       BLOB CHECK (length(curve25519) = 32), -- the keys in force, of a friend
    ed25519          BLOB CHECK (length(ed25519) = 32),
    request          BLOB CHECK (length(request) = 16),    -- ours, which waits for an answer
    shown            TEXT,             -- the safety number that the user was last shown
    state            TEXT    NOT NULL
) STRICT;
INSERT INTO roster (contact, name, name_folded, since, standing, visible, blocked, verified, pending, next_at, announce_since,
                    announce_mail_at, curve25519, ed25519, request, shown, state)
    SELECT id, name, name_folded, since, standing, visible, blocked, verified, pending, next_at, announce_since,
           announce_mail_at, curve25519, ed25519, request, shown, state FROM friend ORDER BY id;
DROP TABLE friend;
-- What is true only of a friend stands in their standing, and the handshake for new keys is as the first one. What cannot be read
-- stays as it is.
UPDATE roster SET state = json_set(state, '$.new_keys.Confirming', json_object('accepted', state -> '$.new_keys.Confirming', 'asked', NULL))
    WHERE CASE WHEN json_valid(state) THEN json_type(state, '$.new_keys.Confirming') END = 'array';
UPDATE roster SET state = json_set(state, '$.standing', json_object('Friend', json_set(
        (SELECT json_group_object(key, state -> ('$.' || key)) FROM json_each(state) WHERE key IN (
            'new_keys', 'answered', 'unwanted', 'presence', 'holds', 'repaired_at', 'theirs', 'ours', 'last_request', 'healings', 'healing',
            'healed_at', 'confirmed', 'confirmed_again', 'receipts_at', 'answer_irc', 'opened_irc_at', 'reopen_irc', 'irc_renewed_at')),
        '$.keys', state -> '$.standing.Friend')))
    WHERE standing = 'friend' AND json_valid(state);
UPDATE roster SET state = json_set(state, '$.standing', json_object('Handshake', state -> '$.standing'))
    WHERE standing IN ('asking', 'confirming') AND json_valid(state);
UPDATE roster SET state = json_remove(state, '$.new_keys', '$.answered', '$.unwanted', '$.presence', '$.holds', '$.repaired_at', '$.theirs', '$.ours',
        '$.last_request', '$.healings', '$.healing', '$.healed_at', '$.confirmed', '$.confirmed_again', '$.receipts_at', '$.answer_irc',
        '$.opened_irc_at', '$.reopen_irc', '$.irc_renewed_at')
    WHERE json_valid(state);
CREATE INDEX roster_timer      ON roster (next_at)          WHERE next_at IS NOT NULL;
CREATE INDEX roster_pending    ON roster (pending)          WHERE pending > 0;
CREATE INDEX roster_announcing ON roster (announce_mail_at) WHERE announce_mail_at IS NOT NULL;
CREATE INDEX roster_asked      ON roster (name_folded)      WHERE standing IN ('asked', 'confirming');
CREATE INDEX roster_curve25519 ON roster (curve25519)       WHERE curve25519 IS NOT NULL;
CREATE INDEX roster_ed25519    ON roster (ed25519)          WHERE ed25519 IS NOT NULL;
CREATE INDEX roster_request    ON roster (request)          WHERE request IS NOT NULL;

-- Texts and what is done to them, by conversation, author and the letter's id.
CREATE TABLE message_new (
    row               INTEGER NOT NULL PRIMARY KEY,
    conversation      INTEGER NOT NULL,
    author            INTEGER NOT NULL, -- a contact, or 0: the user
    id                BLOB    NOT NULL CHECK (length(id) = 16),
    sent              INTEGER NOT NULL,
    arrival           INTEGER NOT NULL,
    text              TEXT    NOT NULL,
    reply_to          BLOB,
    unknown_kind      INTEGER,
    state             TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'delivered', 'read')),
    via               TEXT    CHECK (via IN ('mail', 'irc')),
    reason            TEXT,
    attempts          INTEGER NOT NULL,
    mailed_at         INTEGER NOT NULL,
    due               INTEGER,
    acknowledged_read INTEGER NOT NULL,
    change            TEXT    CHECK (change IN ('edit', 'retract', 'react', 'unreact')),
    about             BLOB    CHECK (length(about) = 16),
    notice            INTEGER NOT NULL CHECK (notice IN (0, 1)),
    UNIQUE (conversation, id, author)
) STRICT;
INSERT INTO message_new (row, conversation, author, id, sent, arrival, text, reply_to, unknown_kind, state, via, reason, attempts,
                         mailed_at, due, acknowledged_read, change, about, notice)
    SELECT row, conversation.id, iif(direction = 'in', contact.id, 0), message.id, sent, arrival, text, reply_to, unknown_kind,
           state, via, reason, attempts, mailed_at, due, acknowledged_read, change, about, notice
    FROM message CROSS JOIN contact ON contact.address = message.friend
        CROSS JOIN conversation ON conversation.contact = contact.id
    ORDER BY row;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;
CREATE INDEX message_in_order   ON message (conversation, sent, arrival);
CREATE INDEX message_by_arrival ON message (conversation, arrival);
CREATE INDEX message_by_id      ON message (id);
CREATE INDEX message_due        ON message (due) WHERE due IS NOT NULL;
CREATE INDEX message_unfinished ON message (conversation, sent, arrival) WHERE author = 0 AND state IN ('queued', 'sent');
CREATE INDEX message_unread     ON message (conversation, sent, arrival) WHERE author <> 0 AND state = 'delivered';
CREATE INDEX message_tombstone  ON message (arrival) WHERE text = '' AND unknown_kind IS NULL AND change IS NULL;
CREATE INDEX message_changes    ON message (conversation, about, sent, id) WHERE about IS NOT NULL;
CREATE INDEX message_changes_by_row ON message (row) WHERE about IS NOT NULL;

CREATE TABLE read_marker_new (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    up_to        INTEGER NOT NULL
) STRICT;
INSERT INTO read_marker_new (conversation, up_to)
    SELECT conversation.id, up_to FROM read_marker JOIN contact ON address = friend JOIN conversation ON contact = contact.id;
DROP TABLE read_marker;
ALTER TABLE read_marker_new RENAME TO read_marker;

CREATE TABLE outbox_new (
    row           INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver      INTEGER NOT NULL, -- a contact
    letter_id     BLOB    NOT NULL UNIQUE CHECK (length(letter_id) = 16),
    priority      INTEGER NOT NULL, -- 0 texts and handshake, 1 here, 2 receipts, 3 presence
    route         TEXT    NOT NULL CHECK (route IN ('any', 'mail', 'irc', 'irc_at')),
    network       TEXT,
    nick          TEXT,
    due           INTEGER NOT NULL,
    expires       INTEGER,
    claimed_until INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    form          TEXT    NOT NULL,
    letter        TEXT    NOT NULL
) STRICT;
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_new', seq FROM sqlite_sequence WHERE name = 'outbox';
INSERT INTO outbox_new (row, receiver, letter_id, priority, route, network, nick, due, expires, claimed_until, attempts, form, letter)
    SELECT row, contact.id, letter_id, priority, route, network, nick, due, expires, claimed_until, attempts, form, letter
    FROM outbox JOIN contact ON address = friend ORDER BY row;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_in_order    ON outbox (priority, due);
CREATE INDEX outbox_by_receiver ON outbox (receiver, priority, due);
CREATE INDEX outbox_timer       ON outbox (due, claimed_until);
CREATE INDEX outbox_expiry      ON outbox (expires) WHERE expires IS NOT NULL;

CREATE TABLE mail_id_new (
    message_id TEXT    NOT NULL PRIMARY KEY,
    receiver   INTEGER NOT NULL, -- a contact
    letter_id  BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    announced  INTEGER NOT NULL, -- the epoch of the presence that it announced; 0: none
    reported   INTEGER NOT NULL CHECK (reported IN (0, 1)),
    part       BLOB    CHECK (length(part) = 32)
) STRICT;
INSERT INTO mail_id_new (message_id, receiver, letter_id, at, announced, reported, part)
    SELECT message_id, contact.id, letter_id, at, announced, reported, part FROM mail_id JOIN contact ON address = friend;
DROP TABLE mail_id;
ALTER TABLE mail_id_new RENAME TO mail_id;
CREATE INDEX mail_id_age  ON mail_id (at);
CREATE INDEX mail_id_part ON mail_id (part) WHERE part IS NOT NULL;

CREATE TABLE tombstone_new (
    kind      TEXT    NOT NULL CHECK (kind IN ('request', 'automatic', 'key of another', 'answered elsewhere')),
    contact   INTEGER NOT NULL,
    letter_id BLOB    NOT NULL, -- empty where the kind has none
    until     INTEGER NOT NULL,
    PRIMARY KEY (kind, contact, letter_id)
) STRICT;
INSERT INTO tombstone_new (kind, contact, letter_id, until)
    SELECT kind, contact.id, letter_id, until FROM tombstone JOIN contact ON contact.address = tombstone.address;
DROP TABLE tombstone;
ALTER TABLE tombstone_new RENAME TO tombstone;
CREATE INDEX tombstone_age ON tombstone (until);

-- Whoever is added again is the contact that they were; what is left of the sessions of before is apart: it opens, and never seals.
CREATE TABLE session_new (
    row        INTEGER NOT NULL PRIMARY KEY,
    contact    INTEGER NOT NULL,
    former     INTEGER NOT NULL CHECK (former IN (0, 1)),
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    transport  TEXT    NOT NULL CHECK (transport IN ('mail', 'irc')),
    session_id TEXT    NOT NULL,
    pickle     TEXT    NOT NULL,
    ours       INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ready      INTEGER NOT NULL,
    retired    INTEGER NOT NULL,
    UNIQUE (contact, peer, transport, session_id, former)
) STRICT;
-- Whose a session was, by the id that they had then.
CREATE TEMP TABLE owner AS
    SELECT contact AS friend, 0 AS former, contact FROM roster UNION ALL
    SELECT DISTINCT friend, 1, contact.id FROM removed JOIN contact ON contact.address = removed.address
        WHERE friend NOT IN (SELECT contact FROM roster);
INSERT OR IGNORE INTO session_new (row, contact, former, peer, transport, session_id, pickle, ours, opened_at, created_at, ready,
                                   retired)
    SELECT row, owner.contact, owner.former, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired
    FROM session JOIN owner ON owner.friend = session.friend ORDER BY row;
DROP TABLE session;
ALTER TABLE session_new RENAME TO session;
CREATE INDEX session_peer ON session (peer);

CREATE TABLE overtaken_new (
    row        INTEGER NOT NULL PRIMARY KEY,
    contact    INTEGER NOT NULL,
    former     INTEGER NOT NULL CHECK (former IN (0, 1)),
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    session_id TEXT    NOT NULL,
    chain      BLOB    NOT NULL CHECK (length(chain) = 32),
    pickle     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    UNIQUE (contact, peer, session_id, chain, former)
) STRICT;
INSERT OR IGNORE INTO overtaken_new (row, contact, former, peer, session_id, chain, pickle, at)
    SELECT row, owner.contact, owner.former, peer, session_id, chain, pickle, at
    FROM overtaken JOIN owner ON owner.friend = overtaken.friend ORDER BY row;
DROP TABLE overtaken;
ALTER TABLE overtaken_new RENAME TO overtaken;
CREATE INDEX overtaken_age ON overtaken (at);

CREATE TABLE removed_new (
    contact INTEGER NOT NULL,
    peer    BLOB    NOT NULL CHECK (length(peer) = 32),
    until   INTEGER NOT NULL,
    PRIMARY KEY (contact, peer)
) STRICT;
INSERT INTO removed_new (contact, peer, until)
    SELECT contact.id, peer, max(until) FROM removed JOIN contact ON contact.address = removed.address GROUP BY contact.id, peer;
DROP TABLE removed;
ALTER TABLE removed_new RENAME TO removed;
CREATE INDEX removed_age  ON removed (until);
CREATE INDEX removed_peer ON removed (peer);

-- Mails handed over, by the second, each in its class (1 to 7; 0 = counted before there were any); to nobody on the roster: 0.
CREATE TABLE budget_new (
    class   INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (class, contact, at)
) STRICT;
INSERT INTO budget_new (class, contact, at, count)
    SELECT class, coalesce(owner.contact, budget.friend), at, sum(count)
    FROM budget LEFT JOIN owner ON owner.friend = budget.friend GROUP BY 1, 2, 3;
DROP TABLE budget;
ALTER TABLE budget_new RENAME TO budget;
CREATE INDEX budget_age ON budget (at);
DROP TABLE owner;

-- What each transaction changed that others keep in memory, as JSON: so that they read again that alone. The last few thousand stay;
-- the numbers go on where those stood that counted the transactions until now.
CREATE TABLE change (
    number INTEGER NOT NULL PRIMARY KEY,
    what   TEXT    NOT NULL
) STRICT;
INSERT INTO change (number, what)
    SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'turns'), 0) + 1,
        '{"contacts":"All","account":true,"texts":true,"outbox":true,"devices":true,"notices":true}';
DELETE FROM meta WHERE key = 'turns';

-- Single values by name. Under the name of before every transaction of an older program counted itself: one that still runs
-- commits nothing any more.
ALTER TABLE meta RENAME TO variable;
