-- The store's first shape. Times are seconds since 1970, but for message.sent and message.arrival (ms).
-- A column may be NULL only where "none" is a state of its own.

-- Single values: the counter of sealings and whatever has no table of its own.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The user's own side, as JSON; one row.
CREATE TABLE account (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    state TEXT    NOT NULL
) STRICT;

-- The secret half: identity keys and one-time keys. Apart, because few turns read it.
CREATE TABLE keyring (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    pickle TEXT    NOT NULL
) STRICT;

CREATE TABLE roster_text (
    revision INTEGER NOT NULL PRIMARY KEY,
    text     TEXT    NOT NULL
) STRICT;

-- People. `state` is the whole person as JSON and the truth; the columns before it repeat what is searched for.
CREATE TABLE friend (
    address          TEXT    NOT NULL PRIMARY KEY,
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
    state            TEXT    NOT NULL
) STRICT;
CREATE INDEX friend_timer      ON friend (next_at)          WHERE next_at IS NOT NULL;
CREATE INDEX friend_pending    ON friend (pending)          WHERE pending > 0;
CREATE INDEX friend_announcing ON friend (announce_mail_at) WHERE announce_mail_at IS NOT NULL;

-- Olm sessions, by the other side's Curve25519 key; at most two for each transport.
CREATE TABLE session (
    row        INTEGER NOT NULL PRIMARY KEY,
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    transport  TEXT    NOT NULL CHECK (transport IN ('mail', 'irc')),
    session_id TEXT    NOT NULL,
    pickle     TEXT    NOT NULL,
    ours       INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ready      INTEGER NOT NULL,
    retired    INTEGER NOT NULL,
    UNIQUE (peer, transport, session_id)
) STRICT;

-- Texts, in and out; they outlive the person.
CREATE TABLE message (
    row               INTEGER NOT NULL PRIMARY KEY,
    friend            TEXT    NOT NULL,
    direction         TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
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
    UNIQUE (friend, direction, id)
) STRICT;
CREATE INDEX message_in_order ON message (friend, sent, arrival);
CREATE INDEX message_due ON message (due) WHERE due IS NOT NULL;
CREATE INDEX message_unfinished ON message (friend, sent, arrival)
    WHERE direction = 'out' AND state IN ('queued', 'sent');
CREATE INDEX message_unread ON message (friend, sent, arrival)
    WHERE direction = 'in' AND state = 'delivered';
CREATE INDEX message_tombstone ON message (arrival) WHERE text = '' AND unknown_kind IS NULL;

-- Letters that wait, in plain text. A row's number is never given twice.
CREATE TABLE outbox (
    row           INTEGER PRIMARY KEY AUTOINCREMENT,
    friend        TEXT    NOT NULL,
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
CREATE INDEX outbox_in_order  ON outbox (priority, due);
CREATE INDEX outbox_by_friend ON outbox (friend, priority, due);
CREATE INDEX outbox_timer     ON outbox (due, claimed_until);
CREATE INDEX outbox_expiry    ON outbox (expires) WHERE expires IS NOT NULL;

-- Which letter a mail of ours carried: for reports that come back (RFC 3464).
CREATE TABLE mail_id (
    message_id TEXT    NOT NULL PRIMARY KEY,
    friend     TEXT    NOT NULL,
    letter_id  BLOB    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_id_age ON mail_id (at);

-- Hashes of ciphertexts that were opened.
CREATE TABLE seen (
    hash BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    at   INTEGER NOT NULL
) STRICT;
CREATE INDEX seen_age ON seen (at);

CREATE TABLE tombstone (
    kind      TEXT    NOT NULL CHECK (kind IN ('request', 'automatic')),
    address   TEXT    NOT NULL,
    letter_id BLOB    NOT NULL, -- empty where the kind has none
    until     INTEGER NOT NULL,
    PRIMARY KEY (kind, address, letter_id)
) STRICT;
CREATE INDEX tombstone_age ON tombstone (until);

CREATE TABLE invite (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 8),
    token      BLOB    NOT NULL CHECK (length(token) = 16),
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses       INTEGER NOT NULL
) STRICT;

CREATE TABLE invite_use (
    row     INTEGER NOT NULL PRIMARY KEY,
    invite  BLOB    NOT NULL REFERENCES invite (id) ON DELETE CASCADE,
    address TEXT    NOT NULL,
    UNIQUE (invite, address)
) STRICT;

-- Mails handed over, by the second.
CREATE TABLE budget (
    at    INTEGER NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

-- Tokens of loop-back mails.
CREATE TABLE probe (
    token BLOB    NOT NULL PRIMARY KEY CHECK (length(token) = 16),
    at    INTEGER NOT NULL
) STRICT;

-- What programs other than the agent caused, for the agent to tell.
CREATE TABLE notice (
    row  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    text TEXT    NOT NULL
) STRICT;
