-- An act that waits for those that it builds on is kept for each who sent it. Those that waited come again, by the heads that show
-- that they lack.
CREATE TABLE grp_waiting (
    row          INTEGER NOT NULL PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    sender       INTEGER NOT NULL, -- a contact
    id           BLOB    NOT NULL CHECK (length(id) = 32),
    bytes        BLOB    NOT NULL,
    UNIQUE (conversation, sender, id)
) STRICT;
CREATE INDEX grp_waiting_in_order ON grp_waiting (conversation, row);
DELETE FROM grp_act WHERE waiting = 1;
ALTER TABLE grp_act DROP COLUMN waiting;
