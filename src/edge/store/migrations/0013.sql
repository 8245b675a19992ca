-- The prekey of ours that a mail names: while that lives, what opened a session could open another.
ALTER TABLE seen ADD COLUMN prekey BLOB CHECK (length(prekey) = 32);
