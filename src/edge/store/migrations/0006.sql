-- A notice: a text that nothing answers by itself, and that goes over IRC alone.
ALTER TABLE message ADD COLUMN notice INTEGER NOT NULL DEFAULT 0 CHECK (notice IN (0, 1));

-- The epoch of the presence that a mail announced (0: none): a report that the mail did not arrive makes it due again.
-- Of each mail one such report counts.
ALTER TABLE mail_id ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail_id ADD COLUMN reported  INTEGER NOT NULL DEFAULT 0 CHECK (reported IN (0, 1));
