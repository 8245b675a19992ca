//! How long and how many: the bounds of a letter.

use crate::protocol::letter::Network;

/// The most bytes a letter may have; one with the longest text keeps well below.
pub const MAX_LETTER: usize = 128 * 1024;
/// The longest text, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest sign that is set to a text, in bytes.
pub const MAX_EMOJI: usize = 64;
/// The longest name that people give themselves, in bytes.
pub const MAX_NAME: usize = 64;
/// The longest note of a request, word to a status or way, in bytes.
pub const MAX_NOTE: usize = 1024;
/// The most networks in a presence.
pub const MAX_NETWORKS: usize = 8;
/// The most other ways in a presence.
pub const MAX_WAYS: usize = 16;
/// The most ids in a receipt.
pub const MAX_RECEIPT: usize = 8;
/// The shortest and the longest span of time for which one nickname holds, in seconds.
pub const WINDOW: std::ops::RangeInclusive<u32> = 3_600..=2_592_000;
/// The longest deed in a group, in bytes.
pub const MAX_ACT: usize = 1024;
/// The longest entry in a group, in bytes.
pub const MAX_ENTRY: usize = 512;
/// The longest topic of a group, in bytes.
pub const MAX_TOPIC: usize = 300;
/// The most acts that an act builds on.
pub const MAX_PARENTS: usize = 8;
/// The greatest number of an act of a group. Only its founder has so many.
pub const MAX_ACTS_OF_ONE: u64 = 128;
/// The most members of a group.
pub const MAX_MEMBERS: usize = 50;
/// The most networks on which a group has rooms.
pub const MAX_ROOM_NETWORKS: usize = 2;
/// The most acts of a group in one letter.
pub const MAX_ACTS_TOLD: usize = 128;
/// The most bytes of bits for what came beyond.
pub(super) const MAX_BEYOND: usize = 32;
/// The longest that is signed of the key of a group's rooms, in bytes.
pub const MAX_ROOM_KEY: usize = 1024;
/// The longest session of a room, in bytes.
pub(super) const MAX_ROOM_SESSION: usize = 256;
/// The longest of what is sealed in a room, in bytes.
pub const MAX_ROOM_PART: usize = 8192;
/// The longest kept copy of an account with its padding, in bytes: a mail of 1 MiB has room for it as base64.
pub const MAX_KEPT: usize = 704 * 1024;
/// The longest name of a person or a group in a kept copy, in bytes.
pub const MAX_CALLED: usize = 255;
/// The most letters that are gathered in one.
pub const MAX_GATHERED: usize = 64;

impl Network {
    /// Whether a text may name a network: 1 to 64 printable ASCII characters, no space, no upper case.
    pub fn is_name(name: &str) -> bool {
        let allowed = |c: u8| c.is_ascii_graphic() && !c.is_ascii_uppercase();
        (1..=64).contains(&name.len()) && name.bytes().all(allowed)
    }

    /// Whether a text is `host:port`, in printable ASCII, the port 1 to 65535.
    pub fn is_server(server: &str) -> bool {
        let Some((host, port)) = server.rsplit_once(':') else {
            return false;
        };
        let digits = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
        (1..=253).contains(&host.len())
            && host.bytes().all(|c| c.is_ascii_graphic())
            && digits
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    }
}
