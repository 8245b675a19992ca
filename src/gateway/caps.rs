//! The capabilities that a client may ask for (IRCv3 capability negotiation).

use crate::gateway::tags::MULTILINE_CONCAT;

macro_rules! capabilities {
    ($($cap:ident $name:literal $value:expr,)*) => {
        /// A capability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Cap {
            $($cap,)*
        }

        /// Each with its name, and the value that CAP LS 302 shows.
        const OFFERED: &[(Cap, &str, &str)] = &[$((Cap::$cap, $name, $value),)*];
    };
}

capabilities! {
    AccountTag "account-tag" "",
    AwayNotify "away-notify" "",
    Batch "batch" "",
    Notify "cap-notify" "",
    ChannelRename "draft/channel-rename" "",
    ChatHistory "draft/chathistory" "",
    EventPlayback "draft/event-playback" "",
    MessageEdit "draft/message-edit" "",
    MessageRedaction "draft/message-redaction" "",
    Multiline "draft/multiline" MULTILINE_LIMITS,
    PreAway "draft/pre-away" "",
    ReadMarker "draft/read-marker" "",
    EchoMessage "echo-message" "",
    ExtendedJoin "extended-join" "",
    ExtendedMonitor "extended-monitor" "",
    LabeledResponse "labeled-response" "",
    MessageTags "message-tags" "",
    MultiPrefix "multi-prefix" "",
    Sasl "sasl" "PLAIN,SCRAM-SHA-256",
    ServerTime "server-time" "",
    SetName "setname" "",
    StandardReplies "standard-replies" "",
    UserhostInNames "userhost-in-names" "",
    SelfMessage "znc.in/self-message" "",
}

const MULTILINE_LIMITS: &str = "max-bytes=65536,max-lines=1000";

/// The longest text of a multiline batch, in bytes: the longest text of a letter.
pub(super) const MULTILINE_BYTES: usize = 65_536;
/// The most lines of a multiline batch.
pub(super) const MULTILINE_LINES: usize = 1000;

/// The capabilities of one client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Caps(u32);

impl Caps {
    /// Whether it is on.
    pub(super) fn has(self, cap: Cap) -> bool {
        self.0 & bit(cap) != 0
    }

    /// Switches one.
    pub(super) fn set(&mut self, cap: Cap, on: bool) {
        match on {
            true => self.0 |= bit(cap),
            false => self.0 &= !bit(cap),
        }
    }

    /// The names of those that are on.
    pub(super) fn names(self) -> Vec<&'static str> {
        let on = OFFERED.iter().filter(|(cap, _, _)| self.has(*cap));
        on.map(|(_, name, _)| *name).collect()
    }

    /// Takes a whole list of `name` and `-name`, or nothing of it ("The capability identifier set must be accepted as
    /// a whole, or rejected entirely").
    pub(super) fn request(self, list: &str) -> Option<Self> {
        let mut caps = self;
        for word in list.split_whitespace() {
            let (name, on) = match word.strip_prefix('-') {
                Some(name) => (name, false),
                None => (word, true),
            };
            caps.set(named(name)?, on);
        }
        Some(caps)
    }

    /// Whether this client takes a tag.
    pub(super) fn takes(self, tag: &str) -> bool {
        match tag {
            "time" => self.has(Cap::ServerTime),
            "account" => self.has(Cap::AccountTag),
            "batch" => self.has(Cap::Batch),
            "label" => self.has(Cap::LabeledResponse),
            MULTILINE_CONCAT => self.has(Cap::Multiline),
            _ => self.has(Cap::MessageTags),
        }
    }
}

/// All that is offered, for CAP LS; with values from version 302 on.
pub(super) fn offered(version: u32) -> Vec<String> {
    let each = OFFERED.iter().map(|(_, name, value)| {
        if version >= 302 && !value.is_empty() {
            format!("{name}={value}")
        } else {
            (*name).to_owned()
        }
    });
    each.collect()
}

fn named(name: &str) -> Option<Cap> {
    let found = OFFERED.iter().find(|(_, known, _)| *known == name);
    found.map(|(cap, _, _)| *cap)
}

fn bit(cap: Cap) -> u32 {
    1_u32.wrapping_shl(cap as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lists_are_taken_whole_or_not_at_all() {
        let none = Caps::default();
        let two = none.request("batch server-time").unwrap();
        assert_eq!(two.names(), ["batch", "server-time"]);
        assert_eq!(two.request("-batch sasl foo"), None);
        assert_eq!(two.request("-batch").unwrap().names(), ["server-time"]);
        assert_eq!(none.request("-foo"), None);
    }

    #[test]
    fn each_capability_has_its_own_bit() {
        let mut caps = Caps::default();
        for (at, (cap, name, _)) in OFFERED.iter().enumerate() {
            assert!(!caps.has(*cap), "{name}");
            caps.set(*cap, true);
            assert_eq!(caps.names().len(), at + 1, "{name}");
        }
    }

    /// "If a client has not indicated support for CAP LS 302 features, the server MUST NOT send these new features to
    /// the client": neither values nor several lines, so all names fit in one.
    #[test]
    fn an_old_client_gets_names_alone_in_one_line() {
        let names = offered(0).join(" ");
        assert!(!names.contains('='));
        assert!(format!(":iim.local CAP {} LS :{names}", "n".repeat(30)).len() <= 510);
    }
}
