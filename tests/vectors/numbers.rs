//! The numbers in section 12 of the specification are those of the program, as far as it shows them.

use iim::protocol::group::room;
use iim::protocol::{codec, dsn, irc_form, mail_form, nick, part};
use iim::rules::announce;
use iim::rules::group::book;
use iim::rules::group::room::pace::{MOST_NICKS, Pace};
use iim::rules::queue::{retry, route};

/// For each row of the tables, by its first cell: numbers that must stand in the second.
fn rows() -> Vec<(&'static str, Vec<u64>)> {
    let bytes = |sizes: &[usize]| sizes.iter().map(|size| *size as u64).collect();
    let (minute, hour) = (60, 3600);
    vec![
        (
            "text / name / note, word to a status, way",
            bytes(&[codec::MAX_TEXT, codec::MAX_NAME, codec::MAX_NOTE]),
        ),
        (
            "letter / open letter / ciphertext",
            bytes(&[codec::MAX_LETTER, part::MAX_OPEN, part::MAX_SEALED]),
        ),
        (
            "edit as it is sent / reason of a retraction / sign of a reaction",
            bytes(&[codec::MAX_NOTE, codec::MAX_EMOJI]),
        ),
        (
            "networks / servers of one / ways / capabilities / ids of a receipt",
            bytes(&[codec::MAX_NETWORKS, codec::MAX_WAYS, codec::MAX_RECEIPT]),
        ),
        (
            "window length",
            vec![
                u64::from(*codec::WINDOW.start()),
                u64::from(*codec::WINDOW.end()),
            ],
        ),
        (
            "members / acts, entries, heads in one letter / letters gathered in one",
            bytes(&[
                codec::MAX_MEMBERS,
                codec::MAX_ACTS_TOLD,
                codec::MAX_PARENTS,
                codec::MAX_GATHERED,
            ]),
        ),
        (
            "act / entry / name / topic",
            bytes(&[
                codec::MAX_ACT,
                codec::MAX_ENTRY,
                codec::MAX_NAME,
                codec::MAX_TOPIC,
            ]),
        ),
        (
            "acts of a book / of one author in it / where the founder lifts the first",
            bytes(&[book::MAX_ACTS]),
        ),
        ("mail / its header section", bytes(&[mail_form::MAX_MAIL])),
        (
            "report / receivers in it / mails of ours it can name / parts it returns that are looked at",
            bytes(&[dsn::MAX_REPORT]),
        ),
        (
            "pieces of a frame / patience",
            bytes(&[irc_form::MAX_PIECES]),
        ),
        ("partial letters", bytes(&[irc_form::MAX_WAITING / 1024])),
        (
            "neighbouring nick counts within / the owner moves within",
            vec![nick::EDGE.as_secs()],
        ),
        (
            "announcements: IRC first, then mail after",
            vec![(announce::JITTER / minute).as_secs()],
        ),
        (
            "untold: due again",
            vec![(retry::untold_pause(1) / hour).as_secs()],
        ),
        (
            "a mail that cannot leave: tried again",
            vec![
                (retry::back_off(1) / minute).as_secs(),
                (retry::back_off(99) / hour).as_secs(),
            ],
        ),
        (
            "all mail refused for our sake: rest",
            vec![
                (route::pause(1) / minute).as_secs(),
                (route::pause(99) / hour).as_secs(),
            ],
        ),
    ]
}

/// The same of rooms.
fn rows_of_rooms() -> Vec<(&'static str, Vec<u64>)> {
    let bytes = |sizes: &[usize]| sizes.iter().map(|size| *size as u64).collect();
    vec![
        (
            "what is signed of a key / its heads / its windows",
            bytes(&[codec::MAX_ROOM_KEY, codec::MAX_PARENTS, room::MAX_WINDOWS]),
        ),
        (
            "networks of a group's rooms / keys that are kept of one group",
            bytes(&[codec::MAX_ROOM_NETWORKS]),
        ),
        (
            "part of a room / session in a `there`",
            bytes(&[codec::MAX_ROOM_PART]),
        ),
        (
            "`there` after somebody came / after the last",
            vec![Pace::BETWEEN_THERES.as_secs()],
        ),
        (
            "`there` anew for who does not acknowledge / at most",
            vec![
                Pace::UNHEARD.as_secs(),
                (Pace::BETWEEN_RENEWALS / 60).as_secs(),
            ],
        ),
        (
            "lines that wait for a `there`: of one nick / in all of a room / for",
            vec![
                Pace::MOST_HELD as u64,
                Pace::MOST_HELD_BYTES as u64 / 1024,
                Pace::HELD.as_secs(),
            ],
        ),
        (
            "parts of one nick that are tried / nicks of one member",
            vec![u64::from(Pace::MOST_TRIALS), MOST_NICKS as u64],
        ),
        (
            "`got` in a room / at most / by mail instead",
            vec![Pace::BETWEEN_GOTS.as_secs()],
        ),
        (
            "comings named in one `got` / numbers waited for before an author's first",
            bytes(&[codec::MAX_MEMBERS]),
        ),
    ]
}

#[test]
fn the_specification_has_the_programs_numbers() {
    let text = std::fs::read_to_string("src/protocol/README.md").unwrap();
    let (_, section) = text.split_once("\n## 12. Numbers\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    for (thing, expected) in rows().into_iter().chain(rows_of_rooms()) {
        let row = section
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {thing} | ")));
        let row = row.unwrap_or_else(|| panic!("no row {thing:?}"));
        let found = numbers(row);
        for number in expected {
            assert!(found.contains(&number), "{number} in {thing:?}: {row}");
        }
    }
}

/// The numbers in a cell, without the commas that part their thousands.
fn numbers(cell: &str) -> Vec<u64> {
    let digits = cell.replace(',', "");
    let numbers = digits.split(|c: char| !c.is_ascii_digit());
    numbers.filter_map(|number| number.parse().ok()).collect()
}
