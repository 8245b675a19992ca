//! What the threads tell that send mail and fetch it.

use super::fetch::Told;
use super::{Daemon, Later};
use crate::account::mail::SendReport;
use crate::rules::effect::Notice;

impl Daemon {
    /// Begins to fetch, or ends it, as the configuration says.
    pub(super) fn open_mailbox(&mut self) {
        self.mailbox.follow(&self.agent.account);
    }

    /// The thread that fetches tells what it did.
    pub(super) fn fetched(&mut self, told: Told) {
        match told {
            Told::Heard => {
                self.mailbox.came();
                // As after a hook.
                self.agent.tick();
                self.gateway.tick(&mut self.agent);
            }
            Told::Word(word) => {
                self.mailbox.is_in_trouble();
                self.tell_word(word);
            }
            Told::State(_) | Told::Read(..) => {}
        }
        // Of all that was told it may be the only thing for which there was room.
        let Some(now) = self.mailbox.take_state() else {
            return;
        };
        if let Some(event) = now.event {
            self.agent.outside.later.push(Later::Event(event));
        }
        if now.is_over {
            self.tell_word("mail is fetched again".to_owned());
        }
    }

    fn tell_word(&mut self, text: String) {
        let friend = None;
        self.agent.tell_all(vec![Notice::Word { friend, text }]);
    }

    /// The mail thread tells what it did.
    pub(super) fn mailed(&mut self, sent: SendReport) {
        if sent.trouble != self.mail_trouble {
            if let Some(trouble) = &sent.trouble {
                tracing::warn!("mail does not leave: {trouble}");
            }
            self.mail_trouble = sent.trouble;
        }
        self.agent.tell_all(sent.notices);
    }
}
