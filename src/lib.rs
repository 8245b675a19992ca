//! iim: instant messaging made of a mailbox and the public IRC networks.
//!
//! Eight floors, and one line that every trip follows:
//!
//! ```text
//! protocol   what is written     bytes <-> values; no I/O, no clock, no rng
//! rules      what is decided     state + event + time (+ random bytes) -> effects; pure
//! edge       what is touched     mail, IRC, listeners, disk, keys, clock; thin; knows no policy
//! account    one account, open   every trip is one transaction
//! gateway    the IRC face        a small IRC server for one person, sans I/O; knows the account only by a trait
//! agent      what the daemon decides, sans I/O, runtime or socket
//! daemon     what runs the agent: tasks, sockets, signals, hooks, the gateway's listeners
//! commands   the command line, one file a command
//!
//! receive -> decrypt -> decide -> seal -> commit -> do
//! ```
//!
//! A floor uses the floors above it in this list, never one below.
//!
//! The four trips of the README, and those of a letter out of a mailbox and of what is said in a group, by the functions that
//! they pass:
//!
//! ```text
//! A friendship
//!   ask      commands/add.rs run > account.rs act > rules/decide.rs user > rules/asking.rs add > rules/handshake/letters.rs post_request
//!   send     account/send/mail.rs send_due > account/send/seal.rs open_request > edge/mail/send/mailer.rs send_all
//!   show     commands/deliver.rs hear > account/receive.rs hear_mail_by > account/receive/open.rs open_signed > rules/request.rs hear
//!   accept   commands/people.rs run > rules/asking.rs accept > rules/handshake/letters.rs post_accept > account/send/seal.rs accept
//!   confirm  account/receive/decrypt.rs open_any > rules/answer.rs hear > rules/in_force.rs begin
//!
//! A message
//!   store    gateway/message/send.rs privmsg > daemon/gateway/host.rs say > agent.rs act > rules/delivery/acts.rs say
//!   IRC      agent/send_queue.rs act_at_once > account/send/at_once.rs act_at_once, alone > account/send/seal.rs over_irc
//!   mail     rules/delivery.rs overdue, by_mail > account/send/mail.rs send_due > account/send/seal.rs letter_to_friend
//!   receive  agent/link_events.rs open_frames > account/receive.rs hear_frames > rules/delivery/heard.rs hear_text
//!   receipt  rules/delivery/heard.rs acknowledge, answer > rules/delivery.rs hear_receipt > rules/delivery/left.rs text_left
//!
//! Coming and going
//!   look     agent/reload.rs derive > agent/nick_index.rs derive > protocol/nick.rs neighbours > edge/irc/watch.rs change
//!   come     edge/irc/watch.rs seen > agent/link_events.rs up, comes > rules/presence_tracker.rs up
//!   greet    agent.rs grant > rules/presence.rs greet > agent/send_queue.rs send_queued, way_to
//!   prove    rules/presence.rs hear > agent/link_events.rs heard_here > rules/presence_tracker.rs here, shown
//!   go       agent/link_events.rs down > rules/presence_tracker.rs down > agent/reload.rs follow_moved
//!
//! A change of who may see you
//!   decide   commands/people.rs run > rules/visibility.rs hide > rules/rotation.rs rotate, renew
//!   decoy    rules/announce.rs set_due, presence_for, secret_for
//!   IRC      agent/send_queue.rs announce_online > rules/announce.rs over_irc
//!   mail     account/send/mail/batch.rs announcements > rules/announce.rs mailed
//!   move     agent.rs follow_networks > agent/networks.rs step > agent/nick_lifecycle.rs leave_at > daemon/links.rs order
//!
//! A letter out of a mailbox
//!   look     daemon/fetch.rs run_by > rules/fetch/fetcher.rs step, answered > rules/fetch/look.rs numbered, go_on
//!   hear     rules/fetch/look.rs next_mail, mail > account/fetch.rs hear > account/receive/candidate.rs hear_candidate
//!   leave    rules/fetch/look.rs discard > edge/mail/fetch/imap.rs carry_out > account/fetch.rs keep
//!
//! Something said in a group
//!   in       rules/group/found.rs asked, accept > rules/group/heard.rs answered > rules/group/acts.rs author > rules/group/members.rs follow
//!   store    commands/say.rs run > rules/group/acts.rs act > rules/group/says.rs say, write, copies
//!   leave    rules/group/timers.rs tick > rules/group/due.rs by, post > account/send/member.rs seal > rules/group/gather.rs by_mail
//!   receive  rules/receive.rs hear > rules/group/heard.rs from_member, gathered > rules/group/took.rs hear, acknowledge
//!   receipt  rules/group/gather.rs got > rules/group/got.rs hear > rules/group/said.rs put, come_further
//! ```

pub mod account;
pub mod agent;
pub mod commands;
pub mod daemon;
pub mod edge;
pub mod gateway;
pub mod protocol;
pub mod rules;
