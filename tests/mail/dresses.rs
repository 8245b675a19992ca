//! What relays and rules write on a mail, and whether it may be answered then: RFC 3834 sentence by sentence.

use crate::support::post::Mail;

/// What the outside of a mail says, and what may leave in answer.
pub struct Dress {
    /// Section and sentence.
    pub rfc: (&'static str, &'static str),
    /// The fields put in front, or the change.
    pub how: How,
    /// Whether the answer to somebody leaves of whom nothing is proved; a friend is answered but for circles.
    pub answered: bool,
}

pub enum How {
    /// These lines stand in front of the header.
    Front(&'static str),
    /// This text of the header gives way to that.
    Instead(&'static str, &'static str),
    /// So many `Received` fields stand in front.
    Hops(usize),
}

const AUTO_SUBMITTED: &str = "Automatic responses SHOULD NOT be issued in response to any message which contains an \
    Auto-Submitted header field (see below), where that field has any value other than \"no\".";

const NULL: &str = "Responders MUST NOT generate any response for which the destination of that response would be a \
    null address (e.g., an address for which SMTP MAIL FROM or Return-Path is <>), since the response would not be \
    delivered to a useful destination.";

const PRECEDENCE: &str = "For instance, if the subject message contained a Precedence header field [I4.RFC2076] with \
    a value of \"list\" the responder might guess that the traffic had arrived from a mailing list, and would not \
    respond if the response were only intended for personal messages.";

const LIST: &str = "For similar reasons, a responder MAY ignore any subject message with a List-* field [I5.RFC2369].";

const LOOP: &str = "In general, care should be taken to avoid sending useless or redundant responses, and to avoid \
    contributing to mail loops or facilitating denial-of-service attacks.";

const REPLY_TO: &str = "The Reply-To field SHOULD NOT be used as the destination for automatic responses from \
    Personal or Group Responders.";

const fn dress(section: &'static str, sentence: &'static str, how: How, answered: bool) -> Dress {
    Dress {
        rfc: (section, sentence),
        how,
        answered,
    }
}

pub fn dresses() -> Vec<Dress> {
    use How::{Front, Hops, Instead};
    let auto = |value| {
        dress(
            "2",
            AUTO_SUBMITTED,
            Instead("Auto-Submitted: auto-generated", value),
            false,
        )
    };
    vec![
        // The one exception, which the specification names: "auto-generated" is what iim itself writes.
        dress("2", AUTO_SUBMITTED, Front(""), true),
        dress(
            "2",
            AUTO_SUBMITTED,
            Instead("Auto-Submitted: auto-generated", "Auto-Submitted: no"),
            true,
        ),
        auto("Auto-Submitted: auto-replied"),
        auto("AUTO-SUBMITTED:\r\n auto-replied (vacation)"),
        auto("Auto-Submitted: auto-notified; owner-email=\"alice@example.org\""),
        auto("Auto-Submitted: auto-of-a-later-time"),
        auto("Auto-Submitted: auto-generated\r\nAuto-Submitted: auto-replied"),
        dress("4", NULL, Front("Return-Path: <>\r\n"), false),
        dress("4", NULL, Front("Return-Path: \t <>\r\n"), false),
        dress("4", NULL, Front("Return-Path:\r\n"), false),
        dress("2", PRECEDENCE, Front("Precedence: list\r\n"), false),
        dress("2", PRECEDENCE, Front("Precedence: Bulk\r\n"), false),
        dress("2", PRECEDENCE, Front("precedence: junk\r\n"), false),
        dress(
            "2",
            LIST,
            Front("List-Id: <climbers.lists.example.net>\r\n"),
            false,
        ),
        dress(
            "2",
            LIST,
            Front("List-Unsubscribe: <mailto:off@lists.example.net>\r\n"),
            false,
        ),
        dress("2", LIST, Front("LIST-POST: NO\r\n"), false),
        dress("2", LOOP, Hops(51), false),
        dress("2", LOOP, Hops(40), true),
        // What others put there for answering machines of other kinds: no sentence, and iim's own mails bear it.
        dress(
            "2",
            LOOP,
            Front("X-Auto-Response-Suppress: OOF, AutoReply\r\n"),
            true,
        ),
        dress("4", REPLY_TO, Front("Reply-To: eve@example.com\r\n"), true),
        dress(
            "4",
            REPLY_TO,
            Front("Sender: eve@example.com\r\nResent-From: eve@example.com\r\n"),
            true,
        ),
    ]
}

impl Dress {
    pub fn on(&self, mail: &Mail) -> Vec<u8> {
        let text = crlf(&mail.text());
        match &self.how {
            How::Front(lines) if lines.to_ascii_lowercase().starts_with("return-path") => {
                let (_, rest) = text.split_once("\r\n").unwrap();
                assert!(text.starts_with("Return-Path: <"));
                format!("{lines}{rest}").into_bytes()
            }
            How::Front(lines) => format!("{lines}{text}").into_bytes(),
            How::Instead(old, new) => {
                assert!(text.contains(old), "no {old} in {text}");
                text.replacen(old, new, 1).into_bytes()
            }
            How::Hops(count) => {
                let hop = "Received: from a.example.com by b.example.com; Mon, 5 Jan 2026 10:00:00 +0000\r\n";
                format!("{}{text}", hop.repeat(*count)).into_bytes()
            }
        }
    }

    /// Whether a friend is answered: what a relay writes on their mail proves nothing against their letter.
    pub fn answers_a_friend(&self) -> bool {
        match self.how {
            How::Front(_) | How::Instead(..) => true,
            How::Hops(count) => count <= 50,
        }
    }

    pub fn name(&self) -> String {
        let how = match &self.how {
            How::Front(lines) => format!("{lines:?} in front"),
            How::Instead(_, new) => format!("{new:?}"),
            How::Hops(count) => format!("{count} Received lines"),
        };
        format!("RFC 3834, section {}: {}\n{how}", self.rfc.0, self.rfc.1)
    }
}

/// As the sendmail of a mail system hands it on: all lines end in CR LF.
pub fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}
