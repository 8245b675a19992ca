//! What happens is told: to the agent's own memory, to watchers, to the user's programs, to the log.

use super::courier::Sent;
use super::{Agent, told};
use crate::protocol::address::Address;
use crate::rules::effect::Notice;
use crate::rules::event::{Event, Greeting};
use crate::rules::watch::Wish;

impl Agent {
    /// Does what the memory of who is online wants.
    pub(super) fn grant(&mut self, wishes: Vec<Wish>) {
        let mut greeted = false;
        for wish in wishes {
            match wish {
                Wish::Greet {
                    friend,
                    network,
                    nick,
                    id,
                    echo,
                } => {
                    let net = self.nets.get(&network).filter(|net| net.is_reachable());
                    match net
                        .and_then(|net| net.session.as_ref())
                        .map(|session| session.nick.clone())
                    {
                        Some(our_nick) => {
                            self.cause(Event::Greet(Greeting {
                                friend,
                                network,
                                nick,
                                our_nick,
                                id,
                                echo,
                            }));
                            greeted = true;
                        }
                        None => self.watch.unsent(&friend, id),
                    }
                }
                Wish::Changed {
                    friend,
                    shown,
                    text,
                } => {
                    self.publish(&told::presence(&friend, shown, &text, &self.names));
                }
            }
        }
        if greeted {
            self.pump();
        }
    }

    /// Friends reached over IRC: the mail thread leaves their texts to us.
    pub(super) fn note_online(&self) {
        let reachable = |friend: &Address| self.way_to(friend).is_some();
        self.online
            .set(self.watch.online().into_iter().filter(reachable).collect());
    }

    /// Tells watchers, hooks and the log; what concerns the agent's own memory goes there.
    pub(super) fn tell_all(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            match &notice {
                Notice::Here {
                    friend,
                    network,
                    id,
                    here,
                } => {
                    let (friend, network, id, here) =
                        (friend.clone(), network.clone(), *id, here.clone());
                    self.heard_here(&friend, &network, id, &here);
                }
                Notice::Status {
                    friend,
                    status,
                    text,
                } => {
                    let wishes = self.watch.status(friend, *status, text);
                    self.grant(wishes);
                }
                Notice::Presence { .. } | Notice::Friend { .. } | Notice::Rotated { .. } => {
                    self.version = -1
                }
                Notice::Request { .. }
                | Notice::Text { .. }
                | Notice::State { .. }
                | Notice::Word { .. } => {}
            }
            if let Some(event) = told::event(&notice, &self.names) {
                self.publish(&event);
            }
        }
    }

    pub(super) fn publish(&self, event: &serde_json::Value) {
        told::log(event);
        self.events.tell(event);
        if let Some(kind) = told::hook(event) {
            self.hooks.tell(kind, event);
        }
    }

    /// The mail thread tells what it did.
    pub(super) fn mailed(&mut self, sent: Sent) {
        if sent.trouble != self.mail_trouble {
            if let Some(trouble) = &sent.trouble {
                tracing::warn!("mail does not leave: {trouble}");
            }
            self.mail_trouble = sent.trouble;
        }
        self.tell_all(sent.notices);
    }
}
