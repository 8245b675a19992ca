-- A text is written to fewer places. A text is named by its id alone only by a person, who can wait for a look into each conversation; a
-- whole conversation is put in order when it is read.
DROP INDEX message_by_id;
DROP INDEX message_in_order;
-- The next timer is found where letters stand in their order.
DROP INDEX outbox_timer;
DROP INDEX outbox_in_order;
CREATE INDEX outbox_in_order ON outbox (priority, due, row, claimed_until);

CREATE TABLE seen_new (
    hash BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO seen_new (hash, at) SELECT hash, at FROM seen ORDER BY hash;
DROP TABLE seen;
ALTER TABLE seen_new RENAME TO seen;
CREATE INDEX seen_age ON seen (at);
