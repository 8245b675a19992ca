//! What others do in a group.

use super::*;
use crate::protocol::group::Title;

#[test]
fn who_comes_and_goes_is_shown() {
    let mut world = climbing();
    world.attach(1, "me", "extended-join away-notify");
    world.climbing().members.push(member("@carol"));
    world.news(Some("bob"), GroupNews::Added(who("carol")));
    assert_eq!(
        world.got(1),
        [
            ":carol!carol@example.net JOIN #climbing * :Mr carol",
            ":carol!carol@example.net AWAY :at lunch",
            ":iim.local MODE #climbing +o carol",
        ]
    );
    world.climbing().members.push(member("mallory"));
    world.news(Some("bob"), GroupNews::Added(who("mallory")));
    assert_eq!(
        world.got(1),
        [":mallory!mallory@example.net JOIN #climbing * :mallory"]
    );
    world.climbing().members[2].is_in = false;
    world.news(Some("eve"), GroupNews::Left(who("eve")));
    assert_eq!(
        world.got(1),
        [format!(":{EVE} PART #climbing :left the group")]
    );
    world.climbing().members[4].is_in = false;
    world.news(Some("bob"), GroupNews::Removed(who("mallory")));
    assert_eq!(
        world.got(1),
        [":bob!bob@example.net KICK #climbing mallory :put out of the group"]
    );
    // Once.
    world.news(Some("bob"), GroupNews::Removed(who("mallory")));
    world.event(Event::Groups);
    assert_eq!(world.got(1), [""; 0]);
}

#[test]
fn admins_and_titles_are_shown_with_who_did_it() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.climbing().members[2].admin = true;
    world.news(Some("bob"), GroupNews::Admin(Some(who("eve")), true));
    assert_eq!(world.got(1), [":bob!bob@example.net MODE #climbing +o eve"]);
    world.climbing().admin = false;
    world.news(Some("bob"), GroupNews::Admin(None, false));
    assert_eq!(world.got(1), [":bob!bob@example.net MODE #climbing -o me"]);
    let title = Title {
        name: "Boulders".to_owned(),
        topic: "on \u{1b}[31mMondays\r\nQUIT".to_owned(),
    };
    world.climbing().title = title.clone();
    world.news(Some("eve"), GroupNews::Titled(title));
    assert_eq!(
        world.got(1),
        [
            format!(":{EVE} TOPIC #climbing :on Mondays QUIT"),
            ":iim!iim@iim.local NOTICE #climbing :eve calls this group \"Boulders\" now; \
             here it stays #climbing (to change that: group rename)"
                .to_owned(),
        ]
    );
    assert_eq!(
        world.send(1, "TOPIC #climbing")[1],
        ":iim.local 333 me #climbing eve 1795247405"
    );
}

/// Several things of one step are told together; what nobody has told is shown all the same.
#[test]
fn news_may_be_many_late_or_lost() {
    let mut world = climbing();
    world.attach(1, "me", "");
    let members = &mut world.climbing().members;
    members[0].is_in = false;
    members[2].is_in = false;
    let news = |what| News {
        by: Some(who("dave")),
        what,
    };
    let both = vec![
        news(GroupNews::Removed(who("bob"))),
        news(GroupNews::Left(who("eve"))),
    ];
    world.event(Event::Group(id(), both));
    assert_eq!(
        world.got(1),
        [
            ":dave!dave@example.net KICK #climbing bob :put out of the group".to_owned(),
            format!(":{EVE} PART #climbing :left the group"),
        ]
    );
    world.climbing().title.topic = "never".to_owned();
    world.climbing().members[1].admin = true;
    world.event(Event::Groups);
    assert_eq!(
        world.got(1),
        [
            ":iim.local MODE #climbing +o dave",
            ":iim.local TOPIC #climbing :never"
        ]
    );
    // A group of which nothing was told, and one that is gone.
    world.host.groups = vec![group("chess", &["bob"])];
    world.event(Event::Groups);
    let got = world.got(1);
    let part = ":me!me@iim.local PART #climbing :out of the group".to_owned();
    assert!(got.contains(&part), "{got:?}");
    assert!(
        got.contains(&":me!me@iim.local JOIN #chess".to_owned()),
        "{got:?}"
    );
}
