-- Rows as the first version wrote them.
INSERT INTO account (one, state) VALUES (1,
    '{"keys":{"curve25519":"0101010101010101010101010101010101010101010101010101010101010101","ed25519":"6565656565656565656565656565656565656565656565656565656565656565"},"epoch":1767225600,"secret":"0202020202020202020202020202020202020202020202020202020202020202","decoy":"0303030303030303030303030303030303030303030303030303030303030303","rotated_at":1767225600,"leave_by":null,"status":"Away","status_text":"lunch","invisible":false,"restored":false,"announced":[[{"name":"libera","servers":["irc.libera.chat:6697"]}],86400],"automatic":[0,0]}');
INSERT INTO message (friend, direction, id, sent, arrival, text, reply_to, unknown_kind, state, via, reason, attempts,
                     mailed_at, due, acknowledged_read)
    VALUES ('bob@example.net', 'out', x'01010101010101010101010101010101', 1767225600000, 1767225600005, 'text 1',
            x'09090909090909090909090909090909', NULL, 'sent', 'irc', NULL, 0, 0, NULL, 0);
INSERT INTO outbox (friend, letter_id, priority, route, network, nick, due, expires, claimed_until, attempts, form, letter)
    VALUES ('bob@example.net', x'01010101010101010101010101010101', 0, 'any', NULL, NULL, 1767225600, NULL, 0, 0,
            '{"Friend":{"fresh":false,"open_irc":false}}',
            '{"id":"01010101010101010101010101010101","sent":1767225600000,"body":{"Text":{"text":"text 1","reply_to":null}},"holds":null,"presence":null,"one_time_keys":null,"irc":null}');
INSERT INTO notice (text) VALUES
    ('{"Text":{"message":{"friend":"bob@example.net","direction":"In","id":"05050505050505050505050505050505","sent":1767225600000,"arrival":1767225600005,"text":"text 5","reply_to":null,"unknown_kind":null,"state":"Delivered","via":null,"reason":null,"attempts":0,"mailed_at":0,"due":null,"acknowledged_read":false}}}');
