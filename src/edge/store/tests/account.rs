//! The user's own side: the account, invites, roster texts.

use super::*;
use crate::protocol::link::Token;
use crate::protocol::time::DAY;
use crate::rules::view::Invite;

#[test]
fn the_account_is_kept_whole_and_its_keys_are_made_once() {
    let store = store();
    let no_account = store.read(|tx| tx.account().map_err(other)).unwrap_err();
    assert!(no_account.to_string().contains("iim setup"), "{no_account}");
    transact(&store, |tx| tx.create_account(&account(), "the pickle"));
    assert!(
        store
            .transact(|tx| tx.create_account(&account(), "another"))
            .is_err()
    );
    let mut changed = account();
    changed.restored = true;
    apply(&store, &[Effect::Account(Box::new(changed.clone()))]);
    let found = store.read(|tx| Ok::<_, StoreError>((tx.find_account()?, tx.account_pickle()?)));
    assert_eq!(
        found.unwrap(),
        (Some(changed), Some("the pickle".to_owned().into()))
    );
}

#[test]
fn sealings_are_counted() {
    let store = store();
    assert_eq!(transact(&store, |tx| tx.sealings()), 0);
    assert_eq!(transact(&store, |tx| tx.bump_sealings(3)), 3);
    assert_eq!(transact(&store, |tx| tx.bump_sealings(2)), 5);
    transact(&store, |tx| tx.set_sealings(100));
    assert_eq!(transact(&store, |tx| tx.sealings()), 100);
}

#[test]
fn an_invite_counts_who_used_it() {
    let store = store();
    let mut invite = Invite {
        token: Token([9; 16]),
        made_at: NOW,
        expires_at: NOW + DAY,
        uses: 3,
        used_by: vec![address("zoe")],
    };
    let put = |invite: &Invite| apply(&store, &[Effect::Invite(Box::new(invite.clone()))]);
    let find = |id| transact(&store, |tx| tx.given_out().find(id));
    put(&invite);
    invite.used_by.push(address("bob"));
    put(&invite);
    assert_eq!(
        find(invite.token.id()),
        Some(invite.clone()),
        "in the order of use"
    );
    assert_eq!(find([0; 8]), None);
    assert_eq!(
        transact(&store, |tx| tx.given_out().all()),
        [invite.clone()]
    );
    apply(&store, &[Effect::Revoke(invite.token.id())]);
    assert_eq!(transact(&store, |tx| tx.given_out().all()), []);
}

#[test]
fn the_last_twenty_roster_texts_are_kept() {
    let store = store();
    assert_eq!(transact(&store, |tx| tx.roster().revision()), 0);
    for revision in 1..=25 {
        transact(&store, |tx| {
            tx.roster().put_text(revision, &format!("text {revision}"))
        });
    }
    transact(&store, |tx| {
        assert_eq!(tx.roster().revision()?, 25);
        assert_eq!(tx.roster().text(5)?, None);
        assert_eq!(tx.roster().text(6)?, Some("text 6".into()));
        assert_eq!(tx.roster().text(25)?, Some("text 25".into()));
        Ok(())
    });
}
