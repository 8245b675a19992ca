-- The IRC networks that the user joined beside those of config.toml, or that were joined for a friend; and those that the user left,
-- which are not joined for a friend again.
CREATE TABLE joined_network (
    name    TEXT    NOT NULL PRIMARY KEY,
    servers TEXT    NOT NULL, -- host:port, as JSON
    tls     INTEGER NOT NULL CHECK (tls IN (0, 1)),
    how     TEXT    NOT NULL CHECK (how IN ('asked', 'followed', 'left')),
    since   INTEGER NOT NULL,
    met     INTEGER NOT NULL  -- when a friend was last there
) STRICT;
