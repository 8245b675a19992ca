//! What the clients of a member are handed of what is said in a room.

use iim::rules::conversation::{Stored, What};
use iim::rules::event::GroupAct;
use iim::rules::message::Via;

use super::rooms::{in_a_room, say};

#[test]
fn what_is_said_in_a_room_is_handed_to_clients_at_once() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    for name in ["alice", "bob"] {
        hall.handed(name);
    }
    let of = say(&mut world, &mut hall, "carol", "hello");
    let to = world.group("carol").conversation;
    let text = "hello all".to_owned();
    hall.act("carol", GroupAct::Edit { to, of, text });
    for name in ["alice", "bob"] {
        let handed = hall.handed(name);
        let handed: Vec<String> = handed.into_iter().map(in_words).collect();
        assert_eq!(handed, ["a text: hello", "a change: hello all"], "{name}");
    }
}

fn in_words(stored: Stored) -> String {
    match stored.what {
        What::Text(entry) => {
            assert_eq!(entry.message.via, Some(Via::Irc));
            format!("a text: {}", entry.message.text)
        }
        What::Change(done) => format!("a change: {}", done.change.text),
        What::Nothing => "nothing".to_owned(),
    }
}
