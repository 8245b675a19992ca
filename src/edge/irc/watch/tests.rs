//! Sets of nicks against servers with MONITOR, with a little of it, and with none.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use super::*;

fn set(nicks: &[&str]) -> BTreeSet<String> {
    nicks.iter().map(|n| (*n).to_owned()).collect()
}

fn watch(monitor: Option<usize>, nicks: &[&str]) -> Watch {
    let mut watch = Watch::new(Duration::from_secs(15));
    watch.offered(monitor);
    only(&mut watch, nicks);
    watch
}

/// Watches these and no others.
fn only(watch: &mut Watch, nicks: &[&str]) {
    let (more, before) = (set(nicks), watch.nicks.values().map(|one| one.name.clone()));
    let less = before.filter(|nick| !more.contains(nick)).collect();
    watch.change(&WatchChange { more, less });
}

fn lines(watch: &mut Watch, now: u64) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = watch.next_line(Duration::from_secs(now)) {
        lines.push(line.trim_end().replace("ISON :", "ISON "));
    }
    lines
}

fn hear(watch: &mut Watch, line: &str) -> Vec<String> {
    let changes = watch.hear(&Line::parse(line).unwrap());
    let shown = |change| {
        if let LinkEvent::Up(nick) = &change {
            return format!("+{nick}");
        }
        if let LinkEvent::Down(nick) = &change {
            return format!("-{nick}");
        }
        format!("{change:?}")
    };
    changes.into_iter().map(shown).collect()
}

#[test]
fn monitor_tells_transitions_once() {
    let mut watch = watch(Some(30), &["Alice", "bob"]);
    assert_eq!(lines(&mut watch, 0), ["MONITOR + alice,bob"]);
    assert_eq!(watch.due(), None);
    assert_eq!(
        hear(&mut watch, ":s 730 me :ALICE!u@h,stranger"),
        ["+Alice"]
    );
    assert_eq!(hear(&mut watch, ":s 731 me :bob"), ["-bob"]);
    assert_eq!(hear(&mut watch, ":s 731 me :bob"), [""; 0]);
    assert_eq!(hear(&mut watch, ":s 731 me :alice"), ["-Alice"]);
    assert_eq!(lines(&mut watch, 100), [""; 0]);
}

#[test]
fn only_differences_are_sent() {
    let mut watch = watch(Some(30), &["a", "b"]);
    lines(&mut watch, 0);
    hear(&mut watch, ":s 730 me :b");
    only(&mut watch, &["b", "c"]);
    assert_eq!(lines(&mut watch, 0), ["MONITOR - a", "MONITOR + c"]);
    assert_eq!(hear(&mut watch, ":s 730 me :a,b"), [""; 0]);
    only(&mut watch, &["c"]);
    only(&mut watch, &["b", "c"]);
    assert_eq!(lines(&mut watch, 0), ["MONITOR - b", "MONITOR + b"]);
    assert_eq!(hear(&mut watch, ":s 730 me :b"), ["+b"]);
}

#[test]
fn what_exceeds_the_limit_is_polled() {
    let mut watch = watch(Some(2), &["a", "b", "c", "d"]);
    assert_eq!(lines(&mut watch, 0), ["MONITOR + a,b", "ISON c d"]);
    only(&mut watch, &["b", "c", "d"]);
    assert_eq!(lines(&mut watch, 1), ["MONITOR - a", "MONITOR + c"]);
}

#[test]
fn a_full_list_is_believed() {
    let mut watch = watch(Some(30), &["a", "b", "c"]);
    assert_eq!(lines(&mut watch, 0), ["MONITOR + a,b,c"]);
    hear(&mut watch, ":s 734 me 1 b,c :Monitor list is full.");
    assert_eq!(lines(&mut watch, 0), ["ISON b c"]);
    only(&mut watch, &["b", "c"]);
    assert_eq!(lines(&mut watch, 1), ["MONITOR - a", "MONITOR + b"]);
}

#[test]
fn a_server_that_does_not_know_monitor_is_polled() {
    let mut watch = watch(Some(30), &["a", "b"]);
    lines(&mut watch, 0);
    hear(&mut watch, ":s 421 me MONITOR :Unknown command");
    assert_eq!(lines(&mut watch, 0), ["ISON a b"]);
}

#[test]
fn ison_polls_in_rounds() {
    let mut watch = watch(None, &["Alice", "bob"]);
    assert_eq!(lines(&mut watch, 0), ["ISON alice bob"]);
    assert_eq!(lines(&mut watch, 20), [""; 0], "unanswered");
    assert_eq!(hear(&mut watch, ":s 303 me :ALICE "), ["+Alice", "-bob"]);
    assert_eq!(lines(&mut watch, 20), ["ISON alice bob"]);
    assert_eq!(hear(&mut watch, ":s 303 me :bob"), ["-Alice", "+bob"]);
    assert_eq!(hear(&mut watch, ":s 303 me :"), [""; 0], "nobody asked");
    assert_eq!(lines(&mut watch, 34), [""; 0]);
    assert_eq!(watch.due(), Some(Duration::from_secs(35)));
    assert_eq!(lines(&mut watch, 35), ["ISON alice bob"]);
    assert_eq!(lines(&mut watch, 95), ["ISON alice bob"], "after no answer");
}

#[test]
fn a_new_nick_is_asked_for_at_once() {
    let mut watch = watch(None, &["a"]);
    lines(&mut watch, 0);
    hear(&mut watch, ":s 303 me :");
    only(&mut watch, &["a", "b"]);
    assert_eq!(lines(&mut watch, 1), ["ISON a b"]);
}

#[test]
fn lines_are_short_and_miss_nobody() {
    let nicks: Vec<String> = (0..300).map(|n| format!("n{n:08}")).collect();
    let nicks: Vec<&str> = nicks.iter().map(String::as_str).collect();
    for monitor in [None, Some(1000)] {
        let mut watch = watch(monitor, &nicks);
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            for line in lines(&mut watch, 0) {
                assert!(line.len() < 450, "{line}");
                let text = line.rsplit(' ').next().unwrap();
                let list = if monitor.is_some() {
                    text.split(',')
                } else {
                    line.split(',')
                };
                list.flat_map(|l| l.split(' ')).for_each(|n| {
                    seen.insert(n.to_owned());
                });
                hear(&mut watch, ":s 303 me :");
            }
        }
        assert!(nicks.iter().all(|n| seen.contains(*n)), "{monitor:?}");
    }
}
