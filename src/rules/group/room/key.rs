//! The keys of a group's rooms: made, told, heard, carried on from window to window.

use std::time::Duration;

use super::fit::{best, is_exact, is_fit, is_of_now};
use super::kept::KeptKey;
use crate::protocol::codec::{MAX_ROOM_NETWORKS, encode_room_key_made};
use crate::protocol::group::room::{MAX_WINDOWS, RoomKey, RoomKeyMade, RoomKeyName};
use crate::protocol::group::{ActId, MemberId, Signed};
use crate::protocol::letter::{Network, Secret};
use crate::protocol::time::{DAY, HOUR, MINUTE, Seconds};
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::group::book::Book;
use crate::rules::group::sign::signed;
use crate::rules::group::state::{Group, Member};
use crate::rules::group::{due, roster};
use crate::rules::queue::much_later;
use crate::rules::refusal::Refusal;

/// On which networks a new group has its rooms: of the user's at most two, those first that most of the asked are on.
pub(in crate::rules::group) fn proposed(
    decision: &Decision<'_>,
    who: &[ContactId],
) -> Result<Vec<Network>, Refusal> {
    let mut theirs = Vec::new();
    for contact in who {
        let person = decision.person(*contact)?;
        let held = person
            .as_ref()
            .and_then(|it| it.friend()?.presence.as_ref());
        theirs.extend(held.and_then(|held| held.presence.networks.clone()));
    }
    let shared = |network: &&Network| {
        let on_it = theirs
            .iter()
            .filter(|all| all.iter().any(|other| network.shares_server(other)));
        std::cmp::Reverse(on_it.count())
    };
    let mut networks: Vec<&Network> = decision.settings.rooms.iter().collect();
    networks.sort_by_key(shared);
    Ok(networks
        .into_iter()
        .take(MAX_ROOM_NETWORKS)
        .cloned()
        .collect())
}

/// A key for those who are in now, told to all of them.
pub(in crate::rules::group) fn make(
    decision: &mut Decision<'_>,
    group: &mut Group,
    book: &Book,
) -> Result<(), Refusal> {
    if group.rooms.networks.is_empty() || group.others().next().is_none() || !group.admin {
        return Ok(());
    }
    let now = decision.now();
    let secret = Secret(decision.random());
    let depth = deepest(book, &group.heads);
    let name = name_above(group, depth, decision.random());
    let of = (group.id, group.us, name);
    let value = RoomKeyMade::of(of, group.heads.clone(), &secret, now, MAX_WINDOWS);
    let window = value.first;
    let bytes = encode_room_key_made(&value);
    let made = signed(decision, value, bytes, Signed::<RoomKeyMade>::signed_bytes)?;
    // As whoever hears of it counts them: by its heads, of which there may be more than a key names.
    let Some(roster) = book.roster_at(&made.value.heads) else {
        return Ok(());
    };
    let members: Vec<MemberId> = roster.members.keys().copied().collect();
    keep(
        group,
        KeptKey {
            key: RoomKey {
                made,
                window,
                secret,
            },
            depth,
            members,
        },
        now,
    );
    let others: Vec<MemberId> = group.others().map(|member| member.id).collect();
    for id in others {
        if let Some(member) = group.member_mut(id) {
            member.key_due = true;
        }
        due::by(decision, group, id, now)?;
    }
    settle(now, group);
    Ok(())
}

/// A member tells a key: kept if an admin made it for us, by acts that are here.
pub(in crate::rules::group) fn hear(
    decision: &mut Decision<'_>,
    group: &mut Group,
    from: MemberId,
    key: &RoomKey,
) -> Result<(), Refusal> {
    let is_in = group.member(from).is_some_and(|member| member.is_in);
    if !is_in || !group.is_in() {
        return Ok(());
    }
    let (now, name) = (decision.now(), key.made.value.name);
    if !group.rooms.keys.iter().any(|kept| kept.name() == name) {
        let Some(book) = Book::restored(decision.acts(group.conversation)?) else {
            return Ok(());
        };
        match judged(decision, group, &book, key) {
            Judged::Good(kept) => keep(group, *kept, now),
            Judged::Early => {
                wait(group, from, key);
                return Ok(());
            }
            Judged::Bad => return Ok(()),
        }
        settle(now, group);
    }
    let counts = best(group, now).map(KeptKey::name);
    if let Some(member) = group.member_mut(from) {
        // Whoever tells a key that does not count any more has not heard of the one that does.
        (member.room, member.key_due) = (Some(name), counts.is_some_and(|one| one != name));
    }
    if counts.is_some_and(|one| one != name) {
        due::by(decision, group, from, now.after(GATHERED))?;
    }
    Ok(())
}

/// Acts have come: keys that had waited for them are looked at again.
pub(in crate::rules::group) fn hear_early(
    decision: &mut Decision<'_>,
    group: &mut Group,
) -> Result<(), Refusal> {
    for (from, key) in std::mem::take(&mut group.rooms.early) {
        hear(decision, group, from, &key)?;
    }
    Ok(())
}

fn wait(group: &mut Group, from: MemberId, key: &RoomKey) {
    let early = &mut group.rooms.early;
    early.retain(|(_, known)| known.made != key.made);
    early.push((from, key.clone()));
    let more = early.len().saturating_sub(MOST_KEPT);
    early.drain(..more);
}

/// What becomes of a key.
enum Judged {
    /// It is kept.
    Good(Box<KeptKey>),
    /// It names acts that have not come yet.
    Early,
    Bad,
}

fn judged(decision: &Decision<'_>, group: &Group, book: &Book, key: &RoomKey) -> Judged {
    let made = &key.made.value;
    let now = made.window_at(decision.now());
    if made.group != group.id
        || !is_of_now(made.first, now)
        || key.window > now.saturating_add(1)
        || !made.holds(key.window, &key.secret)
    {
        return Judged::Bad;
    }
    let Some(roster) = book.roster_at(&made.heads) else {
        return Judged::Early;
    };
    let maker = roster.members.get(&made.maker);
    let Some(maker) = maker.filter(|maker: &&roster::Member| maker.rank.is_some()) else {
        return Judged::Bad;
    };
    let by = maker.entry.value.keys.ed25519;
    let said = key.made.signed_bytes();
    let is_signed = decision.signer.verify(by, &said, &key.made.signature);
    let members: Vec<MemberId> = roster.members.keys().copied().collect();
    match is_signed && members.contains(&group.us) {
        true => Judged::Good(Box::new(KeptKey {
            key: key.clone(),
            depth: deepest(book, &made.heads),
            members,
        })),
        false => Judged::Bad,
    }
}

fn deepest(book: &Book, heads: &[ActId]) -> u64 {
    let held = heads.iter().filter(|id| book.holds(**id));
    held.map(|id| book.depth_of(*id)).max().unwrap_or(0)
}

/// A random name, by which a key of heads so deep counts before those of heads as deep that are known.
fn name_above(group: &Group, depth: u64, random: [u8; 8]) -> RoomKeyName {
    let as_deep = group.rooms.keys.iter().filter(|kept| kept.depth == depth);
    let highest = as_deep.map(|kept| u64::from_be_bytes(kept.name().0)).max();
    let drawn = u64::from_be_bytes(random);
    let name = match highest {
        Some(highest) if drawn <= highest => {
            let above = (drawn >> 32).saturating_add(1);
            highest.checked_add(above).unwrap_or(drawn)
        }
        Some(_) | None => drawn,
    };
    RoomKeyName(name.to_be_bytes())
}

/// Keeps a key; of more than a few the worst goes, those first that are not fit.
fn keep(group: &mut Group, kept: KeptKey, now: Seconds) {
    group.rooms.keys.push(kept);
    while group.rooms.keys.len() > MOST_KEPT {
        let worst = group
            .rooms
            .keys
            .iter()
            .enumerate()
            .min_by_key(|(_, kept)| (is_fit(kept, group, now), kept.depth, kept.name()));
        let Some((worst, _)) = worst else { return };
        group.rooms.keys.remove(worst);
    }
}

/// When the user is to make a key, as the group is now.
pub(in crate::rules::group) fn settle(now: Seconds, group: &mut Group) {
    group.rooms.make_at = match wants_one(group, now) {
        true => group.rooms.make_at.or_else(|| Some(turn(group, now))),
        false => None,
    };
}

/// Whether the group has rooms and no key for exactly those who are in, or one that is old; and the user may make one.
fn wants_one(group: &Group, now: Seconds) -> bool {
    if !group.is_in() || !group.admin || group.count() < 2 || group.rooms.networks.is_empty() {
        return false;
    }
    let is_young = |kept: &&KeptKey| {
        let made = &kept.key.made.value;
        made.window_at(now).saturating_sub(made.first) < RENEWED
    };
    let good = best(group, now).filter(|kept| is_exact(kept, group));
    good.filter(is_young).is_none()
}

/// When it is the user's turn: the highest admin's after a minute, the next one's an hour later; once a day.
fn turn(group: &Group, now: Seconds) -> Seconds {
    let ours = group.rooms.rank;
    let above = group
        .others()
        .filter(|member| roster::Rank::is_above(member.rank, ours));
    let hours = u32::try_from(above.count()).unwrap_or(u32::MAX);
    let at = now.after(MINUTE).after(HOUR.saturating_mul(hours));
    match group.rooms.made_at {
        Seconds(0) => at,
        made_at if made_at > now => at,
        made_at => at.max(made_at.after(DAY)),
    }
}

/// Time passes: the key that nobody has made is made, secrets of windows that are over are forgotten.
pub(in crate::rules::group) fn tick(
    decision: &mut Decision<'_>,
    group: &mut Group,
) -> Result<(), Refusal> {
    let now = decision.now();
    let mut keys = std::mem::take(&mut group.rooms.keys);
    keys.retain_mut(|kept| carry_on(kept, now));
    group.rooms.keys = keys;
    settle(now, group);
    // A clock that ran ahead holds nothing up for longer than any turn.
    let is_due = |at: &Seconds| *at <= now || *at > now.after(LATEST);
    if group.rooms.make_at.filter(is_due).is_none() {
        return Ok(());
    }
    if due::is_watched(decision.view, group)? {
        // Whoever hides from somebody in it leaves that to the next; the only admin makes it when nothing tells by it.
        let is_alone = !group.others().any(|member| member.rank.is_some());
        let later = match is_alone {
            true => much_later(decision.rng),
            false => DAY,
        };
        if !is_alone || !std::mem::replace(&mut group.rooms.is_late, true) {
            group.rooms.make_at = Some(now.after(later));
            return Ok(());
        }
    }
    (group.rooms.make_at, group.rooms.is_late) = (None, false);
    group.rooms.made_at = now;
    make_anew(decision, group)
}

/// A key by the book as it is.
pub(in crate::rules::group) fn make_anew(
    decision: &mut Decision<'_>,
    group: &mut Group,
) -> Result<(), Refusal> {
    match Book::restored(decision.acts(group.conversation)?) {
        Some(book) => make(decision, group, &book),
        None => Ok(()),
    }
}

/// The secret of a window that is long over is forgotten for the next; `false`: it was the last.
fn carry_on(kept: &mut KeptKey, now: Seconds) -> bool {
    while kept.forgotten_at() <= now {
        match kept.key.in_window(kept.key.window.saturating_add(1)) {
            Some(next) => kept.key = next,
            None => return false,
        }
    }
    true
}

/// The key that a member is to be told with what is told to them: the one that counts, if it was made for them and they are not
/// known to have it; within a letter that is sealed again, the same.
pub(in crate::rules::group) fn key_for(
    group: &Group,
    member: &Member,
    again: bool,
    now: Seconds,
) -> Option<RoomKey> {
    if !member.is_in || !group.is_in() {
        return None;
    }
    let kept = best(group, now).filter(|kept| kept.members.contains(&member.id))?;
    match member.room == Some(kept.name()) && !again {
        true => None,
        false => kept.now(now),
    }
}

/// A member is told the key that counts with what else is told to them in half a minute.
const GATHERED: Duration = Duration::from_secs(30);
/// Keys that are kept of one group, and that wait.
const MOST_KEPT: usize = 4;
/// After so many days there is to be another key.
const RENEWED: u64 = 30;
/// No turn is later.
const LATEST: Duration = Duration::from_hours(24 + 50);
