//! Many texts at once: to a client from the store, and from the network.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use super::{CAPS, OLD_CAPS, Scene, fill};
use crate::attached::Attached;
use crate::figure;

const BURST: u32 = 50_000;

/// Texts that were stored while a device was away, and while it is attached.
pub fn from_the_store() {
    let mut scene = Scene::new(100);
    fill(&scene.database(), BURST, "delivered");
    scene.start(&[]);
    thread::sleep(Duration::from_secs(2));
    let before = scene.memory("VmRSS:");
    scene.forget_peak();
    let mut client = scene.attach(0, OLD_CAPS);
    let begun = Instant::now();
    read(&mut client, 0);
    report(&scene, "a device comes back to", begun.elapsed(), before);
}

/// Texts that come over IRC as fast as the agent takes them: each opened, and all committed before they are shown.
pub fn from_the_network() {
    let mut scene = Scene::new(100);
    scene.start(&["-v"]);
    let mut crowd = scene.crowd();
    let (_, mut network) = scene.networks[0].agent();
    let lines: String = (0..NETWORK_BURST).map(|n| crowd.text(&words(n))).collect();
    let mut client = scene.attach(0, CAPS);
    thread::sleep(Duration::from_secs(2));
    let before = scene.memory("VmRSS:");
    scene.forget_peak();
    let commits = scene.commits();
    let begun = Instant::now();
    thread::scope(|threads| {
        threads.spawn(|| network.write_all(lines.as_bytes()).unwrap());
        for n in 0..NETWORK_BURST {
            let expected = words(n);
            client.until(|line| {
                let text = line.contains(" PRIVMSG ");
                assert!(!text || line.ends_with(&expected), "{expected}: {line}");
                text
            });
        }
    });
    let took = begun.elapsed();
    figure(
        &format!("{NETWORK_BURST} sealed texts from the network: texts a second"),
        f64::from(NETWORK_BURST) / took.as_secs_f64(),
        "",
        None,
        true,
    );
    // The last of them are in the log a little later.
    thread::sleep(Duration::from_millis(500));
    let commits = scene.commits() - commits;
    figure(
        "  texts in one commit",
        f64::from(NETWORK_BURST) / commits,
        "",
        None,
        true,
    );
    growth(&scene, before);
}

const NETWORK_BURST: u32 = 5_000;

fn words(n: u32) -> String {
    format!("text {n:06} of many, with sixty bytes as in other measurements")
}

/// All texts of [`fill`] from the `first` on, each once and in order.
fn read(client: &mut Attached, first: u32) {
    for n in first..first + BURST {
        let expected = format!(":text {n} of a long friendship, about sixty bytes");
        client.until(|line| {
            let text = line.contains(" PRIVMSG ");
            assert!(!text || line.ends_with(&expected), "{expected}: {line}");
            text
        });
    }
}

fn report(scene: &Scene, what: &str, took: Duration, before: f64) {
    figure(
        &format!("{what} {BURST} texts: texts a second"),
        f64::from(BURST) / took.as_secs_f64(),
        "",
        Some(10_000.0),
        true,
    );
    growth(scene, before);
}

fn growth(scene: &Scene, before: f64) {
    figure("  memory before", before, " MB", None, false);
    let (peak, after) = (scene.memory("VmHWM:"), scene.memory("VmRSS:"));
    figure(
        "  memory at most, more than before",
        peak - before,
        " MB",
        Some(8.0),
        false,
    );
    figure(
        "  memory after, more than before",
        after - before,
        " MB",
        None,
        false,
    );
}
