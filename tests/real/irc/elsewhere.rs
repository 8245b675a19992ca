//! A friend on another network: they are not seen, which is said; once it is joined they are, and leaving it ends that.

use super::{World, delivered_by, person, talk_over_irc};
use crate::support::account::Place;
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::Post;
use crate::support::process::{need, try_until};

#[test]
fn a_friend_on_another_network_is_seen_once_it_is_joined() {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let networks = ["here", "there"].map(|name| Network::start(Kind::Ngircd, name));
    let alice = person(&place, &post, &networks[..1], "alice@example.org");
    let hank = person(&place, &post, &networks[1..], "hank@example.net");
    befriend(&post, Way::Procmail, &hank, &alice);
    let people = vec![alice, hank];
    let postman = post.postman(&people.iter().collect::<Vec<_>>());
    let agents = people.iter().map(|p| (p.name.clone(), p.agent())).collect();
    let world = World {
        agents,
        postman,
        people,
        networks: networks.into(),
        post,
        place,
    };
    let (alice, hank) = (world.person("alice"), world.person("hank"));
    let server = format!("127.0.0.1:{}", world.networks[1].port());
    // Not in silence: wherever alice looks.
    let said = format!(
        "hank is on {server} (they call it there), where you are not; it is no server of the internet"
    );
    try_until("alice to hear where hank is", 60, || {
        let away = alice.friend("hank").unwrap()["elsewhere"].clone();
        let expected = serde_json::json!({
            "network": "there", "server": server, "join": null, "perhaps": false,
        });
        if away == expected {
            Ok(())
        } else {
            Err(away.to_string())
        }
    });
    for command in ["friends", "status"] {
        let printed = alice.ok(&[command]);
        assert!(printed.contains(&said), "{command}: {printed}");
    }
    assert_eq!(alice.of_friend("hank", "presence"), "offline");
    let found = alice.iim(&["doctor", "--no-mail"]).text();
    assert!(found.contains(&said), "{found}");
    let status: serde_json::Value = serde_json::from_str(&alice.ok(&["status", "--json"])).unwrap();
    assert_eq!(status["elsewhere"][0]["friend"], "hank@example.net");
    assert_eq!(status["elsewhere"][0]["server"], server);
    alice.ok(&["say", "hank", "by mail"]);
    hank.until_text("alice", "by mail", 60, |text| text["via"] == "mail");
    // Joined, the agent is there at once, and friends are told.
    let joined = alice.ok(&["network", "join", &world.networks[1].url()]);
    assert_eq!(joined, format!("joined there ({server})\n"));
    alice.until_friend("hank", "presence", "online", 90);
    hank.until_friend("alice", "presence", "online", 180);
    assert_eq!(alice.of_friend("hank", "elsewhere"), "");
    talk_over_irc(alice, hank, "there you are");
    talk_over_irc(hank, alice, "and you");
    // Left, it is as before.
    alice.ok(&["network", "leave", "there"]);
    alice.until_friend("hank", "presence", "offline", 60);
    assert!(alice.ok(&["friends"]).contains(&said));
    let texts = alice.texts("hank");
    assert!(texts.iter().any(delivered_by("irc")));
}
