//! What the rules may read: the state as it stands inside one turn.

use super::account::AccountState;
use super::contact::Contact;
use super::conversation::{Author, ContactId, ConversationId, Ids};
use super::group::copy::Copy;
use super::group::state::Group;
use super::group::waiting::WaitingAct;
use super::message::Message;
use super::outgoing::Outgoing;
use crate::protocol::address::Address;
use crate::protocol::group::{Act, GroupId, MemberId};
use crate::protocol::letter::{Keys, LetterId};
use crate::protocol::link::Token;
use crate::protocol::time::{Millis, Seconds};

/// The state could not be read (disk, database); the turn is given up and nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state cannot be read: {why}")]
pub struct Unreadable {
    /// In words.
    pub why: String,
    /// It is no one row's: whatever is read next would meet it as well.
    pub whole: bool,
}

/// The state, read inside one turn.
pub trait View {
    /// The account.
    fn account(&self) -> Result<AccountState, Unreadable>;
    /// Somebody on the roster.
    fn contact(&self, id: ContactId) -> Result<Option<Contact>, Unreadable>;
    /// The one on the roster who has an address.
    fn contact_at(&self, address: &Address) -> Result<Option<Contact>, Unreadable>;
    /// Who is or was at an address, while anything of theirs is there.
    fn id_at(&self, address: &Address) -> Result<Option<ContactId>, Unreadable>;
    /// The same; who is new there is given ids, so it is asked in a turn alone. That is no change that anybody sees: ids by
    /// which nothing is put down name nobody, and are swept away.
    fn ids_at(&self, address: &Address) -> Result<Ids, Unreadable>;
    /// The address of somebody who is or was on the roster.
    fn address_of(&self, id: ContactId) -> Result<Option<Address>, Unreadable>;
    /// With whom a conversation is.
    fn contact_in(&self, conversation: ConversationId) -> Result<ContactId, Unreadable>;
    /// Everybody, by name.
    fn people(&self) -> Result<Vec<Contact>, Unreadable>;
    /// The person of a name (exact, then without regard to case).
    fn person_named(&self, name: &str) -> Result<Option<Contact>, Unreadable>;
    /// With whom one of these keys is in force, by name: one person, but for what was so before it was looked at.
    fn friends_of_keys(&self, keys: &Keys) -> Result<Vec<Contact>, Unreadable>;
    /// Whom we asked by this request, which waits for an answer.
    fn asked_by(&self, request: LetterId) -> Result<Option<Contact>, Unreadable>;
    /// How many requests are pending (keys of people who ask, and new keys), in all.
    fn pending_requests(&self) -> Result<usize, Unreadable>;
    /// People whose handshake or healing has a timer that is due.
    fn handshakes_due(&self, now: Seconds) -> Result<Vec<Contact>, Unreadable>;
    /// One text.
    fn message(
        &self,
        with: ConversationId,
        by: Author,
        id: LetterId,
    ) -> Result<Option<Message>, Unreadable>;
    /// All that changes the text or texts of this id: edits, retractions, reactions, by either side.
    fn changes(&self, with: ConversationId, of: LetterId) -> Result<Vec<Message>, Unreadable>;
    /// How many changes of theirs that came since then name a text that is not there.
    fn changes_waiting(&self, with: ConversationId, since: Millis) -> Result<usize, Unreadable>;
    /// The user's texts and changes that are queued or sent.
    fn unfinished(&self, with: ConversationId) -> Result<Vec<Message>, Unreadable>;
    /// Texts and changes of which a timer is due.
    fn messages_due(&self, now: Seconds) -> Result<Vec<Message>, Unreadable>;
    /// Texts and changes from them that the user has not seen.
    fn unread(&self, with: ConversationId) -> Result<Vec<Message>, Unreadable>;
    /// Up to when the user has read a conversation.
    fn marker(&self, with: ConversationId) -> Result<Option<Millis>, Unreadable>;
    /// Receipts to them that wait in the outbox and are not claimed: the newest few, for older ones are full.
    fn receipts_waiting(&self, to: ContactId) -> Result<Vec<Outgoing>, Unreadable>;
    /// The invite whose token has this id.
    fn invite(&self, id: [u8; 8]) -> Result<Option<Invite>, Unreadable>;
    /// A group, by the conversation in it.
    fn group(&self, conversation: ConversationId) -> Result<Option<Group>, Unreadable>;
    /// A group, by the id that it has for everybody.
    fn group_of(&self, id: GroupId) -> Result<Option<Group>, Unreadable>;
    /// The conversation of a group that is not kept yet; asked in a turn alone, as [`View::ids_at`].
    fn group_conversation(&self, id: GroupId) -> Result<ConversationId, Unreadable>;
    /// All groups, by name.
    fn groups(&self) -> Result<Vec<Group>, Unreadable>;
    /// The groups in which somebody of this address is or was.
    fn groups_with(&self, contact: ContactId) -> Result<Vec<Group>, Unreadable>;
    /// Groups of which something is due.
    fn groups_due(&self, now: Seconds) -> Result<Vec<Group>, Unreadable>;
    /// The acts of a group's book, in the order in which they were taken, and those that wait.
    fn acts(&self, group: ConversationId) -> Result<(Vec<Act>, Vec<WaitingAct>), Unreadable>;
    /// What somebody said in a group under a number.
    fn said(
        &self,
        group: ConversationId,
        by: Author,
        number: u64,
    ) -> Result<Option<Message>, Unreadable>;
    /// The texts of this id, whoever's: in a group several may have taken the same.
    fn texts_of(&self, group: ConversationId, id: LetterId) -> Result<Vec<Message>, Unreadable>;
    /// The copies of something that the user said, of everybody.
    fn copies_of(&self, group: ConversationId, of: LetterId) -> Result<Vec<Copy>, Unreadable>;
    /// The copies to a member that are not over, by number.
    fn copies_to(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>, Unreadable>;
    /// The copies to a member that failed, by number.
    fn copies_failed(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>, Unreadable>;
    /// The copies that a letter carries or carried last.
    fn copies_within(&self, letter: LetterId) -> Result<Vec<Copy>, Unreadable>;
    /// Copies of which a timer is due.
    fn copies_due(&self, now: Seconds) -> Result<Vec<Copy>, Unreadable>;
    /// Whether something is remembered and has not expired.
    fn tombstone(&self, key: &Tombstone, now: Seconds) -> Result<bool, Unreadable>;
}

/// An invite that the user gave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The token in the link.
    pub token: Token,
    /// When it was made.
    pub made_at: Seconds,
    /// When it ends.
    pub expires_at: Seconds,
    /// For how many addresses.
    pub uses: u32,
    /// The addresses that used it.
    pub used_by: Vec<Address>,
}

/// Something that is over and must stay over for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tombstone {
    /// A refused or removed request: its id, from this contact.
    Request(ContactId, LetterId),
    /// An accept was sent to them by itself today.
    Automatic(ContactId),
    /// The user has been told that somebody else's request names this person's key.
    KeyOfAnother(ContactId),
    /// The user has been told that this request of ours, to this person, was answered from another address, or under two keys.
    AnsweredElsewhere(ContactId, LetterId),
}
