//! The vectors of a group's book: acts as they come, one by one, and the roster they make.

use iim::edge::seal;
use iim::protocol::codec::group;
use iim::protocol::group::{Act, MemberId};
use iim::protocol::letter::{PublicKey, Signature};
use iim::rules::group::book::{Book, Refused};
use iim::rules::group::roster::{Member, Roster};
use serde_json::{Value, json};

use super::check::{Came, same};
use super::file::{Vector, unhex};
use super::render;
use super::render::hex;

pub(crate) fn book(vector: &Vector) -> Came {
    let acts = vector.text().split("\n\n");
    let acts: Vec<_> = acts.map(|lines| unhex(&lines.replace('\n', ""))).collect();
    let (book, refused) = taken(&acts)?;
    same("written again", again(&book), true)?;
    same("taken", book.count(), vector.json("taken"))?;
    same("refused", refused, vector.json("refused"))?;
    same("value", roster(&book.roster()), vector.json("value"))
}

/// Plays the books of a file, a line of JSON each with the members `acts`, `taken`, `refused` and `value`.
pub(crate) fn lines(text: &str) -> Result<usize, String> {
    let mut count = 0;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let acts = line["acts"].as_array().unwrap().iter();
        let acts: Vec<_> = acts.map(|act| unhex(act.as_str().unwrap())).collect();
        let (book, refused) = taken(&acts)?;
        let came =
            json!({ "taken": book.count(), "refused": refused, "value": roster(&book.roster()) });
        for member in ["taken", "refused", "value"] {
            let what = format!("{member} of book {count}");
            same(&what, came[member].clone(), line[member].clone())?;
        }
        count += 1;
    }
    Ok(count)
}

/// The book of these acts, and for each that was refused its number, from 0, and why.
fn taken(acts: &[Vec<u8>]) -> Result<(Book, Value), String> {
    let (founding, others) = acts.split_first().unwrap();
    let founding = group::decode_act(founding).map_err(|e| render::codec_error(&e).to_owned())?;
    let mut book = Book::found(founding, &verify).map_err(|why| word(why).to_owned())?;
    let (mut waiting, mut refused) = (Vec::new(), Vec::new());
    for (number, act) in (1_u64..).zip(others) {
        match group::decode_act(act) {
            Ok(act) => waiting.push((number, act)),
            Err(error) => refused.push((number, render::codec_error(&error))),
        }
        while take_one(&mut book, &mut waiting, &mut refused) || take_together(&mut book, &waiting)
        {
        }
    }
    for (number, act) in waiting {
        let left = book.take(vec![act], &verify);
        refused.extend(left.iter().map(|(_, why)| (number, word(*why))));
    }
    refused.sort_unstable();
    Ok((book, json!(refused)))
}

/// Whether one of those that wait has come into the book.
fn take_one(
    book: &mut Book,
    waiting: &mut Vec<(u64, Act)>,
    refused: &mut Vec<(u64, &str)>,
) -> bool {
    let before = book.count();
    waiting.retain(
        |(number, act)| match book.take(vec![act.clone()], &verify).pop() {
            None => false,
            Some((_, Refused::Waits | Refused::Surplus | Refused::Full)) => true,
            Some((_, why)) => {
                refused.push((*number, word(why)));
                false
            }
        },
    );
    book.count() > before
}

/// Whether some have come into the book that are too many, but for others that build on them.
fn take_together(book: &mut Book, waiting: &[(u64, Act)]) -> bool {
    let before = book.count();
    let acts = waiting.iter().map(|(_, act)| act.clone()).collect();
    book.take(acts, &verify);
    book.count() > before
}

fn verify(key: PublicKey, bytes: &[u8], signature: &Signature) -> bool {
    seal::verify(&key, bytes, signature)
}

const fn word(why: Refused) -> &'static str {
    match why {
        Refused::Waits => "waits",
        Refused::Forged => "forged",
        Refused::Foreign => "foreign",
        Refused::Misplaced => "misplaced",
        Refused::Surplus => "surplus",
        Refused::Idle => "idle",
        Refused::Enough => "enough",
        Refused::Full => "full",
    }
}

/// Whether every act is read again as it is written.
fn again(book: &Book) -> bool {
    let acts = book.lacking(&[]);
    let is_same = |act: &&Act| group::decode_act(&group::encode_act(act)).as_ref() == Ok(*act);
    acts.iter().all(is_same)
}

fn roster(roster: &Roster) -> Value {
    let mut ranks: Vec<_> = roster.members.values().filter_map(|it| it.rank).collect();
    ranks.sort_unstable();
    let admin = |member: &Member| {
        let place = ranks.iter().position(|rank| member.rank == Some(*rank));
        place.map(|at| at + 1)
    };
    let member = |(who, member): (&MemberId, &Member)| {
        let person = &member.entry.value;
        json!({
            "mid": hex(&who.0),
            "address": person.address.to_string(),
            "name": person.name,
            "ed25519": hex(&person.keys.ed25519.0),
            "admin": admin(member),
        })
    };
    let title = roster.title.as_ref().unwrap();
    json!({
        "members": roster.members.iter().map(member).collect::<Vec<_>>(),
        "name": title.name,
        "topic": title.topic,
        "rooms": roster.rooms.iter().map(render::network).collect::<Vec<_>>(),
    })
}
