//! Many books by chance: honest people who are often stale, and up to four who backdate and fork.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::scene::Scene;
use super::*;

const PEOPLE: usize = 8;

/// Each holds a book of their own.
struct Play {
    rng: StdRng,
    books: Vec<Scene>,
    evil: Vec<usize>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut evil = vec![];
        if rng.random_bool(0.8) {
            evil.extend((1..PEOPLE).filter(|_| rng.random_bool(0.3)).take(4));
        }
        Self {
            rng,
            books: vec![scene(); PEOPLE],
            evil,
        }
    }

    fn step(&mut self) {
        let mut who = self.anybody();
        while !self.books[who].members().contains(&who) && self.rng.random_bool(0.9) {
            who = self.anybody();
        }
        let mut scene = self.books[who].clone();
        if self.evil.contains(&who) && self.rng.random_bool(0.5) {
            // From any earlier part of what they know.
            let node = scene.book.nodes.choose(&mut self.rng).unwrap().clone();
            scene = scene.past_of(&node);
        }
        let other = self.anybody();
        let what = match self.rng.random_range(0..20) {
            0..7 => scene.add(other),
            7..11 => Scene::remove(other),
            11..15 => Scene::admin(other, true),
            15..18 => Scene::admin(other, false),
            18 => What::Leave,
            _ => What::Rooms(vec![]),
        };
        if scene.does(who, &what).is_ok() {
            self.books[who].hears_of(&scene);
            for other in 0..PEOPLE {
                if self.rng.random_bool(0.25) {
                    self.books[other].hears_of(&scene);
                }
            }
        }
        if self.rng.random_bool(0.4) {
            let (one, other) = (self.anybody(), self.anybody());
            let from = self.books[other].clone();
            self.books[one].hears_of(&from);
        }
    }

    fn anybody(&mut self) -> usize {
        self.rng.random_range(0..PEOPLE)
    }

    /// All hear of all, until nobody lacks anything.
    fn settle(&mut self) {
        for _ in 0..4 {
            for one in 0..PEOPLE {
                for other in 0..PEOPLE {
                    let from = self.books[other].clone();
                    self.books[one].hears_of(&from);
                }
            }
        }
    }
}

#[test]
fn whatever_is_done_all_come_to_the_same_roster() {
    let mut acts = 0;
    for seed in 0..150 {
        let mut play = Play::new(seed);
        for _ in 0..play.rng.random_range(10..70) {
            play.step();
        }
        play.settle();
        let first = &play.books[0].book;
        for Scene { book } in &play.books {
            assert_eq!(book.count(), first.count(), "seed {seed}");
            assert_eq!(book.roster(), first.roster(), "seed {seed}");
        }
        acts += first.count();
        assert_sound(first, seed);
    }
    assert!(acts > 1_500, "{acts}");
}

/// What holds of every book.
fn assert_sound(book: &Book, seed: u64) {
    let roster = book.roster();
    let nodes = book.in_order(|_| true);
    let founder = nodes[0].act.value.author;
    let ends_of = |who: MemberId| {
        nodes.iter().filter(move |node| match node.act.value.what {
            What::Remove(whom) => whom == who,
            What::Leave => node.act.value.author == who,
            _ => false,
        })
    };
    let founder_is_in = roster.members.contains_key(&founder);
    assert!(
        founder_is_in || ends_of(founder).any(|end| end.act.value.author == founder),
        "seed {seed}: the founder was put out"
    );
    for (who, member) in &roster.members {
        let by = book.node(member.by).unwrap();
        let agreed = match &by.act.value.what {
            What::Add(entry) => MemberId::of(entry.value.keys.ed25519) == *who,
            What::Found(_) => *who == founder,
            _ => false,
        };
        assert!(agreed, "seed {seed}: {who:?} is in by nobody's add");
        for end in ends_of(*who) {
            let seen = by.past.has(end.bit);
            assert!(seen, "seed {seed}: {who:?} is in beside their end");
        }
        // The founder stands above all: whom they put out took in nobody beside that.
        for end in ends_of(by.act.value.author) {
            let by_founder = end.act.value.author == founder;
            let beside = end.is_beside(by);
            assert!(
                !by_founder || !beside,
                "seed {seed}: taken in by one who was out"
            );
        }
    }
}

/// A group as it is, and then what one who was removed pretends to have done long ago.
#[test]
fn a_removed_admin_gains_nobody_by_backdating() {
    let mut done = 0;
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut scene = scene();
        let mut bobs = scene.clone();
        scene.does(ALICE, &Scene::remove(BOB)).unwrap();
        for who in [5, 6] {
            scene.does(ALICE, &scene.add(who)).unwrap();
        }
        let before = scene.members();
        for _ in 0..12 {
            let (one, other) = (rng.random_range(2..PEOPLE), rng.random_range(2..PEOPLE));
            let (who, what) = match rng.random_range(0..4) {
                0 => (BOB, bobs.add(other)),
                1 => (BOB, Scene::admin(other, true)),
                2 => (one, bobs.add(other)),
                _ => (one, Scene::admin(other, true)),
            };
            done += usize::from(bobs.does(who, &what).is_ok());
        }
        scene.hears_of(&bobs);
        assert_eq!(scene.members(), before, "seed {seed}");
        let admins = scene.book.roster().members.into_values();
        let admins = admins.filter(|member| member.rank.is_some());
        assert_eq!(admins.count(), 1, "seed {seed}");
    }
    assert!(done > 120, "{done}");
}
