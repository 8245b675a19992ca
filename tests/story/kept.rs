//! All is lost but the mailbox and a sheet of paper: the kept copy gives the account back, and friends notice nothing but late texts.

mod asked;
mod found;
pub(crate) mod leaving;
mod on_its_way;
mod trouble;

use std::fs;

use iim::account::kept::{BackedUp, Search, When, back_up, is_due, is_old, recover};
use iim::account::{AccountError, ImportError, change_code, code_key, new_code};
use iim::edge::home::{Home, lock_file};
use iim::edge::mail::OutMail;
use iim::edge::mail::hook::filter::{Candidate, Verdict};
use iim::edge::mail::stored::Where;
use iim::edge::seal::stream::CodeKey;
use iim::edge::store::Transport;
use iim::protocol::kept::{Kept, TOLD};
use iim::protocol::time::Seconds;
use iim::rules::event::Act;
use iim::rules::message::Delivery;
use iim::rules::queue::route::Handed;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, address};

pub(crate) fn code(world: &mut World, name: &str) -> CodeKey {
    let before = code_key(world.at(name)).unwrap();
    let (_, key) = new_code(world.at(name));
    assert!(change_code(world.at(name), before.as_ref(), Some(&key)).unwrap());
    key
}

/// The mail that somebody sends to themselves.
pub(crate) fn copy_of(world: &mut World, name: &str, key: &CodeKey) -> OutMail {
    let mut bag = Mailbag::default();
    let done = back_up(world.at(name), key, When::Due, &mut bag).unwrap();
    assert!(done.is_some() && bag.mails.len() == 1);
    let mail = bag.mails.pop().unwrap();
    assert_eq!((&mail.from, &mail.to), (&address(name), &address(name)));
    mail
}

/// Later than anything here.
const NOW: Seconds = Seconds(4_000_000_000);

pub(crate) fn found<'m>(mails: impl IntoIterator<Item = &'m [u8]>, key: &CodeKey) -> Option<Kept> {
    let mut search = Search::new(key, NOW);
    for mail in mails {
        search.look(mail, Where::Mailbox);
    }
    search.found()
}

pub(crate) fn recovered(
    world: &World,
    key: &CodeKey,
    kept: &Kept,
    folder: &str,
) -> Result<Home, ImportError> {
    let home = world.home(folder);
    recover(&home, world.clock(), key, kept).map(|_| home)
}

/// Somebody loses all they had, and lives on with this copy.
pub(crate) fn lose_all(world: &mut World, name: &str, key: &CodeKey, mail: &OutMail) {
    let kept = found([mail.mail.as_slice()], key).unwrap();
    let home = recovered(world, key, &kept, "recovered").unwrap();
    world.some(name).home = home;
    world.reopen(name);
    assert!(world.at(name).state().unwrap().restored);
}

#[test]
fn friends_notice_nothing_but_late_texts() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.act("alice", Act::Note(address("bob"), "sings".to_owned()));
    let keys = world.keys("alice");
    let bobs = world.keys("bob");
    world.act("alice", Act::Verify(address("bob"), bobs));
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    world.say("alice", "bob", "before");
    world.exchange();
    let (secret, epoch) = (
        world.secret("alice"),
        world.at("alice").state().unwrap().epoch,
    );
    let lost = world.say("bob", "alice", "under way");
    let under_way = world.outgoing("bob");
    lose_all(&mut world, "alice", &key, &mail);
    assert_eq!(world.keys("alice"), keys, "the same person");
    let bob = world.person("alice", "bob");
    assert!(bob.verified && bob.visible && bob.note == "sings");
    assert!(
        !world.deliver(&under_way[0]).unwrap().done,
        "no key of before opens it"
    );
    let waits = world.say("alice", "bob", "here I am");
    assert!(world.outgoing("alice").is_empty(), "nothing is sealed yet");
    world.act("alice", Act::Restored);
    assert!(world.secret("alice") != secret && world.at("alice").state().unwrap().epoch > epoch);
    world.exchange();
    world.pass(2 * HOUR);
    world.pass(72 * HOUR);
    assert_eq!(world.text("alice", "bob", waits).state, Delivery::Delivered);
    assert_eq!(world.text("bob", "alice", lost).state, Delivery::Delivered);
    assert_eq!(world.heard("alice", "bob"), ["under way"]);
    for name in ["bob", "carol"] {
        world.are_friends("alice", name);
        world.see_each_other("alice", name);
        assert!(!world.person(name, "alice").has_new_keys());
    }
    let id = world.say("bob", "alice", "on we go");
    world.exchange();
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    // The paper is good for the next time, too.
    assert!(is_due(world.at("alice"), &key).unwrap());
    copy_of(&mut world, "alice", &key);
}

#[test]
fn a_copy_leaves_only_when_people_have_changed() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let key = code(&mut world, "alice");
    copy_of(&mut world, "alice", &key);
    let nothing = |world: &mut World, key: &CodeKey| {
        let mut bag = Mailbag::default();
        let done = back_up(world.at("alice"), key, When::Due, &mut bag).unwrap();
        assert!(done.is_none() && bag.mails.is_empty());
        assert!(!is_due(world.at("alice"), key).unwrap());
    };
    nothing(&mut world, &key);
    world.say("alice", "bob", "words change nothing");
    world.exchange();
    world.pass(20 * DAY);
    world.act("alice", Act::Rotate { if_older: None });
    world.exchange();
    world.act("bob", Act::Restored);
    world.pass(2 * HOUR);
    nothing(&mut world, &key);
    world.act("alice", Act::Hide(vec![address("bob")]));
    copy_of(&mut world, "alice", &key);
    world.act("alice", Act::Remove(vec![address("carol")]));
    copy_of(&mut world, "alice", &key);
    nothing(&mut world, &key);
    let other = code(&mut world, "alice");
    copy_of(&mut world, "alice", &other);
    nothing(&mut world, &other);
}

#[test]
fn of_two_who_make_a_code_at_once_one_makes_none() {
    let mut world = World::of(&["alice"]);
    let keys = [(); 4].map(|()| new_code(world.at("alice")).1);
    let [first, late, second, third] = &keys;
    let mut change = |before, key| change_code(world.at("alice"), before, Some(key)).unwrap();
    assert!(change(None, first));
    assert!(!change(None, late), "there is one");
    // The same where both make another one.
    assert!(change(Some(first), second));
    assert!(!change(Some(first), late));
    assert!(change(Some(second), third));
    let there = code_key(world.at("alice")).unwrap().unwrap();
    assert_eq!(there.pickle(), third.pickle());
}

#[test]
fn a_copy_that_was_not_taken_leaves_the_next_time() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    for answer in [
        Handed::Later("full".to_owned()),
        Handed::Refused("no".to_owned()),
        Handed::Unseen("broken".to_owned()),
        Handed::Unsent,
    ] {
        let mut bag = Mailbag {
            answer: Some(answer.clone()),
            ..Mailbag::default()
        };
        let failed: Result<Option<BackedUp>, _> =
            back_up(world.at("alice"), &key, When::Due, &mut bag);
        assert!(matches!(failed, Err(AccountError::Mail(_))), "{answer:?}");
        assert!(is_due(world.at("alice"), &key).unwrap());
    }
    copy_of(&mut world, "alice", &key);
}

#[test]
fn a_copy_is_one_of_the_days_mails() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[mail]\nper_day = 4\n");
    let key = code(&mut world, "bob");
    for n in 0..4 {
        world.act("bob", Act::Block(vec![address(&format!("stranger{n}"))]));
        copy_of(&mut world, "bob", &key);
    }
    world.act("bob", Act::Block(vec![address("mallory")]));
    let mut bag = Mailbag::default();
    let refused = back_up(world.at("bob"), &key, When::Due, &mut bag);
    assert!(matches!(refused, Err(AccountError::Mail(_))) && bag.mails.is_empty());
    world.wait(DAY);
    copy_of(&mut world, "bob", &key);
}

#[test]
fn it_lies_where_it_came_and_is_counted_nowhere() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    for name in ["alice", "bob"] {
        let arrived = world.hear(name, &mail.mail);
        assert!(!arrived.done && arrived.notices.is_empty(), "{name}");
        let candidate = Candidate::of(&mail.mail).unwrap();
        let heard = iim::account::hear_candidate(world.at(name), &candidate).unwrap();
        assert_eq!(heard.0, Verdict::Left("a kept copy".to_owned()));
        let unread = world
            .at(name)
            .look(|tx| Ok(tx.dedup().unread_mails(Seconds(0))?))
            .unwrap();
        assert_eq!(unread.count, 0, "{name}");
        assert!(world.outgoing(name).is_empty(), "no answer");
    }
}

#[test]
fn of_an_old_copy_nobody_sees_us() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    for (case, later, old) in [
        ("six days", 6 * DAY, false),
        ("a week", DAY, true),
        ("a month", 23 * DAY, true),
    ] {
        world.pass(later);
        assert_eq!(is_old(&kept, world.clock().now()), old, "{case}");
    }
    for (made, old) in [(DAY, false), (DAY + 1, true)] {
        let mut ahead = kept.clone();
        ahead.made = Seconds(world.clock().now().0 + made);
        assert_eq!(
            is_old(&ahead, world.clock().now()),
            old,
            "from the future: {made}"
        );
    }
    // Hidden from bob since, which this copy does not know.
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.exchange();
    let before = world.held("carol", "alice");
    lose_all(&mut world, "alice", &key, &mail);
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(2 * HOUR);
    assert_ne!(
        world.held("carol", "alice"),
        before,
        "where we were they look no more"
    );
    let secret = world.secret("alice");
    for name in ["bob", "carol"] {
        assert!(!world.person("alice", name).visible);
        assert_ne!(world.held(name, "alice"), Some(secret), "{name}");
        assert!(world.held(name, "alice").is_some(), "{name} holds a decoy");
        let id = world.say("alice", name, "but we talk");
        world.exchange();
        assert_eq!(world.text("alice", name, id).state, Delivery::Delivered);
    }
    world.act("alice", Act::Show(vec![address("carol")]));
    world.pass(10 * MINUTE);
    let secret = world.secret("alice");
    assert_eq!(world.held("carol", "alice"), Some(secret));
    assert_ne!(world.held("bob", "alice"), Some(secret));
}

#[test]
fn who_never_saw_us_does_not_now_and_who_was_asked_is_asked() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.settle_in("carol", "carol", "");
    world.settle_in("dave", "dave", "");
    world.act("alice", Act::Block(vec![address("mallory")]));
    world.add("alice", "carol");
    assert_eq!(world.outgoing("alice").len(), 1, "lost");
    world.add("dave", "alice");
    world.exchange();
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    let names: Vec<_> = kept.people.iter().map(|one| one.address.local()).collect();
    assert_eq!(
        names,
        ["bob", "carol", "mallory"],
        "dave asks again by himself"
    );
    assert_eq!(kept.people[0].flags & TOLD, TOLD);
    lose_all(&mut world, "alice", &key, &mail);
    world.act("alice", Act::Restored);
    world.exchange();
    world.accept("carol", "alice");
    world.exchange();
    world.are_friends("alice", "carol");
    assert!(world.person("alice", "mallory").blocked);
    // Once more before the first repeat of dave's.
    world.pass(2 * DAY);
    assert_eq!(world.standing("alice", "dave"), "asking");
}

#[test]
fn it_comes_to_be_where_nothing_is_alone() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    let there = recovered(&world, &key, &kept, "bob");
    assert!(matches!(there, Err(ImportError::There(_))));
    let home = world.home("elsewhere");
    home.create().unwrap();
    fs::write(home.config(), "address = \"zoe@example.org\"\n").unwrap();
    let refused = recovered(&world, &key, &kept, "elsewhere");
    assert!(matches!(refused, Err(ImportError::OtherConfig(_))));
    fs::remove_file(home.config()).unwrap();
    // While another program takes one in.
    let busy = lock_file(&home.moving_lock()).unwrap().unwrap();
    let moving = recovered(&world, &key, &kept, "elsewhere");
    assert!(matches!(
        moving,
        Err(ImportError::Account(AccountError::Moving))
    ));
    assert!(!home.database().exists());
    drop(busy);
    // What was begun is of no use, and done again.
    fs::write(home.data().join(".copy.db"), "half of it").unwrap();
    fs::write(home.data().join(".copy.db-wal"), "and a log").unwrap();
    recovered(&world, &key, &kept, "elsewhere").unwrap();
    let names = fs::read_dir(home.data()).unwrap();
    let names = names.map(|one| one.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains("copy")));
    let again = recovered(&world, &key, &kept, "elsewhere");
    assert!(matches!(again, Err(ImportError::There(_))));
}

#[test]
fn nothing_of_what_was_said_or_how_it_was_sealed_is_in_it() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("alice", "bob", "a word that is nowhere else");
    world.exchange();
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    assert!(!String::from_utf8_lossy(&mail.mail).contains("bob"));
    let secret = world.secret("alice");
    let held = world.held("alice", "bob").unwrap();
    let sessions = world.sessions("alice", "bob", Transport::Mail);
    assert!(!sessions.is_empty());
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    let bytes = iim::protocol::codec::encode_kept(&kept);
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|at| at == needle);
    assert!(has(b"bob@example.net"));
    assert!(!has(&secret.0) && !has(&held.0) && !has(b"a word that is nowhere else"));
    lose_all(&mut world, "alice", &key, &mail);
    assert!(world.sessions("alice", "bob", Transport::Mail).is_empty());
    let pickle = world
        .at("alice")
        .look(|tx| Ok(tx.account_pickle()?))
        .unwrap()
        .unwrap();
    let keys = iim::edge::seal::one_time_keys(&pickle).unwrap();
    assert_eq!(keys, []);
    assert!(world.at("alice").state().unwrap().prekey.is_none());
    assert_ne!(world.secret("alice"), secret);
}
