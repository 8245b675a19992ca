-- Ratchets for mails as they were before a letter overtook more of its chain than a session keeps keys for. They open those that
-- were overtaken, and never seal. `chain` is the other side's ratchet key.
CREATE TABLE overtaken (
    row        INTEGER NOT NULL PRIMARY KEY,
    peer       BLOB    NOT NULL CHECK (length(peer) = 32),
    session_id TEXT    NOT NULL,
    chain      BLOB    NOT NULL CHECK (length(chain) = 32),
    pickle     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    UNIQUE (peer, session_id, chain)
) STRICT;
CREATE INDEX overtaken_age ON overtaken (at);
