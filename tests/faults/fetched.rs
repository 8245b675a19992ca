//! Alice's mail comes by a mailbox, out of which `iim fetch` takes it: letters are heard once and leave it, other people's
//! mails stay as they are.

use std::sync::Arc;
use std::time::SystemTime;

use iim::edge::clock::TestClock;

use crate::files::home;
use crate::scene::Scene;
use crate::support::account::Account;
use crate::support::mailbox::{Folder, Mailbox};
use crate::support::mailboxes::look_once;
use crate::support::mails::{foreign_report, forged, ordinary};
use crate::trips::Call;

/// A mailbox, as it was at the beginning, and what of that is other people's.
pub struct Fetched {
    server: Mailbox,
    start: Folder,
    foreign: Folder,
}

impl Fetched {
    /// Puts the mailbox back to the beginning; by then nobody is connected any more.
    pub fn begin(&self) {
        *self.server.folder() = self.start.clone();
    }

    /// Fetches so many seconds from now, when what could not be heard is tried again. Afterwards no letter is left, and
    /// all else is as it was.
    #[track_caller]
    pub fn end(&self, alice: &Account, later: u64, what: &str) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let clock = TestClock::at(since.unwrap().as_secs() + later);
        look_once(&home(alice), Arc::new(clock)).unwrap_or_else(|why| panic!("{what}: {why}"));
        let left = self.server.folder();
        assert_eq!(left.mails, self.foreign.mails, "{what}: the mailbox");
    }
}

/// The same trip by a mailbox: what was to be delivered lies among mails of other people, some of which look like ours.
pub fn by_mailbox((mut scene, call): (Scene, Call), protocol: &str) -> (Scene, Call) {
    let server = Mailbox::start();
    server.folder().comes(&ordinary());
    let port = match protocol {
        "imap" => server.imap,
        _ => server.pop3,
    };
    let address = format!("{protocol}://alice@127.0.0.1:{port}");
    scene.alice.fetches_from(&address, "");
    scene.alice.ok(&["fetch"]);
    let mut foreign = server.folder().clone();
    let mut start = foreign.clone();
    for (mail, is_ours) in [
        (ordinary(), false),
        (call.input, true),
        (foreign_report(), false),
        (forged(), false),
    ] {
        start.comes(&mail);
        let (&uid, mail) = start.mails.last_key_value().unwrap();
        if !is_ours {
            foreign.mails.insert(uid, mail.clone());
        }
    }
    *server.folder() = start.clone();
    scene.fetched = Some(Fetched {
        server,
        start,
        foreign,
    });
    let call = Call {
        args: vec!["fetch".to_owned()],
        input: Vec::new(),
    };
    (scene, call)
}
