-- What is kept of a mailbox belongs to the server that it was taken from, as `user@host`; empty until that is known. A mail that is
-- tried again came at a time or later. By POP3, too, mails are tried again; and how a login was refused last is known to whoever
-- looks next.
CREATE TABLE mailbox_new (
    server      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    uidvalidity INTEGER NOT NULL,
    next        INTEGER NOT NULL CHECK (next > 0),
    since       INTEGER NOT NULL,
    letters     INTEGER NOT NULL,
    gone        INTEGER NOT NULL,
    PRIMARY KEY (server, name)
) STRICT, WITHOUT ROWID;
INSERT INTO mailbox_new (server, name, uidvalidity, next, since, letters, gone)
    SELECT '', name, uidvalidity, next, since, letters, gone FROM mailbox;

CREATE TABLE fetch_retry_new (
    server  TEXT    NOT NULL,
    mailbox TEXT    NOT NULL,
    uid     INTEGER NOT NULL CHECK (uid > 0),
    tries   INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    came    INTEGER NOT NULL,
    PRIMARY KEY (server, mailbox, uid),
    FOREIGN KEY (server, mailbox) REFERENCES mailbox_new (server, name) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
-- Of those of before nobody knows how old they are.
INSERT INTO fetch_retry_new (server, mailbox, uid, tries, due, came) SELECT '', mailbox, uid, tries, due, 0 FROM fetch_retry;
DROP TABLE fetch_retry;
DROP TABLE mailbox;
ALTER TABLE mailbox_new RENAME TO mailbox;
ALTER TABLE fetch_retry_new RENAME TO fetch_retry;

CREATE TABLE pop3_seen_new (
    server TEXT NOT NULL,
    hash8  BLOB NOT NULL CHECK (length(hash8) = 8),
    PRIMARY KEY (server, hash8)
) STRICT, WITHOUT ROWID;
INSERT INTO pop3_seen_new (server, hash8) SELECT '', hash8 FROM pop3_seen;
DROP TABLE pop3_seen;
ALTER TABLE pop3_seen_new RENAME TO pop3_seen;

CREATE TABLE pop3_retry (
    server TEXT    NOT NULL,
    hash8  BLOB    NOT NULL CHECK (length(hash8) = 8),
    tries  INTEGER NOT NULL,
    due    INTEGER NOT NULL,
    PRIMARY KEY (server, hash8)
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_login (
    server TEXT    NOT NULL PRIMARY KEY,
    times  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    pause  INTEGER NOT NULL -- seconds
) STRICT, WITHOUT ROWID;
