-- A conversation is with a contact or in a group; that in a group has the id that the group has for all its members.
CREATE TABLE conversation_new (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    contact INTEGER UNIQUE REFERENCES contact (id) ON DELETE CASCADE,
    gid     BLOB    UNIQUE CHECK (length(gid) = 16),
    CHECK ((contact IS NULL) <> (gid IS NULL))
) STRICT;
INSERT INTO sqlite_sequence (name, seq) SELECT 'conversation_new', seq FROM sqlite_sequence WHERE name = 'conversation';
INSERT INTO conversation_new (id, contact) SELECT id, contact FROM conversation ORDER BY id;
CREATE TABLE read_marker_new (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversation_new (id) ON DELETE CASCADE,
    up_to        INTEGER NOT NULL
) STRICT;
INSERT INTO read_marker_new (conversation, up_to) SELECT conversation, up_to FROM read_marker;
DROP TABLE read_marker;
DROP TABLE conversation;
ALTER TABLE conversation_new RENAME TO conversation;
ALTER TABLE read_marker_new RENAME TO read_marker;

-- Groups. `state` is all of it as JSON and the truth; the columns before it and the members repeat what is searched for.
CREATE TABLE grp (
    conversation INTEGER NOT NULL PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    name_folded  TEXT    NOT NULL UNIQUE,
    next_at      INTEGER, -- when its next timer is due
    state        TEXT    NOT NULL
) STRICT;
CREATE INDEX grp_timer ON grp (next_at) WHERE next_at IS NOT NULL;

-- Everybody else who is or was in one.
CREATE TABLE grp_member (
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    mid          BLOB    NOT NULL CHECK (length(mid) = 8),
    contact      INTEGER NOT NULL,
    curve25519   BLOB    NOT NULL CHECK (length(curve25519) = 32),
    is_in        INTEGER NOT NULL CHECK (is_in IN (0, 1)),
    PRIMARY KEY (conversation, mid)
) STRICT, WITHOUT ROWID;
CREATE INDEX grp_member_contact    ON grp_member (contact);
CREATE INDEX grp_member_curve25519 ON grp_member (curve25519);

-- The acts of its book, in the order of the rows, and those that wait for what they build on.
CREATE TABLE grp_act (
    row          INTEGER NOT NULL PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    id           BLOB    NOT NULL CHECK (length(id) = 32),
    waiting      INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    bytes        BLOB    NOT NULL,
    UNIQUE (conversation, id)
) STRICT;
CREATE INDEX grp_act_in_order ON grp_act (conversation, row);

-- How far what the user said in a group has come with each.
CREATE TABLE said_to (
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    of           BLOB    NOT NULL CHECK (length(of) = 16), -- a text or change of the user's
    mid          BLOB    NOT NULL CHECK (length(mid) = 8),
    contact      INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'delivered', 'read')),
    via          TEXT    CHECK (via IN ('mail', 'irc')),
    within       BLOB    CHECK (length(within) = 16), -- the letter that carries it or carried it last
    attempts     INTEGER NOT NULL,
    mailed_at    INTEGER NOT NULL,
    due          INTEGER,
    reason       TEXT,
    PRIMARY KEY (conversation, of, mid)
) STRICT, WITHOUT ROWID;
CREATE INDEX said_to_within     ON said_to (within) WHERE within IS NOT NULL;
CREATE INDEX said_to_due        ON said_to (due)    WHERE due IS NOT NULL AND state IN ('queued', 'sent');
CREATE INDEX said_to_unfinished ON said_to (conversation, mid, number) WHERE state IN ('queued', 'sent');

-- The place of a text or change among what its author said in a group, and whose text it answers or changes (a contact, or 0: the
-- user); all NULL outside of groups.
ALTER TABLE message ADD COLUMN number      INTEGER;
ALTER TABLE message ADD COLUMN hash        BLOB CHECK (length(hash) = 16);
ALTER TABLE message ADD COLUMN before_hash BLOB CHECK (length(before_hash) = 16);
ALTER TABLE message ADD COLUMN whose       INTEGER;
-- Somebody may say two things under one number.
CREATE INDEX message_said ON message (conversation, author, number) WHERE number IS NOT NULL;
