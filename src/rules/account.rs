//! The user's own side: who they are, what they want, and the presence of the moment.

use serde::{Deserialize, Serialize};

use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, Network, PublicKey, Secret, Status};
use crate::protocol::time::Seconds;

/// What the user set in `config.toml`; the rules read it and never change it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The user's address.
    pub address: Address,
    /// The user's other addresses.
    pub also: Vec<Address>,
    /// The name that requests carry.
    pub name: String,
    /// Every network the agent is on.
    pub networks: Vec<Network>,
    /// How long one nickname holds, in seconds.
    pub window: u32,
    /// Whose requests are shown or answered.
    pub policy: Policy,
    /// Mails in any 24 hours; 0 = no limit and no jitter.
    pub per_day: u32,
    /// Those of them on which rooms of groups are joined.
    pub rooms: Vec<Network>,
    /// Whether friends are told that a text was read.
    pub read_receipts: bool,
    /// Mail is fetched by a program of ours, and not heard as it comes: when it is shows that the program runs.
    pub fetches: bool,
}

/// Which requests are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What happens to a request nobody vouches for.
    pub accept: AcceptPolicy,
    /// Patterns of addresses accepted unasked: `*` stands for any run of characters.
    pub auto: Vec<String>,
    /// Patterns of addresses from which no stranger is heard, whoever vouches for them.
    pub refuse: Vec<String>,
}

/// What happens to a request nobody vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcceptPolicy {
    /// All requests are shown.
    #[default]
    Ask,
    /// Only those with a valid invite, matching `auto`, from a friend or from somebody we asked.
    Known,
    /// Friends' healing only.
    Nobody,
}

/// The state of the account, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// Our long-term public keys.
    pub keys: Keys,
    /// The number of the present secret.
    pub epoch: u64,
    /// The present secret.
    pub secret: Secret,
    /// What hidden friends are told instead, one for each rotation.
    pub decoy: Secret,
    /// When the present secret was made.
    pub rotated_at: Seconds,
    /// By when the agent must have left the nick of the secret before.
    pub leave_by: Option<Seconds>,
    /// Our status.
    pub status: Status,
    /// A word to it.
    pub status_text: String,
    /// Under no derived nick at all.
    pub invisible: bool,
    /// A backup was restored: no stored session is sealed with again until each friend was asked anew.
    pub restored: bool,
    /// When the account left for another machine: nothing is decided or sealed here any more.
    #[serde(default)]
    pub moved_out: Option<Seconds>,
    /// The networks and the window that friends were last told.
    pub announced: (Vec<Network>, u32),
    /// Automatic accepts: the day (days since 1970) and how many in it.
    pub automatic: (u64, u32),
    /// The key with which members of groups open sessions with us at any time, and when it was made.
    #[serde(default)]
    pub prekey: Option<(PublicKey, Seconds)>,
}
