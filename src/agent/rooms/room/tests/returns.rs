//! Nicks that leave and come back, and sessions that others say are theirs.

use super::*;

fn gone_and_back(one: &mut One, nick: &str, now: Seconds) {
    one.room.gone(nick);
    one.room.came(nick, now, &mut one.rng);
}

#[test]
fn who_comes_back_after_a_split_is_heard_again_but_for_what_was_said_before() {
    let mut all = entered(2);
    play(&mut all, NOW, 60);
    let is_text = |(_, letter): &&(MemberId, Letter)| matches!(letter.body, Body::Said(_));
    let heard = |all: &[One]| all[1].heard.iter().filter(is_text).count();
    let one = &mut all[0];
    let old = one
        .room
        .said_part(&text("old"), &mut one.speaker, later(60));
    pass(&mut all, 0, &old, later(60));
    let before = heard(&all);
    gone_and_back(&mut all[1], "nick0", later(70));
    gone_and_back(&mut all[0], "nick1", later(70));
    assert!(all[1].room.there().is_empty());
    pass(&mut all, 0, &old, later(71));
    assert_eq!(heard(&all), before, "a server plays it again");
    play(&mut all, later(71), 60);
    assert_eq!(all[1].room.there(), others(1, 2), "both have said so again");
    pass(&mut all, 0, &old, later(140));
    assert_eq!(heard(&all), before, "still");
    say(&mut all, 0, &text("new"), later(141));
    assert_eq!(heard(&all), before + 1);
}

#[test]
fn a_session_that_is_played_again_under_its_nick_causes_few_lines() {
    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    pass(&mut all, 0, &part, NOW);
    let mut lines = 0;
    all[0].room.is_in = false;
    for round in 1..200 {
        let now = later(30 * round);
        gone_and_back(&mut all[1], "nick0", now);
        for line in frames(&part.encode(), "tagtag01", 400).unwrap() {
            let one = &mut all[1];
            one.room.heard("nick0", &line, now, &mut one.rng);
        }
        lines += play(&mut all, now, 29);
        assert!(all[1].room.there().is_empty());
    }
    // A hundred minutes: what the session's first coming and sixteen more are worth, and one in ten minutes.
    assert!(lines <= 2 * (17 + 11), "{lines}");
}

#[test]
fn whoever_says_that_anothers_session_is_theirs_keeps_nobody_out() {
    let mut all = entered(3);
    let alices = all[0].speaker.key();
    let before = std::mem::replace(&mut all[2].speaker, Speaker::generate());
    drop(before);
    // The third knows the first's session, and tells it as their own before the first does.
    let (nick, keys) = (all[2].nick.clone(), Arc::clone(&all[2].room.open));
    let mut lie = There {
        status: Status::Online,
        heads: Vec::new(),
        member: keys.us,
        session: alices,
        signature: Signature([0; 64]),
        coming: Coming([7; 8]),
    };
    let said = there_signed_bytes(keys.group, all[2].room.at(&nick), &lie);
    lie.signature = all[2].keys.sign(&said);
    let letter = Letter::bare(LetterId([6; 16]), NOW.millis(), Body::There(lie));
    let sealed = wrap(
        &all[2].room.wrap,
        [1; NONCE],
        &all[2].room.beside(&nick),
        &pad(encode(&letter)),
    );
    pass(&mut all, 2, &RoomPart::There(sealed.unwrap()), NOW);
    assert!(all[1].room.proved.contains_key("nick2"));
    let part = there(&mut all[0], NOW);
    pass(&mut all, 0, &part, NOW);
    assert!(all[1].room.proved.contains_key("nick0"));
}

#[test]
fn who_may_not_speak_here_any_more_is_proved_no_longer() {
    let mut all = entered(3);
    play(&mut all, NOW, 60);
    let mut open = OpenRoom::clone(&all[0].room.open);
    open.members.retain(|(member, ..)| *member != id(1));
    all[0].room.follow(&Arc::new(open));
    assert_eq!(all[0].room.there(), BTreeSet::from([id(2)]));
    let before = all[0].heard.len();
    say(&mut all, 1, &text("still me"), later(61));
    assert_eq!(all[0].heard.len(), before);
}

#[test]
fn who_never_names_our_coming_causes_few_lines_in_a_day() {
    let mut all = entered(10);
    play(&mut all, NOW, 120);
    // One says that they are there, and never a word more; a server says it again and again.
    all[0].room.gone("nick9");
    let part = there(&mut all[9], later(150));
    all[9].room.is_in = false;
    for one in &mut all[..9] {
        gone_and_back(one, "nick9", later(150));
    }
    let mut lines = 0;
    for minute in (3..1_440).step_by(5) {
        pass(&mut all, 9, &part, later(60 * minute));
        lines += play(&mut all, later(60 * minute), 300);
    }
    assert_eq!(all[0].room.there(), (1..9).map(id).collect());
    let each = lines / 9;
    assert!((4..=20).contains(&each), "each of nine: {each}");
}
