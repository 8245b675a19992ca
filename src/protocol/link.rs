//! Invites: a link that carries an address, its keys, and a token that spares the question.
//!
//! ```abnf
//! link = "iim:" pct-addr "?v=1&c=" 43b64url "&e=" 43b64url "&t=" 22b64url [ "&x=" 1*DIGIT ] [ group ]
//! group = "&g=" 22b64url "&n=" pct-name
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::address::{Address, AddressError};
use super::codec::MAX_NAME;
use super::debug::redacted_debug;
use super::group::GroupId;
use super::hash::{hmac_matches, hmac_sha256, sha256};
use super::letter::{Keys, PublicKey};
use super::part::InviteProof;
use crate::protocol::time::Seconds;

/// What an invite link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Who invites.
    pub address: Address,
    /// Who invites, in keys: an accept from others is refused.
    pub keys: Keys,
    /// Spares the question.
    pub token: Token,
    /// When it ends.
    pub expires: Option<Seconds>,
    /// Whoever follows it comes into this group, too.
    pub group: Option<Box<IntoGroup>>,
}

/// The group into which a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntoGroup {
    /// Which.
    pub id: GroupId,
    /// What it is called, as its admins say: at most 64 bytes, of any kind.
    pub name: String,
}

/// An invite's 16 random bytes. Never printed but within a link.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token(#[serde(with = "super::hex")] pub [u8; 16]);

/// Why a text is not an invite link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It does not begin with `iim:`.
    #[error("not an invite link: it begins with iim:")]
    Scheme,
    /// Its version is not 1.
    #[error("an invite link of a newer version ({0})")]
    Newer(String),
    /// A parameter that must be there is not.
    #[error("the invite link is cut short: {0}= is missing")]
    Missing(&'static str),
    /// A parameter stands twice.
    #[error("the invite link has {0}= twice")]
    Twice(&'static str),
    /// A parameter holds what it may not.
    #[error("the invite link is damaged at {0}=")]
    Value(&'static str),
    /// What stands for the address is none.
    #[error("the invite link is damaged: {0}")]
    Address(#[from] AddressError),
    /// Longer than any invite link.
    #[error("not an invite link: too long")]
    TooLong,
}

const MAX_LINK: usize = 4096;

impl Invite {
    /// The link as text, to be mailed, shown or drawn. It holds the token: who reads it can use it.
    pub fn to_link(&self) -> String {
        let Self {
            address,
            keys,
            token,
            expires,
            group,
        } = self;
        let mut link = format!(
            "iim:{}?v=1&c={}&e={}&t={}",
            percent_encoded(address.as_str()),
            URL_SAFE_NO_PAD.encode(keys.curve25519.0),
            URL_SAFE_NO_PAD.encode(keys.ed25519.0),
            URL_SAFE_NO_PAD.encode(token.0),
        );
        if let Some(expires) = expires {
            link.push_str(&format!("&x={expires}"));
        }
        if let Some(IntoGroup { id, name }) = group.as_deref() {
            let (id, name) = (URL_SAFE_NO_PAD.encode(id.0), percent_encoded(name));
            link.push_str(&format!("&g={id}&n={name}"));
        }
        link
    }

    /// Reads a link. Parameters may stand in any order; those of a later version are passed over.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        if link.len() > MAX_LINK {
            return Err(LinkError::TooLong);
        }
        let (scheme, rest) = link.trim().split_once(':').ok_or(LinkError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("iim") {
            return Err(LinkError::Scheme);
        }
        let (address, query) = rest.split_once('?').ok_or(LinkError::Missing("v"))?;
        let need = |name| parameter(query, name)?.ok_or(LinkError::Missing(name));
        match need("v")? {
            "1" => {}
            version => return Err(LinkError::Newer(version.chars().take(16).collect())),
        }
        Ok(Self {
            keys: Keys {
                curve25519: curve_key(need("c")?)?,
                ed25519: PublicKey(decoded("e", need("e")?)?),
            },
            token: Token(decoded("t", need("t")?)?),
            expires: parameter(query, "x")?.map(seconds).transpose()?,
            group: into(query)?.map(Box::new),
            address: Address::parse(&percent_decoded(address).ok_or(AddressError::Form)?)?,
        })
    }
}

impl Token {
    /// Which invite it is: the first 8 bytes of SHA-256 over `iim1 invite` and the token.
    pub fn id(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = sha256(&[b"iim1 invite", &self.0]);
        [a, b, c, d, e, f, g, h]
    }

    /// The proof that stands beside a request: HMAC-SHA256 with the token over the letter's bytes.
    pub fn proof(&self, letter_bytes: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.0, &[letter_bytes])
    }

    /// Whether a proof is this token's for this letter; the time it takes tells nothing of how near it was.
    pub fn check(&self, letter_bytes: &[u8], proof: &InviteProof) -> bool {
        proof.id == self.id() && hmac_matches(&self.0, &[letter_bytes], &proof.hmac)
    }
}

redacted_debug! { Token }

fn parameter<'a>(query: &'a str, name: &'static str) -> Result<Option<&'a str>, LinkError> {
    let of_name = |pair: &'a str| pair.split_once('=').filter(|(n, _)| *n == name);
    let mut values = query.split('&').filter_map(of_name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(LinkError::Twice(name)),
        (value, None) => Ok(value.map(|(_, value)| value)),
    }
}

/// A group without a name has none; a name without a group stands for nothing.
fn into(query: &str) -> Result<Option<IntoGroup>, LinkError> {
    let (id, name) = (parameter(query, "g")?, parameter(query, "n")?);
    let Some(id) = id else { return Ok(None) };
    let name = percent_decoded(name.unwrap_or_default());
    let name = name.filter(|name| name.len() <= MAX_NAME);
    Ok(Some(IntoGroup {
        id: GroupId(decoded("g", id)?),
        name: name.ok_or(LinkError::Value("n"))?,
    }))
}

fn decoded<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], LinkError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(LinkError::Value(name))
}

/// A Curve25519 key with which nothing is secret could be answered with nothing.
fn curve_key(text: &str) -> Result<PublicKey, LinkError> {
    let key = PublicKey(decoded("c", text)?);
    match key.is_low_order() {
        true => Err(LinkError::Value("c")),
        false => Ok(key),
    }
}

fn seconds(text: &str) -> Result<Seconds, LinkError> {
    let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let number = text.parse::<i64>().ok().filter(|_| digits);
    number
        .and_then(|number| u64::try_from(number).ok().map(Seconds))
        .ok_or(LinkError::Value("x"))
}

/// RFC 3986, section 2.1: all but the unreserved characters.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// The text that was so encoded.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn invite() -> Invite {
        Invite {
            address: Address::parse("bob+iim@example.net").unwrap(),
            keys: Keys {
                curve25519: PublicKey([1; 32]),
                ed25519: PublicKey([255; 32]),
            },
            token: Token([7; 16]),
            expires: Some(Seconds(1_767_225_600)),
            group: None,
        }
    }

    /// The same, into a group.
    fn into_a_group(name: &str) -> Invite {
        let group = IntoGroup {
            id: GroupId([7; 16]),
            name: name.to_owned(),
        };
        Invite {
            group: Some(Box::new(group)),
            ..invite()
        }
    }

    const LINK: &str = "iim:bob%2Biim%40example.net?v=1&c=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\
        &e=__________________________________________8&t=BwcHBwcHBwcHBwcHBwcHBw&x=1767225600";

    const GROUP: &str = "&g=BwcHBwcHBwcHBwcHBwcHBw";

    #[test]
    fn known_link() {
        assert_eq!(invite().to_link(), LINK);
        assert_eq!(Invite::parse(LINK), Ok(invite()));
    }

    #[test]
    fn a_link_may_lead_into_a_group() {
        let link = LINK.to_owned() + "&g=BwcHBwcHBwcHBwcHBwcHBw&n=Rock%20%26%20Roll";
        assert_eq!(into_a_group("Rock & Roll").to_link(), link);
        assert_eq!(Invite::parse(&link), Ok(into_a_group("Rock & Roll")));
        let nameless = LINK.to_owned() + "&g=BwcHBwcHBwcHBwcHBwcHBw";
        assert_eq!(Invite::parse(&nameless), Ok(into_a_group("")));
        let nowhere = LINK.to_owned() + "&n=Climbing";
        assert_eq!(Invite::parse(&nowhere), Ok(invite()));
    }

    #[test]
    fn other_spellings_are_read() {
        let ever = Invite {
            expires: None,
            ..invite()
        };
        for link in [
            LINK.replace("&x=1767225600", ""),
            LINK.replace("iim:", " IIM:").replace("&x=1767225600", "\n"),
            LINK.replace("%2B", "+")
                .replace("%40", "@")
                .replace("x=1767225600", "y=5&z"),
            LINK.replace("%2b", "%2B")
                .replace("?v=1&", "?")
                .replace("&x=1767225600", "&v=1"),
        ] {
            assert_eq!(Invite::parse(&link), Ok(ever.clone()), "{link}");
        }
    }

    #[test]
    fn what_is_no_link_says_why() {
        for (link, error) in [
            (String::new(), LinkError::Scheme),
            (LINK.replace("iim:", "xmpp:"), LinkError::Scheme),
            ("iim:bob@example.net".into(), LinkError::Missing("v")),
            (LINK.replace("v=1", "v=2"), LinkError::Newer("2".into())),
            (LINK.replace("&t=", "&u="), LinkError::Missing("t")),
            (LINK.replace("&t=Bw", "&t="), LinkError::Value("t")),
            (LINK.replace("&e=_", "&e=/"), LinkError::Value("e")),
            (LINK.replace("&x=1", "&x=-1"), LinkError::Value("x")),
            (LINK.replace("&x=1", "&x=+1"), LinkError::Value("x")),
            (LINK.replace("&x=1767225600", "&x="), LinkError::Value("x")),
            (
                LINK.replace("&x=1", "&x=99999999991"),
                LinkError::Value("x"),
            ),
            (LINK.replace("&x=", "&x=&x="), LinkError::Twice("x")),
            (LINK.to_owned() + "&g=Bw", LinkError::Value("g")),
            (LINK.to_owned() + GROUP + GROUP, LinkError::Twice("g")),
            (LINK.to_owned() + GROUP + "&n=%zz", LinkError::Value("n")),
            (LINK.to_owned() + GROUP + "&n=%ff", LinkError::Value("n")),
            (
                LINK.to_owned() + GROUP + "&n=" + &"n".repeat(65),
                LinkError::Value("n"),
            ),
            (LINK.replace("%40", "%4"), AddressError::Form.into()),
            (
                LINK.replace("%40", "%00@"),
                AddressError::Local('\0').into(),
            ),
            ("iim:".to_owned() + &"a".repeat(5000), LinkError::TooLong),
        ] {
            assert_eq!(Invite::parse(&link), Err(error), "{link}");
        }
    }

    #[test]
    fn a_link_has_at_most_so_many_bytes() {
        let of = |size: usize| format!("{LINK}&y={}", "z".repeat(size - LINK.len() - 3));
        assert_eq!(Invite::parse(&of(4096)), Ok(invite()));
        assert_eq!(Invite::parse(&of(4097)), Err(LinkError::TooLong));
    }

    #[test]
    fn the_token_stays_hidden() {
        assert_eq!(format!("{:?}", invite().token), "Token(…)");
    }

    #[test]
    fn a_proof_is_of_one_token_and_one_letter() {
        let token = Token([7; 16]);
        let proof = InviteProof {
            id: token.id(),
            hmac: token.proof(b"letter"),
        };
        assert!(token.check(b"letter", &proof));
        assert!(!token.check(b"lettes", &proof));
        assert!(!Token([8; 16]).check(b"letter", &proof));
        let other = InviteProof {
            id: [0; 8],
            ..proof
        };
        assert!(!token.check(b"letter", &other));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics(text in "(iim:)?\\PC{0,40}(\\?v=1&c=)?\\PC{0,60}") {
            let _ = Invite::parse(&text);
        }

        #[test]
        fn what_is_written_is_read(c: [u8; 32], e: [u8; 32], t: [u8; 16], x in prop::option::of(0..1_u64 << 63),
            g in prop::option::of((any::<[u8; 16]>(), "\\PC{0,16}")), local in "[a-z0-9!#$%&'*+/=?^_`{|}~][a-z0-9]{0,20}") {
            let invite = Invite {
                address: Address::parse(&format!("{local}@example.net")).unwrap(),
                keys: Keys { curve25519: PublicKey(c), ed25519: PublicKey(e) },
                token: Token(t),
                expires: x.map(Seconds),
                group: g.map(|(id, name)| Box::new(IntoGroup { id: GroupId(id), name })),
            };
            prop_assert_eq!(Invite::parse(&invite.to_link()), Ok(invite));
        }
    }
}
