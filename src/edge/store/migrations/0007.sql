-- What each transaction changed that others keep in memory, as JSON: so that they read again that alone. The last few thousand stay;
-- the numbers go on where those stood that counted the transactions until now.
CREATE TABLE change (
    number INTEGER NOT NULL PRIMARY KEY,
    what   TEXT    NOT NULL
) STRICT;
INSERT INTO change (number, what)
    SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'turns'), 0) + 1, 
        '{"contacts":"All","account":true,"texts":true,"outbox":true,"devices":true,"notices":true}';
DELETE FROM meta WHERE key = 'turns';
