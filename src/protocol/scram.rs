//! SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677): the client proves that it knows the password, and a server that
//! does not know it learns nothing to log in with.
//!
//! ```text
//! client   n,,n=device,r=NONCE                      ClientFirst::read
//! server   r=NONCE+OURS,s=SALT,i=4096               Exchange::begin, challenge
//! client   c=biws,r=NONCE+OURS,p=PROOF              Exchange::finish
//! server   v=SIGNATURE
//! ```
//!
//! Without channel binding: the connection to the gateway mostly has no TLS.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::hash::hmac_sha256;
use crate::protocol::debug::redacted_debug;

/// What a server keeps of a password: neither it nor a proof of it can be made from this.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Random, for each password its own.
    pub salt: [u8; 16],
    /// How often the hash is repeated.
    pub iterations: u32,
    /// `StoredKey`.
    pub stored: [u8; 32],
    /// `ServerKey`.
    pub server: [u8; 32],
}

/// The least that RFC 7677 (section 4) allows. More would not help: our passwords have 128 random bits, which nobody
/// guesses however fast the hash is.
pub const ITERATIONS: u32 = 4096;

impl ScramKeys {
    /// The keys of a password (RFC 5802, section 3). It is taken as it is: ours are ASCII, on which SASLprep changes
    /// nothing.
    pub fn of(password: &str, salt: [u8; 16], iterations: u32) -> Self {
        let mut salted = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, iterations, &mut salted);
        let client = hmac_sha256(&salted, &[b"Client Key"]);
        Self {
            salt,
            iterations,
            stored: Sha256::digest(client).into(),
            server: hmac_sha256(&salted, &[b"Server Key"]),
        }
    }
}

redacted_debug! { ScramKeys { salt: hidden, iterations, stored: hidden, server: hidden } }

/// The client's first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFirst {
    /// Who logs in.
    pub name: String,
    /// For whom, if the client says it.
    pub for_whom: Option<String>,
    /// Its GS2 header, which it must repeat.
    header: String,
    /// The rest of it.
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Reads it; `None` if it is malformed, asks for channel binding, or for an extension that we do not know.
    pub fn read(text: &str) -> Option<Self> {
        let mut fields = text.splitn(3, ',');
        let (binding, identity, bare) = (fields.next()?, fields.next()?, fields.next()?);
        if !matches!(binding, "n" | "y") {
            return None;
        }
        let for_whom = match identity {
            "" => None,
            named => Some(unescaped(named.strip_prefix("a=")?)?),
        };
        let mut fields = bare.split(',');
        let name = unescaped(fields.next()?.strip_prefix("n=")?)?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        (printable && (1..=LONGEST_NONCE).contains(&nonce.len())).then(|| Self {
            name,
            for_whom,
            header: format!("{binding},{identity},"),
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
        })
    }
}

/// An exchange that waits for the client's proof.
#[derive(Debug, Clone)]
pub struct Exchange {
    keys: ScramKeys,
    header: String,
    nonce: String,
    /// All that was said and signed so far.
    said: String,
}

impl Exchange {
    /// Answers the client's first message; `nonce` is fresh, random and printable without a comma.
    pub fn begin(first: &ClientFirst, keys: ScramKeys, nonce: &str) -> (Self, String) {
        let nonce = format!("{}{nonce}", first.nonce);
        let salt = STANDARD.encode(keys.salt);
        let challenge = format!("r={nonce},s={salt},i={}", keys.iterations);
        let exchange = Self {
            said: format!("{},{challenge}", first.bare),
            header: first.header.clone(),
            nonce,
            keys,
        };
        (exchange, challenge)
    }

    /// What the client's proof is checked with.
    pub fn keys(&self) -> &ScramKeys {
        &self.keys
    }

    /// Checks the client's proof, and proves in turn that we know the password; `None` if it does not hold.
    #[must_use]
    pub fn finish(self, last: &str) -> Option<String> {
        let (without_proof, proof) = last.rsplit_once(",p=")?;
        let mut fields = without_proof.split(',');
        let binding = STANDARD.decode(fields.next()?.strip_prefix("c=")?).ok()?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        if binding != self.header.as_bytes() || nonce != self.nonce {
            return None;
        }
        let said = format!("{},{without_proof}", self.said);
        let signature = hmac_sha256(&self.keys.stored, &[said.as_bytes()]);
        let proof: [u8; 32] = STANDARD.decode(proof).ok()?.try_into().ok()?;
        let mut client = signature;
        client
            .iter_mut()
            .zip(proof)
            .for_each(|(key, byte)| *key ^= byte);
        let stored: [u8; 32] = Sha256::digest(client).into();
        let server = hmac_sha256(&self.keys.server, &[said.as_bytes()]);
        bool::from(stored.ct_eq(&self.keys.stored))
            .then(|| format!("v={}", STANDARD.encode(server)))
    }
}

/// A name in which `,` and `=` are written `=2C` and `=3D`; any other `=` makes it none.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (None, Some(rest)) => ('=', rest),
            (None, None) => return None,
        };
        name.push(sign);
        name.push_str(rest);
    }
    (!name.is_empty()).then_some(name)
}

/// The longest nonce of a client that is taken: our answer must fit into one line.
const LONGEST_NONCE: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// RFC 7677, section 3.
    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const OURS: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SIGNED: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn keys() -> ScramKeys {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        ScramKeys::of("pencil", salt.try_into().unwrap(), 4096)
    }

    fn begun() -> Exchange {
        let first = ClientFirst::read(FIRST).unwrap();
        assert_eq!((first.name.as_str(), &first.for_whom), ("user", &None));
        let (exchange, challenge) = Exchange::begin(&first, keys(), OURS);
        assert_eq!(challenge, CHALLENGE);
        exchange
    }

    #[test]
    fn the_exchange_of_rfc_7677() {
        assert_eq!(begun().finish(LAST), Some(SIGNED.to_owned()));
    }

    #[test]
    fn a_proof_that_does_not_hold_is_refused() {
        for last in [
            "",
            "c=biws",
            &LAST.replace("p=d", "p=e"),
            &LAST.replace("biws", "eSws"),
            &LAST.replace("k0,p", "k1,p"),
            &LAST.replace("VQ=", "V="),
            &LAST.replace("p=dHzb", "p="),
            &LAST.replace(",r=", ",x=y,r="),
        ] {
            assert_eq!(begun().finish(last), None, "{last}");
        }
    }

    #[test]
    fn first_messages_are_read_or_refused() {
        for (text, name) in [
            ("y,,n=phone,r=abc", Some("phone")),
            ("n,a=phone,n=phone,r=abc", Some("phone")),
            ("n,,n=a=2Cb=3Dc,r=abc", Some("a,b=c")),
            ("n,,n=phone,r=abc,x=later", Some("phone")),
            ("p=tls-unique,,n=phone,r=abc", None),
            ("n,,m=x,n=phone,r=abc", None),
            ("n,,n=a=2cb,r=abc", None),
            ("n,,n=,r=abc", None),
            ("n,,n=phone,r=", None),
            ("n,,n=phone", None),
            ("n,phone,n=phone,r=abc", None),
            ("", None),
            (&format!("n,,n=phone,r={}", "a".repeat(101)), None),
        ] {
            let read = ClientFirst::read(text).map(|first| first.name);
            assert_eq!(read.as_deref(), name, "{text}");
        }
    }

    #[test]
    fn keys_do_not_print() {
        assert_eq!(format!("{:?}", keys()), "ScramKeys { iterations: 4096 }");
    }
}
