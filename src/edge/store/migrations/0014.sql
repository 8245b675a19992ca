-- Who that is, as the group knows them, whose text a text or change names: whoever has their address may be somebody else by now.
ALTER TABLE message ADD COLUMN named BLOB CHECK (length(named) = 8);
