//! An account moves to another machine, by one file: friends notice nothing but late texts, and never do two places live.

use std::io::{self, Write};

use iim::account::{
    AccountError, Destination, Exported, ImportError, change_code, code_key, come_back, export,
    import, is_moving, mail, new_code,
};
use iim::edge::home::{Home, lock_file};
use iim::edge::seal::archive::{Archive, ArchiveError};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::code::Code;
use iim::protocol::mail_form::By;
use iim::rules::event::Act;
use iim::rules::message::Delivery;
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::refusal::Refusal;

use crate::world::{HOUR, Mailbag, World, address};

/// An archive in memory; it may fail after some bytes, or at its end.
#[derive(Default)]
struct Archived {
    bytes: Vec<u8>,
    room: Option<usize>,
    settled: bool,
    settles_not: bool,
}

impl Write for Archived {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room.is_some_and(|room| self.bytes.len() >= room) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Destination for Archived {
    fn settle(&mut self) -> io::Result<()> {
        self.settled = true;
        match self.settles_not {
            true => Err(io::Error::from(io::ErrorKind::StorageFull)),
            false => Ok(()),
        }
    }
}

fn moved(world: &mut World, name: &str) -> Vec<u8> {
    let mut to = Archived::default();
    export(world.at(name), true, None, &mut to).unwrap();
    assert!(to.settled);
    to.bytes
}

fn take_in(world: &World, archive: &[u8], folder: &str) -> Result<Home, ImportError> {
    let home = world.home(folder);
    let no_key = || -> Result<CodeKey, ImportError> { panic!("it is not sealed") };
    import(&home, world.clock(), Archive::open(archive, true, no_key)?)?;
    Ok(home)
}

/// Somebody's account is from now on that in this home.
fn live_in(world: &mut World, name: &str, home: Home) {
    world.some(name).home = home;
    world.reopen(name);
}

#[track_caller]
fn is_refused<T>(done: Result<T, AccountError>) {
    let moved_out = matches!(done, Err(AccountError::Refused(Refusal::MovedOut(_))));
    assert!(moved_out);
}

#[test]
fn friends_notice_nothing_but_late_texts() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.say("alice", "bob", "before");
    world.exchange();
    let waits = world.say("alice", "bob", "not gone yet");
    let under_way = world.say("bob", "alice", "under way");
    let mails = world.outgoing("bob");
    let secret = world.secret("alice");
    let archive = moved(&mut world, "alice");
    let home = take_in(&world, &archive, "elsewhere").unwrap();
    live_in(&mut world, "alice", home);
    assert_eq!(world.secret("alice"), secret, "until it is rotated");
    for mail in &mails {
        assert!(world.deliver(mail).unwrap().done, "what is under way opens");
    }
    assert_eq!(world.heard("alice", "bob"), ["under way"]);
    world.act("alice", Act::Restored);
    assert_ne!(world.secret("alice"), secret);
    world.exchange();
    world.pass(2 * HOUR);
    assert_eq!(world.text("alice", "bob", waits).state, Delivery::Delivered);
    assert_eq!(
        world.text("bob", "alice", under_way).state,
        Delivery::Delivered
    );
    assert_eq!(world.heard("bob", "alice"), ["before", "not gone yet"]);
    world.see_each_other("alice", "bob");
    world.see_each_other("alice", "carol");
    for (from, to) in [("alice", "bob"), ("bob", "alice"), ("carol", "alice")] {
        let id = world.say(from, to, "on we go");
        world.exchange();
        assert_eq!(world.text(from, to, id).state, Delivery::Delivered);
    }
    world.are_friends("alice", "bob");
}

#[test]
fn where_it_left_nothing_is_decided_sealed_or_taken() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("alice", "bob", "waits");
    world.say("bob", "alice", "comes");
    let mails = world.outgoing("bob");
    let (bob, ids) = (address("bob"), world.ids("alice", "bob"));
    moved(&mut world, "alice");
    let saying = world.saying("alice", "bob", "no");
    is_refused(world.try_act("alice", saying));
    is_refused(world.try_act("alice", Act::Hide(vec![bob.clone()])));
    is_refused(world.try_act("alice", Act::Restored));
    is_refused(world.at("alice").tick());
    is_refused(world.at("alice").hear_mail_by(&mails[0].mail, By::Marker));
    is_refused(world.at("alice").hear_mail_by(&mails[0].mail, By::Hand));
    let mut bag = Mailbag::default();
    let round = Round::without_irc(Announcements::All);
    is_refused(mail::send(world.at("alice"), &mut bag, &round));
    assert!(bag.mails.is_empty());
    // An edit of the file is said not to have been taken.
    let roster = world.some("alice").home.roster();
    let text = std::fs::read_to_string(&roster).unwrap();
    std::fs::write(&roster, text.replace("visible = true", "visible = false")).unwrap();
    assert_eq!(world.at("alice").take_edits().unwrap().len(), 1);
    // What was said is read, and whoever is known is shown.
    assert_eq!(world.at("alice").people().unwrap().len(), 1);
    let texts = world.at("alice").history(Some(ids.conversation), false);
    assert_eq!(texts.unwrap().len(), 1);
    // Nor does it leave once more.
    is_refused(export(
        world.at("alice"),
        true,
        None,
        &mut Archived::default(),
    ));
    // A copy of it can still be laid by, which is an account of its own where it is taken in.
    let mut to = Archived::default();
    export(world.at("alice"), false, None, &mut to).unwrap();
    let home = take_in(&world, &to.bytes, "elsewhere").unwrap();
    live_in(&mut world, "alice", home);
    assert_eq!(world.at("alice").moved_out().unwrap(), None);
}

#[test]
fn an_archive_that_does_not_come_to_be_moves_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    for room in [Some(0), Some(100), Some(200_000), None] {
        let mut to = Archived {
            room,
            settles_not: room.is_none(),
            ..Archived::default()
        };
        let failed: Result<Exported, _> = export(world.at("alice"), true, None, &mut to);
        assert!(matches!(
            failed,
            Err(AccountError::Archive(ArchiveError::Io(_)))
        ));
        assert_eq!(world.at("alice").moved_out().unwrap(), None);
        assert!(!world.at("alice").state().unwrap().restored);
        if room.is_some() {
            assert!(take_in(&world, &to.bytes, "elsewhere").is_err(), "{room:?}");
        }
    }
    let id = world.say("alice", "bob", "here still");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    assert!(!world.home("elsewhere").database().exists());
}

#[test]
fn it_is_taken_back_as_from_a_backup() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let not = come_back(world.at("alice"));
    assert!(matches!(
        not,
        Err(AccountError::Refused(Refusal::NotMovedOut))
    ));
    moved(&mut world, "alice");
    come_back(world.at("alice")).unwrap();
    assert!(world.at("alice").state().unwrap().restored);
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(2 * HOUR);
    let id = world.say("alice", "bob", "back again");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn one_archive_that_is_taken_in_twice_seals_nothing_twice() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let archive = moved(&mut world, "alice");
    let homes = ["one", "other"].map(|folder| take_in(&world, &archive, folder).unwrap());
    for home in homes {
        live_in(&mut world, "alice", home);
        assert!(world.at("alice").state().unwrap().restored);
        let id = world.say("alice", "bob", "waits for a new session");
        assert!(world.outgoing("alice").is_empty());
        world.act("alice", Act::Restored);
        world.exchange();
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
        world.pass(2 * HOUR);
    }
}

#[test]
fn without_a_move_nothing_of_what_is_under_way_opens_and_all_heals() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("alice", "bob", "before");
    world.exchange();
    let id = world.say("bob", "alice", "under way");
    let mails = world.outgoing("bob");
    let mut to = Archived::default();
    let done = export(world.at("alice"), false, None, &mut to).unwrap();
    assert_eq!(done.people, 1);
    let home = take_in(&world, &to.bytes, "elsewhere").unwrap();
    live_in(&mut world, "alice", home);
    assert!(!world.deliver(&mails[0]).unwrap().done);
    world.act("alice", Act::Restored);
    world.pass(2 * HOUR);
    world.pass(72 * HOUR);
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    assert_eq!(world.heard("alice", "bob"), ["under way"]);
}

#[test]
fn two_accounts_never_become_one() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let archive = moved(&mut world, "alice");
    assert!(matches!(
        take_in(&world, &archive, "bob"),
        Err(ImportError::There(_))
    ));
    let home = world.home("elsewhere");
    home.create().unwrap();
    std::fs::write(home.config(), "address = \"zoe@example.org\"\n").unwrap();
    let refused = take_in(&world, &archive, "elsewhere");
    assert!(matches!(refused, Err(ImportError::OtherConfig(_))));
    assert!(!home.database().exists());
    // One that was cut short is done again.
    std::fs::copy(world.some("alice").home.config(), home.config()).unwrap();
    std::fs::write(home.data().join(".copy.db"), "half of it").unwrap();
    take_in(&world, &archive, "elsewhere").unwrap();
    assert!(!home.data().join(".copy.db").exists());
}

fn another_code(world: &mut World) -> Code {
    let before = code_key(world.at("alice")).unwrap();
    let (code, key) = new_code(world.at("alice"));
    assert!(change_code(world.at("alice"), before.as_ref(), Some(&key)).unwrap());
    code
}

#[test]
fn a_code_seals_until_there_is_another() {
    let mut world = World::of_friends(&["alice", "bob"]);
    assert!(code_key(world.at("alice")).unwrap().is_none());
    let code = another_code(&mut world);
    let typed = Code::read(&code.shown().to_uppercase()).unwrap();
    let sealed = |world: &mut World| {
        let key = code_key(world.at("alice")).unwrap();
        let mut to = Archived::default();
        export(world.at("alice"), false, key.as_ref(), &mut to).unwrap();
        to.bytes
    };
    let open = |world: &World, archive: &[u8], code: &Code, folder: &str| {
        let key = || Ok::<_, ImportError>(CodeKey::of(code));
        let archive = Archive::open(archive, false, key)?;
        import(&world.home(folder), world.clock(), archive).map(drop)
    };
    let archive = sealed(&mut world);
    let shown = String::from_utf8_lossy(&archive).into_owned();
    assert!(!shown.contains("example.org") && !shown.contains("SQLite"));
    open(&world, &archive, &typed, "one").unwrap();
    let other = another_code(&mut world);
    let newer = sealed(&mut world);
    let fault = open(&world, &newer, &typed, "two");
    assert!(matches!(
        fault,
        Err(ImportError::Archive(ArchiveError::Sealed))
    ));
    open(&world, &newer, &other, "two").unwrap();
    open(&world, &archive, &code, "three").unwrap();
}

#[test]
fn one_program_alone_takes_an_account_out_in_or_back() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let archive = moved(&mut world, "alice");
    let home = world.some("alice").home.clone();
    let busy = lock_file(&home.moving_lock()).unwrap().unwrap();
    assert!(is_moving(&home));
    let back = come_back(world.at("alice"));
    assert!(matches!(back, Err(AccountError::Moving)));
    let copy = export(world.at("alice"), false, None, &mut Archived::default());
    assert!(matches!(copy, Err(AccountError::Moving)));
    drop(busy);
    assert!(!is_moving(&home));
    let new = world.home("elsewhere");
    new.create().unwrap();
    let busy = lock_file(&new.moving_lock()).unwrap().unwrap();
    let taken = take_in(&world, &archive, "elsewhere");
    assert!(matches!(
        taken,
        Err(ImportError::Account(AccountError::Moving))
    ));
    assert!(!new.database().exists());
    drop(busy);
    take_in(&world, &archive, "elsewhere").unwrap();
    come_back(world.at("alice")).unwrap();
}

#[test]
fn what_lies_where_it_arrives_changes_nobody() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let archive = moved(&mut world, "alice");
    let home = world.home("elsewhere");
    home.create().unwrap();
    let roster = std::fs::read_to_string(world.some("alice").home.roster()).unwrap();
    let other = roster.replace("visible = true", "visible = false");
    assert_ne!(other, roster);
    std::fs::write(home.roster(), &other).unwrap();
    take_in(&world, &archive, "elsewhere").unwrap();
    live_in(&mut world, "alice", home.clone());
    assert!(world.person("alice", "bob").visible);
    let kept = home.roster().with_file_name("roster.toml.before-import");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), other);
}

#[test]
fn what_is_not_sealed_is_taken_where_it_is_asked_for_alone() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let archive = moved(&mut world, "alice");
    let no_key = || -> Result<CodeKey, ArchiveError> { panic!("it is not sealed") };
    let opened = Archive::open(&archive[..], false, no_key);
    assert!(matches!(opened, Err(ArchiveError::Plain)));
    // Its parts must be of one account, whatever its sum says.
    let mut opened = Archive::open(&archive[..], true, no_key).unwrap();
    opened.head.address = address("bob");
    let taken = import(&world.home("elsewhere"), world.clock(), opened);
    assert!(matches!(
        taken,
        Err(ImportError::Archive(ArchiveError::Damaged))
    ));
    assert!(!world.home("elsewhere").database().exists());
}
