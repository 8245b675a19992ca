//! Letters that are refused: of such a one nothing is kept, whoever made it.

use iim::edge::store::{Peer, SessionRow, Transport};
use iim::protocol::codec::encode;
use iim::protocol::group::letters::{Got, GotOf, SaidHash};
use iim::protocol::letter::Body;
use iim::protocol::padding;
use iim::protocol::part::Part;

use crate::promises::BOUNDED;
use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// The sessions that somebody has with anybody.
    pub(crate) fn sessions(&self, who: usize) -> Vec<SessionRow> {
        let others = self.people.iter().flat_map(|other| {
            let contact = self.people[who].ids(&other.address).contact;
            other.keys.iter().map(move |keys| Peer {
                contact,
                key: keys.curve25519,
                former: false,
            })
        });
        let peers: Vec<Peer> = others.collect();
        let account = &self.people[who].account;
        let all = account.look(|tx| {
            let mut all = Vec::new();
            for peer in &peers {
                for transport in [Transport::Mail, Transport::Irc] {
                    all.extend(tx.sessions().of(peer, transport)?);
                }
            }
            Ok(all)
        });
        all.unwrap()
    }

    /// A mail was left: the sessions are as they were before it.
    pub(crate) fn check_nothing_is_kept(&mut self, who: usize, before: &[SessionRow], why: &str) {
        if self.sessions(who) != before {
            let words = format!("{who} left a mail ({why}), and kept the session of it");
            self.truth.breaks(BOUNDED, words);
        }
    }

    /// Mallory opens one session after another by the prekey of a member's entry: more than anybody may in a day.
    pub(crate) fn open_too_often(&mut self) {
        let victim = self.chance.index(MALLORY);
        let id = self.member_id(victim);
        let groups = self.groups(MALLORY);
        let of_theirs = groups.iter().find_map(|group| {
            let member = group.member(id).filter(|member| member.is_in)?;
            Some((group, &member.entry.value))
        });
        let Some((group, entry)) = of_theirs else {
            return;
        };
        let keyring = self.keyring(MALLORY);
        for _ in 0..MORE_THAN_A_DAYS {
            let got = Body::Got(Got {
                group: Some(group.id),
                of: vec![GotOf {
                    author: id,
                    up_to: 0,
                    hash: SaidHash::default(),
                    beyond: Vec::new(),
                }],
                heads: group.shown_heads(),
                opened: Vec::new(),
            });
            let letter = padding::pad(encode(&self.letter(got)));
            let session = keyring.open_session(&entry.keys.curve25519, &entry.prekey);
            let sealed = session.and_then(|mut session| session.seal(&letter));
            let part = Part::Sealed(sealed.unwrap());
            let parcel = self.parcel(MALLORY, victim, &part, None);
            self.slip_in(Some(parcel));
        }
        self.pass(60);
    }
}

/// Of a friend twenty are taken, of another member ten.
const MORE_THAN_A_DAYS: usize = 22;
