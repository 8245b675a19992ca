//! Mails that no honest program makes, under keys and in sessions that their maker rightly has: worthless keys, keys of
//! other people, letters with whatever they like beside them, reports on many mails.

use hmac::{Hmac, KeyInit as _, Mac as _};
use iim::edge::mail::OutMail;
use iim::edge::seal::{Keyring, Ratchet};
use iim::edge::store::{Peer, SessionRow, Store, StoreError, Transport};
use iim::protocol::codec::{accept_signed_bytes, decode, encode, request_signed_bytes};
use iim::protocol::letter::{
    Accept, Body, Keys, Letter, LetterId, OneTimeKeys, PublicKey, Request, Signature, empty,
};
use iim::protocol::mail_form::{Envelope, write_request, write_sealed};
use iim::protocol::part::{Open, Part, Sealed};
use iim::protocol::time::Millis;
use iim::protocol::{mail_form, padding};
use iim::rules::decision::Rng as _;
use sha2::Sha256;

use crate::chance::SharedRng;
use crate::post::Parcel;
use crate::world::World;

/// Points of low order on Curve25519, and other bytes that stand for them: whatever is agreed with them is known to
/// all (RFC 7748, section 6.1).
const WORTHLESS: [PublicKey; 6] = [
    PublicKey([0; 32]),
    PublicKey(first([1, 0], 0, 0)),
    PublicKey(ORDER_8),
    PublicKey(first([0xec, 0xff], 0xff, 0x7f)),
    PublicKey(first([0xed, 0xff], 0xff, 0x7f)),
    PublicKey(first([0xee, 0xff], 0xff, 0x7f)),
];

const ORDER_8: [u8; 32] = [
    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
];

const fn first(two: [u8; 2], middle: u8, last: u8) -> [u8; 32] {
    let mut all = [middle; 32];
    all[0] = two[0];
    all[1] = two[1];
    all[31] = last;
    all
}

/// A request as somebody wants it to look.
pub(crate) struct Asking {
    pub(crate) id: LetterId,
    pub(crate) keys: Keys,
    pub(crate) one_time_keys: OneTimeKeys,
    /// In ms.
    pub(crate) sent: u64,
}

impl World {
    pub(crate) fn worthless(&mut self) -> PublicKey {
        *self.chance.pick(&WORTHLESS).unwrap()
    }

    pub(crate) fn made_up_id(&mut self) -> LetterId {
        let mut id = [0; 16];
        SharedRng::new(self.chance.branch()).fill(&mut id);
        LetterId(id)
    }

    /// An empty letter of now, as whoever has a session seals it.
    pub(crate) fn letter(&mut self, body: Body) -> Letter {
        Letter {
            id: self.made_up_id(),
            sent: Millis(self.now),
            body,
            holds: Some(0),
            presence: None,
            one_time_keys: None,
            irc: None,
        }
    }

    /// What somebody's own database says, and may be made to say, with no program of theirs.
    pub(crate) fn with_store<T>(&mut self, who: usize, act: impl FnOnce(&Store) -> T) -> T {
        let disk = &mut self.people[who].disk;
        let store = disk.open();
        let done = act(&store);
        self.people[who].disk.put_aside(store);
        done
    }

    pub(crate) fn keyring(&mut self, who: usize) -> Keyring {
        let pickle = self.with_store(who, |store| store.read(|account| account.account_pickle()));
        Keyring::from_pickle(&pickle.unwrap().unwrap()).unwrap()
    }

    /// One-time keys of somebody's own, which open what is sealed with them.
    pub(crate) fn fresh_one_time_keys(&mut self, who: usize) -> OneTimeKeys {
        let mut keyring = self.keyring(who);
        let mut make = || Some(keyring.new_one_time_key().unwrap());
        let keys = OneTimeKeys {
            mail: make(),
            irc: make(),
        };
        let pickle = keyring.pickle().unwrap();
        let kept = self.with_store(who, |store| {
            store.transact(|account| account.put_account_pickle(&pickle))
        });
        kept.unwrap();
        keys
    }

    /// A request from somebody's address, signed by these keys.
    pub(crate) fn asking(
        &mut self,
        from: usize,
        to: usize,
        asking: &Asking,
        keyring: &Keyring,
    ) -> Parcel {
        let request = Request {
            from: self.address(from),
            to: self.address(to),
            name: self.people[from].name.to_owned(),
            note: None,
            keys: asking.keys,
            one_time_keys: asking.one_time_keys,
        };
        let letter = Letter {
            id: asking.id,
            sent: Millis(asking.sent),
            holds: None,
            ..self.letter(Body::Request(request.clone()))
        };
        let letter = encode(&letter);
        let signature = keyring.sign(&request_signed_bytes(&letter));
        let part = Part::Open(Open {
            letter,
            signature,
            invite: None,
        });
        self.parcel(from, to, &part, Some(&request))
    }

    pub(crate) fn parcel(
        &mut self,
        from: usize,
        to: usize,
        part: &Part,
        request: Option<&Request>,
    ) -> Parcel {
        let (sender, receiver) = (self.address(from), self.address(to));
        let message_id = format!("{:x}@{}", self.chance.below(u64::MAX), sender.domain());
        let envelope = Envelope {
            from: &sender,
            from_name: "",
            to: &receiver,
            message_id: &message_id,
            date: Millis(self.now).seconds(),
        };
        let mail = match request {
            Some(request) => write_request(&envelope, part, request),
            None => write_sealed(&envelope, part),
        };
        Parcel {
            from: sender,
            to: receiver,
            mail,
            report: false,
        }
    }

    /// A letter sealed in the session by mail that `from` has with `to`; `None` if there is none.
    pub(crate) fn sealed(&mut self, from: usize, to: usize, letter: &Letter) -> Option<Parcel> {
        let address = self.address(to);
        let plaintext = padding::pad(encode(letter));
        let person = self.people[from].find(&address)?;
        let peer = Peer::of(&person, person.keys()?.curve25519);
        let sealed = self.with_store(from, |store| {
            store.transact(|account| {
                let rows = account.sessions().of(&peer, Transport::Mail)?;
                let Some(row) = rows.into_iter().find(|row| !row.retired) else {
                    return Ok::<_, StoreError>(None);
                };
                let mut ratchet = Ratchet::from_pickle(&row.pickle).unwrap();
                let sealed = ratchet.seal(&plaintext).unwrap();
                let pickle = ratchet.pickle().unwrap();
                let row = SessionRow { pickle, ..row };
                account.sessions().put(&peer, Transport::Mail, &row)?;
                Ok(Some(sealed))
            })
        });
        Some(self.parcel(from, to, &Part::Sealed(sealed.unwrap()?), None))
    }

    /// A pre-key message that opens a session by a one-time key of `to` that `from` holds. Its ratchet key is worthless:
    /// it opens, but nobody can seal an answer.
    pub(crate) fn opening(
        &mut self,
        from: usize,
        to: usize,
        transport: Transport,
        letter: &Letter,
    ) -> Option<Sealed> {
        let address = self.address(to);
        let person = self.people[from].find(&address)?;
        let theirs = person.friend()?.theirs;
        let one_time = match transport {
            Transport::Mail => theirs.mail?,
            Transport::Irc => theirs.irc?,
        };
        let key = person.keys()?.curve25519;
        let session = self.keyring(from).open_session(&key, &one_time).ok()?;
        let worthless = self.worthless();
        Some(with_ratchet_key(session, letter, worthless))
    }

    pub(crate) fn opening_by_mail(
        &mut self,
        from: usize,
        to: usize,
        letter: &Letter,
    ) -> Option<Parcel> {
        let sealed = self.opening(from, to, Transport::Mail, letter)?;
        Some(self.parcel(from, to, &Part::Sealed(sealed), None))
    }

    /// A yes of `from` to the last request of `to` that was seen, with these one-time keys in it.
    pub(crate) fn accepting(
        &mut self,
        from: usize,
        to: usize,
        one_time_keys: OneTimeKeys,
    ) -> Option<Parcel> {
        let (id, request) = self.last_request(to, from)?;
        let keyring = self.keyring(from);
        let mut accept = Accept {
            from: self.address(from),
            to: self.address(to),
            request: id,
            keys: keyring.keys(),
            one_time_keys,
            signature: Signature([0; 64]),
        };
        let mut letter = self.letter(empty());
        accept.signature = keyring.sign(&accept_signed_bytes(letter.id, &accept));
        letter.body = Body::Accept(accept);
        let one_time = request.one_time_keys.mail?;
        let mut session = keyring
            .open_session(&request.keys.curve25519, &one_time)
            .ok()?;
        let sealed = session.seal(&padding::pad(encode(&letter))).unwrap();
        Some(self.parcel(from, to, &Part::Sealed(sealed), None))
    }

    fn last_request(&self, from: usize, to: usize) -> Option<(LetterId, Request)> {
        let (from, to) = (self.address(from), self.address(to));
        let mut mails = self.post.archive.iter().rev();
        mails.find_map(|parcel| {
            let right = !parcel.report && (&parcel.from, &parcel.to) == (&from, &to);
            let Part::Open(open) = right.then(|| mail_form::read(&parcel.mail).ok())??.part else {
                return None;
            };
            let letter = decode(&open.letter).ok()?;
            match letter.body {
                Body::Request(request) => Some((letter.id, request)),
                _ => None,
            }
        })
    }

    /// Somebody hands a mail to the mail system past their own program.
    pub(crate) fn slip_in(&mut self, parcel: Option<Parcel>) {
        if let Some(parcel) = parcel {
            self.post.send_off(self.now, parcel);
        }
    }

    /// Hands over what an account would send now, as it is.
    pub(crate) fn slip_in_all(&mut self, mails: Vec<OutMail>) {
        for mail in mails {
            let OutMail { from, to, mail } = mail;
            let report = false;
            self.slip_in(Some(Parcel {
                from,
                to,
                mail,
                report,
            }));
        }
    }
}

/// Seals a letter with another ratchet key than the session's; the authentication code is right for it.
///
/// Of a pre-key message the last field is the message: a version, the ratchet key (tag 10, 32 bytes), what the library
/// wrote, and eight bytes of HMAC-SHA256 over all before.
fn with_ratchet_key(mut session: Ratchet, letter: &Letter, key: PublicKey) -> Sealed {
    let pickle: serde_json::Value = serde_json::from_str(&session.pickle().unwrap()).unwrap();
    let chain = &pickle["sending_ratchet"]["inner"]["symmetric_key_ratchet"]["key"];
    let chain = match chain.is_null() {
        true => &find(&pickle, "symmetric_key_ratchet").unwrap()["key"],
        false => chain,
    };
    let chain: Vec<u8> = serde_json::from_value(chain.clone()).unwrap();
    let mut sealed = session.seal(&padding::pad(encode(letter))).unwrap();
    let bytes = &mut sealed.ciphertext;
    let message = BEFORE_MESSAGE + usize::from(bytes[BEFORE_MESSAGE] >= 0x80) + 1;
    assert_eq!(bytes[message..message + 3], [3, 0x0a, 32], "a message");
    bytes[message + 3..message + 35].copy_from_slice(&key.0);
    let end = bytes.len() - 8;
    let code = hmac(&mac_key(&hmac(&chain, &[1])), &bytes[message..end]);
    bytes[end..].copy_from_slice(&code[..8]);
    sealed
}

/// Version, three keys with tag and length, the tag of the message.
const BEFORE_MESSAGE: usize = 1 + 3 * 34 + 1;

/// The second 32 bytes of HKDF-SHA256 (RFC 5869) with the salt 0 and the info "OLM_KEYS".
fn mac_key(message_key: &[u8; 32]) -> [u8; 32] {
    let whole = hmac(&[0], message_key);
    let first = hmac(&whole, b"OLM_KEYS\x01");
    hmac(&whole, &[&first[..], b"OLM_KEYS\x02"].concat())
}

fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn find<'a>(value: &'a serde_json::Value, name: &str) -> Option<&'a serde_json::Value> {
    match value {
        serde_json::Value::Object(fields) => fields
            .get(name)
            .or_else(|| fields.values().find_map(|value| find(value, name))),
        _ => None,
    }
}

/// A report that says of one mail, so many times, that it failed, and why.
pub(crate) fn long_report(
    about: &Parcel,
    from: &iim::protocol::address::Address,
    why: &str,
    times: usize,
) -> Vec<u8> {
    let Parcel {
        from: sender,
        to,
        mail,
        ..
    } = about;
    let id = crate::post::message_id(mail);
    let status = format!(
        "Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 {why}\r\n\r\n"
    );
    let ids = format!("Message-ID: {id}\r\n").repeat(times.min(15));
    format!(
        "Return-Path: <>\r\nFrom: {from}\r\nTo: {sender}\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\n\r\nIt was not delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.example\r\n\r\n{}--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         From: {sender}\r\nTo: {to}\r\n{ids}\r\n--b--\r\n",
        status.repeat(times)
    )
    .into_bytes()
}
