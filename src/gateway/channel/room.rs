//! Who is in the room of a group, as its channel shows it: by a voice.

use crate::gateway::client::Client;
use crate::gateway::groups::Channel;
use crate::gateway::host::Member;
use crate::gateway::nick::SERVER;
use crate::gateway::state::State;
use crate::protocol::irc_line::Reply;

/// Who has come into it, and who is not there any more, the user first; as many in a line as it holds.
pub(super) fn voice_lines(
    client: &Client,
    state: &State,
    (old, new): (&Channel, &Channel),
) -> Vec<Reply> {
    let mut lines = Vec::new();
    for (there, mode) in [(false, "-"), (true, "+")] {
        let was = |member: &Member| {
            let was = old.group.member(member.id);
            was.is_some_and(|was| was.is_in && was.there)
        };
        let own = new.group.there == there && old.group.there != there;
        let own = own.then(|| client.nick.clone());
        let others = new.group.others();
        let others = others.filter(|one| one.there == there && was(one) != there);
        let others = others.filter_map(|one| Some(state.member(one)?.nick));
        let nicks: Vec<String> = own.into_iter().chain(others).collect();
        for nicks in nicks.chunks(MOST_MODES) {
            let modes = format!("{mode}{}", "v".repeat(nicks.len()));
            let mut words = vec!["MODE", &new.name, &modes];
            words.extend(nicks.iter().map(String::as_str));
            lines.push(Reply::new(SERVER, &words, None));
        }
    }
    lines
}

/// Modes of members in a line, which holds so many of the longest nicks.
const MOST_MODES: usize = 12;
