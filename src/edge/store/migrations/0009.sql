-- Mailboxes that are fetched from: how far each folder has been read, what is tried again, and, of POP3, what was seen.
CREATE TABLE mailbox (
    name        TEXT    NOT NULL PRIMARY KEY,
    uidvalidity INTEGER NOT NULL,
    next        INTEGER NOT NULL CHECK (next > 0),
    since       INTEGER NOT NULL,
    letters     INTEGER NOT NULL,
    gone        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fetch_retry (
    mailbox TEXT    NOT NULL REFERENCES mailbox (name) ON DELETE CASCADE,
    uid     INTEGER NOT NULL CHECK (uid > 0),
    tries   INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE pop3_seen (
    hash8 BLOB NOT NULL PRIMARY KEY CHECK (length(hash8) = 8)
) STRICT, WITHOUT ROWID;
