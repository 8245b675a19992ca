//! `iim inspect`.

use std::io::Read;

use crate::edge::seal;
use crate::protocol::codec::request_signed_bytes;
use crate::protocol::letter::Request;
use crate::protocol::mail_form::{Answerable, By, DefinedMail, MAX_MAIL, MailError};
use crate::protocol::part::{Open, Part, Sealed};
use crate::protocol::{codec, hex, mail_form};

use super::context::Context;
use super::explain::hinted;
use super::output::{local, local_ms};
use crate::protocol::clean::one_line;
use crate::rules::words::counted;

/// Says what the mail is, who it claims to be from, and whether a signature is valid.
pub(crate) fn run(context: &Context) -> anyhow::Result<()> {
    let mut raw = Vec::new();
    // One byte more than the largest defined mail is enough to see that it is too large.
    let most = (MAX_MAIL as u64).saturating_add(1);
    std::io::stdin().lock().take(most).read_to_end(&mut raw)?;
    let mail = match mail_form::read(&raw) {
        // A person points at it: it may have lost its marker on the way.
        Err(MailError::NoMarker) => {
            mail_form::read_by(&raw, By::Hand).map_err(|_| refused(MailError::NoMarker))?
        }
        read => read.map_err(refused)?,
    };
    for (what, value) in facts(&mail, raw.len()) {
        context.output.line(format!("{what:<12}{value}"))?;
    }
    Ok(())
}

/// The error in words, with what it means for the mail.
fn refused(error: MailError) -> anyhow::Error {
    if error == MailError::NoMarker {
        return error.into();
    }
    let hint = match matches!(error, MailError::Newer(_)) {
        true => "a newer iim can read it; it stays in the mailbox",
        false => "the hook leaves such a mail in the mailbox",
    };
    hinted(error, hint)
}

/// What is said of a mail, a line each.
type Facts = Vec<(&'static str, String)>;

fn facts(mail: &DefinedMail, size: usize) -> Facts {
    let to: Vec<String> = mail.to.iter().map(ToString::to_string).collect();
    let (version, size) = (mail_form::VERSION, bytes(size));
    let what = format!("a defined mail, version {version}, {size}");
    let from = format!("{} (the outside proves nothing)", mail.from);
    let mut facts = vec![("mail", what), ("from", from), ("to", to.join(", "))];
    facts.extend(mail.date.map(|at| ("date", local(at))));
    let id = mail.message_id.as_deref().map(one_line);
    facts.extend(id.map(|id| ("message-id", id)));
    facts.push(("answerable", answered(mail.answerable).to_owned()));
    facts.push(("received", counted(mail.received, "hop")));
    match &mail.part {
        Part::Open(open) => opened(open, &mut facts),
        Part::Sealed(part) => facts.push(("part", sealed(part))),
        Part::Probe(_) => {
            let counts = "counts only with our own token of the last hour";
            facts.push(("part", format!("a loop-back mail of iim doctor: {counts}")));
        }
        Part::Copy(copy) => {
            let size = bytes(copy.sealed.len());
            let what = format!("a kept copy of an account, sealed under a recovery code, {size}");
            facts.push(("part", what));
        }
    }
    facts
}

fn bytes(size: usize) -> String {
    counted(size, "byte")
}

fn answered(answerable: Answerable) -> &'static str {
    match answerable {
        Answerable::Anybody => "yes",
        Answerable::Known => "only to somebody known: a relay or mail system marked it",
        Answerable::Nobody => "no: it runs in circles",
    }
}

fn sealed(sealed: &Sealed) -> String {
    let kind = match sealed.prekey {
        true => "pre-key message, which opens a session",
        false => "ordinary message of a session",
    };
    format!("sealed (Olm: {kind}), {}", bytes(sealed.ciphertext.len()))
}

/// A letter that anybody may read: a request.
fn opened(open: &Open, facts: &mut Facts) {
    let size = bytes(open.letter.len());
    facts.push(("part", format!("open and signed, {size}")));
    match codec::decode(&open.letter) {
        Ok(letter) => {
            facts.push(("id", letter.id.to_string()));
            facts.push(("sent", local_ms(letter.sent)));
            match letter.body.as_request() {
                Some(request) => requested(request, open, facts),
                None => {
                    let what = "no request: nothing else counts when it is not sealed";
                    facts.push(("letter", what.to_owned()));
                }
            }
        }
        Err(error) => facts.push(("letter", format!("cannot be read: {error}"))),
    }
    if let Some(invite) = &open.invite {
        let id = hex::encode(&invite.id);
        facts.push(("invite", format!("carries a proof for the invite {id}")));
    }
}

fn requested(request: &Request, open: &Open, facts: &mut Facts) {
    let signed = request_signed_bytes(&open.letter);
    let signature = match seal::verify(&request.keys.ed25519, &signed, &open.signature) {
        true => "valid: by the key below",
        false => "NOT VALID: the letter was changed, or is forged",
    };
    facts.extend([
        ("letter", "a request for friendship".to_owned()),
        ("asks", format!("{} asks {}", request.from, request.to)),
        ("name", one_line(&request.name)),
        ("note", one_line(request.note.as_deref().unwrap_or(""))),
        ("signature", signature.to_owned()),
        ("fingerprint", request.keys.ed25519.to_string()),
    ]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::edge::seal::Keyring;
    use crate::protocol::address::Address;
    use crate::protocol::letter::{Body, Letter, LetterId, OneTimeKeys, Signature};
    use crate::protocol::mail_form::{Envelope, write_request, write_sealed};
    use crate::protocol::time::{Millis, Seconds};

    fn request(keyring: &Keyring) -> (Request, Open) {
        let request = Request {
            from: Address::parse("alice@example.org").unwrap(),
            to: Address::parse("bob@example.net").unwrap(),
            name: "Alice\u{1b}[31m".to_owned(),
            note: Some("hello\nthere".to_owned()),
            keys: keyring.keys(),
            one_time_keys: OneTimeKeys::default(),
        };
        let body = Body::Request(request.clone());
        let letter = codec::encode(&Letter::bare(LetterId([1; 16]), Millis(1), body));
        let open = Open {
            signature: keyring.sign(&request_signed_bytes(&letter)),
            letter,
            invite: None,
        };
        (request, open)
    }

    fn said(raw: &[u8]) -> String {
        let mail = mail_form::read(raw).unwrap();
        let facts = facts(&mail, raw.len());
        let lines: Vec<String> = facts.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        lines.join("\n")
    }

    #[test]
    fn a_request_is_explained_and_a_forged_one_told() {
        let keyring = Keyring::generate();
        let (request, mut open) = request(&keyring);
        let envelope = Envelope {
            from: &request.from,
            from_name: "Alice",
            to: &request.to,
            message_id: "x@example.org",
            date: Seconds(1_795_244_400),
        };
        let good = said(&write_request(
            &envelope,
            &Part::Open(open.clone()),
            &request,
        ));
        for fact in [
            "asks: alice@example.org asks bob@example.net",
            "name: Alice\n",
            "note: hello there",
            "signature: valid",
        ] {
            assert!(good.contains(fact), "{fact} in {good}");
        }
        open.signature = Signature([0; 64]);
        let bad = said(&write_request(&envelope, &Part::Open(open), &request));
        assert!(bad.contains("NOT VALID"), "{bad}");
        let part = Part::Sealed(Sealed {
            prekey: true,
            ciphertext: vec![0; 200],
        });
        let sealed = said(&write_sealed(&envelope, &part));
        assert!(
            sealed.contains("pre-key message") && sealed.contains("200 bytes"),
            "{sealed}"
        );
    }

    #[test]
    fn an_ordinary_mail_is_refused_in_words() {
        let error = mail_form::read(b"Subject: x\n\nx")
            .map_err(refused)
            .unwrap_err();
        assert!(error.to_string().contains("not a defined mail"), "{error}");
    }
}
