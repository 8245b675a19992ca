//! One client: what it has said of itself, what it takes, and what waits to be written to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::edge::config::Secret;
use crate::edge::listener::event::{ConnId, Out, Peer};
use crate::gateway::batch::{self, Batch};
use crate::gateway::caps::{Cap, Caps};
use crate::gateway::host::{DeviceId, With};
use crate::gateway::login::Sasl;
use crate::gateway::nick::{self, SERVER};
use crate::gateway::numeric::Numeric;
use crate::gateway::position::Position;
use crate::protocol::irc_line::Reply;
use crate::protocol::time::Millis;
use crate::rules::conversation::{ContactId, ConversationId};

/// Clients by their connection.
pub(super) type Clients = BTreeMap<ConnId, Client>;

/// A connected client.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) since: Millis,
    pub(super) caps: Caps,
    /// It speaks capability negotiation 302 or newer: `cap-notify` stays on.
    pub(super) cap_302: bool,
    /// CAP END came.
    pub(super) cap_ended: bool,
    pub(super) stage: Stage,
    /// As it asked for it; empty before NICK.
    pub(super) nick: String,
    /// As USER gave it, made fit for a source; empty before USER.
    pub(super) user: String,
    /// What USER named as the device: behind the last `@`, else all of it.
    pub(super) login: String,
    pub(super) real_name: String,
    /// What PASS gave. Wiped when it was used.
    pub(super) password: Option<Secret>,
    pub(super) device: Option<DeviceId>,
    /// It has logged in with a password.
    pub(super) logged_in: bool,
    pub(super) sasl: Option<Sasl>,
    /// In the control channel.
    pub(super) joined: bool,
    /// The groups whose channels it is in.
    pub(super) channels: BTreeSet<ConversationId>,
    /// The groups of which it was told that somebody hears what is said there from whom the user hides, or whom they block.
    pub(super) warned_of: BTreeSet<ConversationId>,
    /// It was told that who parts from a channel is still in the group.
    pub(super) told_of_parting: bool,
    /// Without asking for it, it knows lines of its own user that it has not sent.
    pub(super) knows_own: bool,
    /// It marked itself as a bot (IRCv3 bot mode).
    pub(super) bot: bool,
    /// What AWAY set before registration: a word, or that the user is there.
    pub(super) pre_away: Option<Option<String>>,
    /// It is this client that said that the user is away.
    pub(super) said_away: bool,
    /// It has sent a tag that names the text which is answered.
    pub(super) replied: bool,
    /// It has sent a reaction.
    pub(super) reacted: bool,
    /// What the user says of its device: whether it shows reactions and answers by their tags.
    pub(super) tags_shown: Option<bool>,
    /// When it last said anything to somebody.
    pub(super) spoke_at: Millis,
    /// When anything last came from it.
    pub(super) active_at: Millis,
    /// A PING of ours waits for its answer.
    pub(super) pinged: bool,
    /// Its device has logged in again under this nick, at this time, and nothing has come from it since.
    pub(super) doubted: Option<Millis>,
    pub(super) monitored: BTreeMap<String, String>,
    pub(super) watched: BTreeMap<String, String>,
    /// When it was last told that a friend is away, by friend: the time and the word.
    pub(super) away_shown: BTreeMap<ContactId, (Millis, String)>,
    /// When the newest text of others came that was sent to it since it last wrote there.
    pub(super) shown_up_to: BTreeMap<With, Millis>,
    pub(super) batch: Option<Batch>,
    pub(super) position: Position,
    out: Vec<u8>,
    captured: Option<Vec<Captured>>,
    batches: u64,
    /// Bytes sent that are not known to be written.
    unwritten: usize,
    /// The listener is to slow this peer down.
    pub(super) wrong_password: bool,
    /// The listener was told that it owes the answer to a challenge.
    owes: bool,
    /// The listener is to count it as the user's.
    pub(super) admitted: bool,
    closing: Option<String>,
    /// Lines told to close it are told once.
    closed: bool,
}

/// How far the registration has come (Modern, "Connection registration").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// NICK and USER are awaited.
    #[default]
    Fresh,
    /// CAP LS or REQ came: CAP END is awaited too.
    Negotiating,
    /// It has been welcomed.
    Registered,
    /// It has quit; others have been told.
    Left,
}

/// The lines around what stands in a batch, and the name that each line in it bears as its tag `batch`.
pub(super) struct BatchLines {
    pub(super) name: String,
    pub(super) open: Reply,
    pub(super) close: Reply,
}

/// A line that waits for the end of its command, to be labelled; whether it answers that or merely happened meanwhile.
type Captured = (Reply, bool);

impl Client {
    pub(super) fn new(peer: Peer, now: Millis) -> Self {
        Self {
            peer,
            since: now,
            spoke_at: now,
            active_at: now,
            knows_own: true,
            ..Self::default()
        }
    }

    pub(super) fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// Whether it shows what a text answers by its tag: who sends that tag does.
    pub(super) fn shows_replies(&self) -> bool {
        self.shows_tags(self.replied)
    }

    /// Whether it shows reactions by their tags.
    pub(super) fn shows_reactions(&self) -> bool {
        self.shows_tags(self.reacted)
    }

    /// There is no capability for that. `message-tags` is taken by clients that show nothing of them (WeeChat 3.8, The
    /// Lounge 4.5), and so is `draft/chathistory` (senpai 0.4.1, gamja); what changes texts is asked for by such as do.
    /// The user may know better.
    fn shows_tags(&self, sends: bool) -> bool {
        let drafts = [Cap::MessageRedaction, Cap::MessageEdit];
        let seems = || sends || drafts.iter().any(|cap| self.has(*cap));
        self.has(Cap::MessageTags) && self.tags_shown.unwrap_or_else(seems)
    }

    /// Whether lines of the user that came from elsewhere are shown as their own: clients that do not know such lines put
    /// them into a query with themselves.
    pub(super) fn shows_own(&self) -> bool {
        self.knows_own || self.has(Cap::EchoMessage) || self.has(Cap::SelfMessage)
    }

    pub(super) fn is_registered(&self) -> bool {
        self.stage == Stage::Registered && !self.is_closing()
    }

    /// Whether it is there under this nick.
    pub(super) fn is_called(&self, nick: &str) -> bool {
        self.is_registered() && nick::fold(&self.nick) == nick::fold(nick)
    }

    /// The nick to address it by: `*` before it has one.
    pub(super) fn name(&self) -> &str {
        match self.nick.is_empty() {
            true => "*",
            false => &self.nick,
        }
    }

    /// `nick!user@host`.
    pub(super) fn source(&self) -> String {
        format!("{}!{}@{SERVER}", self.nick, self.user)
    }

    /// Sends a line that answers what the client said.
    pub(super) fn send(&mut self, reply: Reply) {
        self.push(reply, true);
    }

    /// Sends a line that has nothing to do with what the client said.
    pub(super) fn notify(&mut self, reply: Reply) {
        self.push(reply, false);
    }

    /// Sends several.
    pub(super) fn push_all(&mut self, replies: impl IntoIterator<Item = Reply>, answers: bool) {
        for reply in replies {
            self.push(reply, answers);
        }
    }

    /// Sends a numeric: its parameters, then the last one.
    pub(super) fn numeric(&mut self, numeric: Numeric, params: &[&str], text: Option<&str>) {
        self.send(self.server_line(numeric, params, text));
    }

    /// A numeric, or a command of the server's, for this client.
    pub(super) fn server_line(&self, command: &str, params: &[&str], text: Option<&str>) -> Reply {
        let mut words = vec![command, self.name()];
        words.extend(params);
        Reply::new(SERVER, &words, text)
    }

    /// Sends a FAIL, WARN or NOTE (IRCv3 standard replies); a client that does not take them gets a NOTICE.
    pub(super) fn standard(&mut self, kind: &str, words: &[&str], text: &str) {
        if self.has(Cap::StandardReplies) || kind == "FAIL" {
            let mut all = vec![kind];
            all.extend(words);
            self.send(Reply::new(SERVER, &all, Some(text)));
        } else {
            self.send(self.server_line("NOTICE", &[], Some(text)));
        }
    }

    /// Sends a line that answers what the client said, or does not.
    pub(super) fn push(&mut self, reply: Reply, answers: bool) {
        if self.is_closing() {
            return;
        }
        match &mut self.captured {
            Some(captured) => captured.push((reply, answers)),
            None => self.write(&reply),
        }
    }

    fn write(&mut self, reply: &Reply) {
        let caps = self.caps;
        reply.write(|tag| caps.takes(tag), &mut self.out);
    }

    /// A batch for this client, of this kind and its parameters (IRCv3 `batch`).
    pub(super) fn batch(&mut self, source: &str, kind: &[&str]) -> BatchLines {
        self.batches = self.batches.wrapping_add(1);
        let name = format!("b{}", self.batches);
        let (open, close) = (format!("+{name}"), format!("-{name}"));
        let mut words = vec!["BATCH", &open];
        words.extend(kind);
        BatchLines {
            open: Reply::new(source, &words, None),
            close: Reply::new(source, &["BATCH", &close], None),
            name,
        }
    }

    /// From here on, answers wait for their label.
    pub(super) fn begin_answer(&mut self) {
        self.captured = Some(Vec::new());
    }

    /// "The batch capability … MUST be negotiated to use labeled responses" (IRCv3 `labeled-response`).
    pub(super) fn takes_labels(&self) -> bool {
        self.has(Cap::LabeledResponse) && self.has(Cap::Batch)
    }

    /// Writes what waited, in its order. With a label: no answer becomes ACK, one gets the label, several a batch
    /// (IRCv3 `labeled-response`).
    pub(super) fn end_answer(&mut self, label: Option<&str>) {
        let mut all = self.captured.take().unwrap_or_default();
        if let Some(label) = label.filter(|_| self.takes_labels()) {
            self.label(&mut all, label);
        }
        for (reply, _) in all {
            self.write(&reply);
        }
    }

    fn label(&mut self, all: &mut Vec<Captured>, label: &str) {
        let answers = all.iter().enumerate().filter(|(_, (_, answers))| *answers);
        let answers: Vec<usize> = answers.map(|(at, _)| at).collect();
        let (Some(first), Some(last)) = (answers.first(), answers.last()) else {
            let ack = Reply::new(SERVER, &["ACK"], None).tag("label", label);
            all.push((ack, true));
            return;
        };
        let line = |at: usize| all.get(at).map_or("", |(reply, _)| reply.body.as_str());
        if answers.len() == 1 || batch::is_one(line(*first), line(*last)) {
            if let Some((reply, _)) = all.get_mut(*first) {
                reply.tags.push(("label".to_owned(), label.to_owned()));
            }
            return;
        }
        let batch = self.batch(SERVER, &["labeled-response"]);
        for (reply, _) in all.iter_mut().filter(|(_, answers)| *answers) {
            if !reply.tags.iter().any(|(key, _)| key == "batch") {
                let tag = ("batch".to_owned(), batch.name.clone());
                reply.tags.push(tag);
            }
        }
        all.insert(last.saturating_add(1), (batch.close, true));
        all.insert(*first, (batch.open.tag("label", label), true));
    }

    /// So many bytes wait at the listener.
    pub(super) fn queued(&mut self, bytes: usize) {
        self.unwritten = bytes;
        if bytes == 0 {
            self.drained();
        }
    }

    /// Ends the connection with this last line (RFC 2812, section 3.7.4).
    pub(super) fn close(&mut self, reason: &str) {
        if self.closing.is_none() {
            let name = self.name().to_owned();
            self.closing = Some(format!("ERROR :Closing link: {name} ({reason})"));
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Too much waits to be written for anything more that it did not ask for.
    pub(super) fn is_choked(&self) -> bool {
        self.waiting() >= ENOUGH
    }

    /// Bytes that wait, here and at the listener.
    pub(super) fn waiting(&self) -> usize {
        self.out.len().saturating_add(self.unwritten)
    }

    /// Something is to be written to it, or is being written.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting() > 0 || self.captured.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// What is to be done, in order. A client for which too much waits is closed: what it has missed is in the store.
    pub(super) fn take_out(&mut self) -> Vec<Out> {
        if self.waiting() > TOO_MUCH && !self.is_closing() {
            self.out.clear();
            self.close("it does not read what it asks for");
        }
        let mut all = Vec::new();
        if std::mem::take(&mut self.wrong_password) {
            all.push(Out::WrongPassword);
        }
        let owes = self.sasl.as_ref().is_some_and(Sasl::owes);
        if std::mem::replace(&mut self.owes, owes) != owes {
            all.push(Out::Owes(owes));
        }
        if std::mem::take(&mut self.admitted) {
            all.push(Out::Admitted);
        }
        if !self.out.is_empty() {
            self.unwritten = self.waiting();
            all.push(Out::Lines(std::mem::take(&mut self.out)));
        }
        if let Some(last) = self.closing.clone()
            && !std::mem::replace(&mut self.closed, true)
        {
            all.push(Out::Close(last));
        }
        all
    }

    /// Everything sent has been written.
    pub(super) fn drained(&mut self) {
        self.unwritten = 0;
        if self.out.is_empty() {
            self.position.written = self.position.sent;
        }
    }

    /// Rows of the store up to this one have been sent, or are not to be.
    pub(super) fn advance(&mut self, row: u64) {
        self.position.sent = self.position.sent.max(row);
        if !self.is_waiting() {
            self.position.written = self.position.sent;
        }
    }
}

/// From this many bytes on, texts wait in the store instead.
const ENOUGH: usize = 64 * 1024;

/// More than this does not wait for anybody: less than what the listener itself bears.
const TOO_MUCH: usize = 3 * 1024 * 1024 / 2;
