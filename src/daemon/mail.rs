//! What the threads tell that send mail and fetch it.

use super::Daemon;
use super::events::Later;
use super::fetch::Told;
use super::mailbox::Now;
use crate::account::mail::SendReport;
use crate::rules::effect::Notice;

impl Daemon {
    /// Begins to fetch, or ends it, as the configuration says.
    pub(super) fn open_mailbox(&mut self) {
        let now = self.mailbox.follow(&self.agent.account);
        self.tell_mailbox(now);
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
            Told::Word(word) => self.tell_word(word),
            Told::State(_) | Told::Read(..) => {}
        }
        // Of all that was told it may be the only thing for which there was room.
        let now = self.mailbox.take_state();
        self.tell_mailbox(now);
    }

    /// What could not begin to fetch is begun again.
    pub(super) fn begin_to_fetch(&mut self) {
        let now = self.mailbox.begin_if_wanted(&self.agent.account);
        self.tell_mailbox(now);
    }

    fn tell_mailbox(&mut self, now: Option<Now>) {
        let Some(now) = now else {
            return;
        };
        if let Some(event) = now.event {
            self.agent.outside.later.push(Later::Event(Box::new(event)));
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
