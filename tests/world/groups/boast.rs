//! What Mallory says in groups that no honest program would.

use iim::protocol::group::letters::{Got, GotOf, SaidHash};
use iim::protocol::letter::{Body, Letter};

use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// Mallory, who is perhaps out, says that all has come to them that somebody ever said.
    pub(super) fn boast(&mut self, victim: usize, group: usize) {
        let Some(known) = self.group(victim, group) else {
            return;
        };
        let all = GotOf {
            author: known.us,
            up_to: u64::MAX / 4,
            hash: SaidHash::default(),
            beyond: Vec::new(),
        };
        let got = Body::Got(Got {
            group: Some(known.id),
            of: vec![all],
            heads: known.shown_heads(),
            opened: Vec::new(),
        });
        let letter: Letter = self.letter(got);
        let parcel = self.sealed(MALLORY, victim, &letter);
        self.slip_in(parcel);
    }
}
