//! Networks beside those of the configuration.

use super::*;
use crate::protocol::letter::Network;
use crate::protocol::time::DAY;
use crate::rules::networks::{How, Joined};

fn joined(name: &str, how: How, since: Seconds) -> Joined {
    Joined {
        network: Network {
            name: name.to_owned(),
            servers: vec![
                "irc.example.org:6697".to_owned(),
                "[2001:db8::7]:6667".to_owned(),
            ],
        },
        tls: how == How::Followed,
        how,
        since,
        met: since.after(DAY),
    }
}

#[test]
fn they_are_kept_in_the_order_in_which_they_came() {
    let store = store();
    let first = joined("z", How::Asked, NOW);
    let second = joined("a", How::Followed, NOW.after(DAY));
    let third = joined("m", How::Left, NOW.after(DAY));
    transact(&store, |tx| {
        for one in [&first, &second, &third] {
            tx.joined().put(one)?;
        }
        assert_eq!(
            tx.joined().all()?,
            [first.clone(), second.clone(), third.clone()]
        );
        let left = Joined {
            how: How::Left,
            ..second.clone()
        };
        tx.joined().put(&left)?;
        tx.joined().forget("z")?;
        assert_eq!(tx.joined().all()?, [left, third.clone()]);
        Ok(())
    });
}

#[test]
fn the_agent_hears_that_they_changed() {
    let store = store();
    let one = joined("z", How::Asked, NOW);
    for change in [true, false] {
        let before = store.read(|tx| tx.changes_since(0)).unwrap().last;
        transact(&store, |tx| match change {
            true => tx.joined().put(&one),
            false => tx.joined().forget("z"),
        });
        let after = store.read(|tx| tx.changes_since(before)).unwrap();
        assert!(after.account, "{change}");
    }
}
