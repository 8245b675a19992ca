-- A notice: a text that nothing answers by itself, and that goes over IRC alone.
ALTER TABLE message ADD COLUMN notice INTEGER NOT NULL DEFAULT 0 CHECK (notice IN (0, 1));
