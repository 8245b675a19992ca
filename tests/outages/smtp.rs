//! The mail system is down for an hour: texts wait, `iim status` says why, and all arrives, once.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::eyes;
use super::post_server::PostServer;
use super::world::{World, figures};
use crate::support::process::{is_root, try_until};

/// Bob's agent does not run, so that all goes by mail.
fn world() -> (World, PostServer) {
    let mut world = World::quiet(&[]);
    let server = PostServer::start(&world.land, &world.place);
    server.serve(
        &world.alice.account,
        &world.post.sendmail,
        server.host.address(),
    );
    world.alice.wake();
    (world, server)
}

/// What an hour without the mail system is, by alice's clock: in steps, so that every timer has its turn.
fn an_hour(world: &World) {
    for _ in 0..60 {
        world.alice.hand.turn(60);
        sleep(Duration::from_millis(250));
    }
}

/// Nobody listens where the mail system was. Tries grow rarer; `iim flush` needs no patience.
#[test]
fn smtp_refused_for_an_hour() {
    if !is_root("smtp_refused_for_an_hour") {
        return;
    }
    let (mut world, mut server) = world();
    world.alice.say("bob", "before");
    world
        .alice
        .until_delivered("bob", "before", Some("mail"), 30);
    server.kill();
    for number in 0..3 {
        world
            .alice
            .say("bob", &format!("while it is down {number}"));
    }
    let said = Instant::now();
    let why = try_until("`iim status` to say why", 20, || {
        let text = world.alice.account.ok(&["status"]);
        if text.contains("refused") {
            Ok(text)
        } else {
            Err(text)
        }
    });
    let told = said.elapsed().as_secs_f64();
    assert!(why.contains("mail does not leave: "), "{why}");
    let before = world.alice.host.connections();
    an_hour(&world);
    let tries = world.alice.host.connections() - before;
    assert!((3..40).contains(&tries), "{tries} tries in an hour");
    world.alice.agent().assert_alive();
    let texts = world.alice.account.texts("bob");
    let queued = texts
        .iter()
        .filter(|text| text["state"] == "queued")
        .count();
    assert_eq!(queued, 3, "{texts:?}");
    server.start_again();
    let back = Instant::now();
    // The agent may be trying one of them just now, which is then its own.
    try_until("`iim flush` to leave none", 30, || {
        let flushed = world.alice.account.iim(&["flush"]);
        match flushed.text().contains(" 0 letters left") {
            true => Ok(()),
            false => Err(flushed.text() + &flushed.errors()),
        }
    });
    for number in 0..3 {
        world.alice.until_delivered(
            "bob",
            &format!("while it is down {number}"),
            Some("mail"),
            30,
        );
    }
    let all = back.elapsed().as_secs_f64();
    world.assert_all_once();
    let status = world.alice.account.ok(&["status"]);
    assert!(!status.contains("mail does not leave"), "{status}");
    figures(
        "SMTP down for an hour",
        &format!(
            "`iim status` says why after {told:.1} s; {tries} tries in the hour; \
             all texts delivered {all:.1} s after `iim flush`, each once"
        ),
    );
}

/// The mail system's machine swallows everything. Other work goes on, and without `iim flush` the texts leave by
/// themselves.
#[test]
fn smtp_silent_for_an_hour() {
    if !is_root("smtp_silent_for_an_hour") {
        return;
    }
    let (world, server) = world();
    world.alice.say("bob", "before");
    world
        .alice
        .until_delivered("bob", "before", Some("mail"), 30);
    server.host.cut();
    world.alice.say("bob", "into the void");
    let asked = Instant::now();
    world.alice.account.ok(&["friends"]);
    let command = asked.elapsed().as_secs_f64();
    assert!(command < 2.0, "a command takes {command} s");
    try_until("`iim status` to say why", 70, || {
        let text = world.alice.account.ok(&["status"]);
        if text.contains("mail does not leave: ") {
            Ok(())
        } else {
            Err(text)
        }
    });
    let told = asked.elapsed().as_secs_f64();
    an_hour(&world);
    server.host.mend();
    let mut waited = 0;
    try_until("the text to leave by itself", 90, || {
        let texts = world.alice.account.texts("bob");
        if texts[1]["state"] == "delivered" {
            return Ok(());
        }
        if waited < 3600 {
            world.alice.hand.turn(60);
            waited += 60;
        }
        Err(format!("after {waited} s: {texts:?}"))
    });
    world.assert_all_once();
    figures(
        "SMTP silent for an hour",
        &format!(
            "`iim status` says why after {told:.0} s; a command takes {command:.2} s meanwhile; \
             without `iim flush` the text leaves within {} min",
            waited / 60
        ),
    );
}

/// Texts over IRC are not held up by a mail system that hangs.
#[test]
fn smtp_silent_and_irc_goes_on() {
    if !is_root("smtp_silent_and_irc_goes_on") {
        return;
    }
    let mut world = World::quiet(&[super::servers::Kind::Inspircd]);
    let server = PostServer::start(&world.land, &world.place);
    server.serve(
        &world.alice.account,
        &world.post.sendmail,
        server.host.address(),
    );
    world.begin();
    server.host.cut();
    // Something for the mail system, which hangs.
    world.alice.account.ok(&["add", "carol@example.com"]);
    let from = world.bob.now();
    world.alice.say("bob", "over IRC");
    let took = world
        .bob
        .eyes()
        .until(from, "the text", 5, eyes::text("over IRC"));
    world
        .alice
        .until_delivered("bob", "over IRC", Some("irc"), 10);
    let stopped = Instant::now();
    assert!(world.alice.agent().stop(), "ends in order");
    let ended = stopped.elapsed().as_secs_f64();
    assert!(ended < 5.0, "the end takes {ended} s");
    figures(
        "SMTP silent, IRC up",
        &format!("a text takes {took:.2} s over IRC; SIGTERM ends the agent in {ended:.1} s"),
    );
}
