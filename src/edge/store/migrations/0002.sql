-- Texts can be changed: an edit, a retraction or a reaction is a row of its own, about a text of the same friend.
-- Both columns are NULL in the row of a text.
ALTER TABLE message ADD COLUMN change TEXT CHECK (change IN ('edit', 'retract', 'react', 'unreact'));
ALTER TABLE message ADD COLUMN about  BLOB CHECK (length(about) = 16);
CREATE INDEX message_changes ON message (friend, about, sent, id) WHERE about IS NOT NULL;
-- A text is found by its id alone when the user names it.
CREATE INDEX message_by_id ON message (id);

-- A retraction says nothing, and is no tombstone.
DROP INDEX message_tombstone;
CREATE INDEX message_tombstone ON message (arrival)
    WHERE text = '' AND unknown_kind IS NULL AND change IS NULL;

-- Friends are to learn that this side knows these letters: as if the networks had changed, everybody who is told
-- anything of our presence is told it anew.
UPDATE account SET state = json_set(state, '$.announced', json('[[], 0]'));
