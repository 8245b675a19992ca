//! What happens is told: to the agent's own memory, to watchers, to the user's programs, to the log.

use super::{Agent, Happened, Outside};
use crate::rules::effect::Notice;
use crate::rules::event::{Event, Greeting};
use crate::rules::presence_tracker::Wish;

impl<O: Outside> Agent<O> {
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
                Wish::Doubt { friend } => self.cause(Event::Unproved(friend)),
                Wish::Changed {
                    friend,
                    shown,
                    text,
                } => {
                    let happened = Happened::Presence {
                        friend: &friend,
                        shown,
                        text: &text,
                    };
                    self.outside.tell(happened, self.roster.names());
                }
            }
        }
        if greeted {
            self.send_queued();
        }
    }

    /// Tells watchers, hooks and the log what turns caused; what concerns the agent's own memory goes there.
    pub fn tell_all(&mut self, notices: Vec<Notice>) {
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
                Notice::Presence { .. }
                | Notice::Friend { .. }
                | Notice::Rotated { .. }
                | Notice::Request { .. }
                | Notice::Text { .. }
                | Notice::Change { .. }
                | Notice::Typing { .. }
                | Notice::State { .. }
                | Notice::Seen { .. }
                | Notice::Word { .. } => {}
            }
            let names = self.roster.names();
            self.outside.tell(Happened::Notice(&notice), names);
        }
    }
}
