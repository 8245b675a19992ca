-- What the gateway remembers: the user's own IRC clients, and how far he has read.

-- Devices. `password` is a SHA-256; empty for one that has no password of its own. `cursor` is the highest row of
-- `message` that it has been handed.
CREATE TABLE device (
    name     TEXT    NOT NULL PRIMARY KEY,
    password BLOB    NOT NULL CHECK (length(password) IN (0, 32)),
    created  INTEGER NOT NULL,
    seen     INTEGER,          -- when it was last attached; NULL: never
    cursor   INTEGER NOT NULL
) STRICT;

-- Up to when the user has read the conversation with a friend: a message.arrival, in ms.
CREATE TABLE read_marker (
    friend TEXT    NOT NULL PRIMARY KEY,
    up_to  INTEGER NOT NULL
) STRICT;

-- Pages of a conversation: the row stands at the end of every index.
CREATE INDEX message_by_arrival ON message (friend, arrival) WHERE change IS NULL;
