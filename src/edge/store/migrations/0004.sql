-- Devices are handed what was done to texts too, in one order with the texts: that of the rows. A device that asks for
-- its texts itself is told only what was done to those that it had.
CREATE INDEX message_changes_by_row ON message (row) WHERE about IS NOT NULL;

-- A page of a conversation may hold what was done to its texts.
DROP INDEX message_by_arrival;
CREATE INDEX message_by_arrival ON message (friend, arrival);

-- Up to when the user has read what is no conversation with a friend: the control channel, the service. In ms.
CREATE TABLE place_marker (
    place TEXT    NOT NULL PRIMARY KEY,
    up_to INTEGER NOT NULL
) STRICT;
