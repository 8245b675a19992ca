//! What the threads tell that send mail and fetch it.

use super::Daemon;
use super::events::Later;
use super::fetch::Told;
use super::fetch_worker::FromMailbox;
use super::mailbox::Now;
use crate::account::mail::SendReport;
use crate::rules::effect::Notice;

impl Daemon {
    /// Begins to fetch, or ends it, as the configuration says.
    pub(super) fn open_mailboxes(&mut self) {
        let now = self.mailboxes.follow(&self.agent.account);
        self.tell_mailboxes(now);
    }

    /// A thread that fetches tells what it did.
    pub(super) fn fetched(&mut self, (key, told): FromMailbox) {
        match told {
            Told::Heard => {
                self.mailboxes.came(&key);
                // As after a hook.
                self.agent.tick();
                self.gateway.tick(&mut self.agent);
            }
            Told::Word(word) => self.tell_word(match self.mailboxes.name(&key) {
                Some(name) => format!("mailbox {name}: {word}"),
                None => word,
            }),
            Told::State(_) | Told::Read(..) => {}
        }
        // Of all that was told it may be the only thing for which there was room.
        let now = self.mailboxes.take_states();
        self.tell_mailboxes(now);
    }

    /// What could not begin to fetch is begun again.
    pub(super) fn begin_to_fetch(&mut self) {
        let now = self.mailboxes.begin(&self.agent.account);
        self.tell_mailboxes(now);
    }

    fn tell_mailboxes(&mut self, all: Vec<Now>) {
        for now in all {
            if let Some(event) = now.event {
                self.agent.outside.later.push(Later::Event(Box::new(event)));
            }
            if now.is_over {
                self.tell_word(match self.mailboxes.name(&now.key) {
                    Some(name) => format!("mail is fetched again from mailbox {name}"),
                    None => "mail is fetched again".to_owned(),
                });
            }
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
