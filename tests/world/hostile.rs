//! Those who mean ill: mail and IRC operators who keep everything and play it again, somebody with keys of their own
//! who writes in another's name, and Mallory, a friend with a real account who sends whatever they like.

use iim::protocol::letter::{
    Body, Confirm, Letter, LetterId, Presence, Receipt, ReceiptState, Secret, Text, empty,
};
use iim::protocol::nick;
use iim::protocol::time::Millis;
use iim::rules::effect::Effect;
use iim::rules::event::{Act, Adding};
use iim::rules::outgoing::{Form, Outgoing, Route};

use crate::attacks::wanted;
use crate::chance::SharedRng;
use crate::disk::Disk;
use crate::irc::Kind;
use crate::people::{create, throw_away};
use crate::post::{Parcel, report};
use crate::truth::MALLORY;
use crate::world::World;
use iim::account::{AccountError, mail};
use iim::edge::home::Home;
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::rules::decision::Rng as _;
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::queue::route::Handed;
use iim::rules::view::View as _;

impl World {
    pub(crate) fn attack(&mut self) {
        match self.chance.below(13) {
            0 | 1 => self.replay_mail(),
            2 => self.replay_lines(),
            3 => self.squat(),
            4 => self.impersonate(),
            5 => self.forge_report(),
            6 => self.shout(),
            7 | 8 => self.craft(),
            9 | 10 if wanted("keys") => {
                let victim = self.chance.index(MALLORY);
                self.give_worthless_keys(victim);
            }
            11 if wanted("names") => {
                let (whose, victim) = (self.chance.index(MALLORY), self.chance.index(MALLORY));
                self.ask_under_anothers_key(whose, victim, 3);
            }
            12 if wanted("reports") => self.report_with_words(),
            _ => {}
        }
    }

    /// A mail of the past comes again, perhaps to somebody else or from somebody else.
    fn replay_mail(&mut self) {
        let archive = self.post.archive.len();
        let at = self.chance.index(archive);
        let Some(mut parcel) = self.post.archive.get(at).cloned() else {
            return;
        };
        match self.chance.below(4) {
            0 => parcel.to = self.address(self.now as usize % 4),
            1 => {
                let other = self.chance.index(4);
                let from = self.address(other);
                parcel.mail = with_from(&parcel.mail, parcel.from.as_str(), from.as_str());
            }
            _ => {}
        }
        self.post.send_off(self.now, parcel);
    }

    /// Whoever holds a nick that is free writes what was seen on the network.
    fn replay_lines(&mut self) {
        let Some(network) = self.chance.pick(&self.networks.clone()).cloned() else {
            return;
        };
        for _ in 0..self.chance.between(1, 8) {
            let lines = self.irc.log(&network).len();
            let which = self.chance.index(lines);
            let Some(seen) = self.irc.log(&network).get(which).cloned() else {
                return;
            };
            self.irc.replay(&network, which, &seen.from_nick, None);
        }
    }

    /// Mallory takes the nick of a friend who is not there, or leaves it.
    fn squat(&mut self) {
        let victim = self.chance.index(MALLORY);
        let Some(network) = self.chance.pick(&self.networks.clone()).cloned() else {
            return;
        };
        let address = self.address(victim);
        let held = self.people[MALLORY]
            .find(&address)
            .and_then(|person| person.presence().cloned());
        let Some(secret) = held.and_then(|held| held.secret) else {
            return;
        };
        let window = self.people[victim].account.settings().window;
        let at = Millis(self.now).seconds();
        let nick = nick::derive(&secret, &network, nick::window_at(&secret, window, at));
        if self.chance.once_in(3) {
            self.irc.unsquat(&network, nick.as_str());
        } else {
            self.irc.squat(&network, 0, nick.as_str());
            let lines = self.irc.log(&network).len();
            let which = self.chance.index(lines);
            self.irc.replay(&network, which, nick.as_str(), None);
        }
    }

    /// Somebody with keys of their own asks in the name of another: a request that is rightly signed.
    fn impersonate(&mut self) {
        let (as_whom, whom) = (self.chance.index(MALLORY), self.chance.index(MALLORY));
        if as_whom != whom {
            self.ask_in_the_name_of(as_whom, whom);
        }
    }

    pub(crate) fn ask_in_the_name_of(&mut self, as_whom: usize, whom: usize) {
        let number = self.chance.below(1 << 32);
        let dir = self.dir.path().join(format!("impostor-{number}"));
        let home = Home::at(&dir, &dir.join("state"));
        let rng = SharedRng::new(self.chance.branch());
        let one = &self.people[as_whom];
        let mut disk = Disk::empty();
        let mut account = create(&mut disk, &home, &one.config, &one.clock, &rng);
        let adding = Act::Add(Adding {
            address: self.address(whom),
            invite: None,
            name: None,
            note: None,
            hidden: false,
            verified: false,
        });
        account.act(adding).unwrap();
        let mails = letters_of(&mut account);
        self.slip_in_all(mails);
        throw_away(disk, [account]);
        drop(std::fs::remove_dir_all(dir));
    }

    /// A report on a mail: of somebody else's, or of one that was made up.
    fn forge_report(&mut self) {
        let archive = self.post.archive.len();
        let at = self.chance.index(archive);
        let Some(mut parcel) = self.post.archive.get(at).cloned() else {
            return;
        };
        // About another recipient than the mail had: it is no report on that mail.
        let other = self.chance.index(4);
        if self.address(other) == parcel.to {
            return;
        }
        parcel.to = self.address(other);
        let mail = report(&parcel, ("failed", "5.1.1 no such user"));
        let forged = Parcel {
            from: parcel.to.clone(),
            to: parcel.from.clone(),
            mail,
            report: true,
        };
        self.post.send_off(self.now, forged);
    }

    /// Strangers write to whoever is there, in every way there is.
    fn shout(&mut self) {
        let (who, network) = (
            self.chance.index(4),
            self.chance.pick(&self.networks.clone()).cloned(),
        );
        let Some(network) = network else { return };
        let Some(to) = self.irc.nick_of(who, &network).map(str::to_owned) else {
            return;
        };
        let texts = [
            "hello?",
            "VERSION",
            "iim1 aaaaaaaa 1/1 AAAA",
            "iim1 aaaaaaaa 1/8 AAAA",
            "DCC SEND x 1 2 3",
        ];
        for text in texts {
            let kind = match self.chance.below(3) {
                0 => Kind::Privmsg,
                1 => Kind::Notice,
                _ => Kind::Ctcp,
            };
            self.irc
                .stranger_says(&network, "nosyparkr", kind, &to, text);
        }
    }

    /// Mallory's account sends a letter that no honest program would.
    fn craft(&mut self) {
        let victim = self.chance.index(MALLORY);
        let letter = self.crafted();
        let one = &mut self.people[MALLORY];
        let route = match self.chance.below(3) {
            0 => Route::Irc,
            1 => Route::Any,
            _ => Route::Mail,
        };
        let now = one.account.now();
        let victim = self.address(victim);
        let store = self.people[MALLORY].disk.open();
        let known = store.transact(|account| Ok::<_, AccountError>(account.ids_at(&victim)?));
        let outgoing = Outgoing {
            to: known.unwrap().contact,
            letter,
            form: Form::Friend {
                fresh: self.chance.once_in(4),
                open_irc: self.chance.once_in(4),
            },
            route,
            due: now,
            expires: None,
            attempts: 0,
        };
        let post = Effect::Post(Box::new(outgoing));
        store.transact(|account| account.apply(&post, now)).unwrap();
        self.people[MALLORY].disk.put_aside(store);
        self.settle(MALLORY);
    }

    fn crafted(&mut self) -> Letter {
        let id = self.some_id();
        let body = match self.chance.below(7) {
            0 => Body::Receipt(Receipt {
                state: match self.chance.once_in(2) {
                    true => ReceiptState::Read,
                    false => ReceiptState::Delivered,
                },
                ids: (0..self.chance.between(1, 8))
                    .map(|_| self.some_id())
                    .collect(),
            }),
            1 | 2 => Body::Text(Text {
                text: "what Mallory says".into(),
                reply_to: Some(self.some_id()),
                notice: false,
            }),
            3 => Body::Confirm(Confirm {
                accept: self.some_id(),
            }),
            4 => Body::Unknown {
                kind: 9,
                raw: vec![0xa1, 0x01, 0x02],
            },
            5 => Body::Presence(self.mad_presence()),
            _ => empty(),
        };
        let sent = match self.chance.below(3) {
            0 => 1,
            1 => u64::MAX / 2,
            _ => self.now,
        };
        Letter {
            id,
            sent: Millis(sent),
            body,
            holds: Some(self.chance.below(u64::MAX)),
            presence: None,
            one_time_keys: None,
            irc: None,
        }
    }

    /// The id of somebody's text, or one of nobody's.
    fn some_id(&mut self) -> LetterId {
        let texts: Vec<LetterId> = self.truth.texts.iter().map(|text| text.id).collect();
        let mut made_up = [0; 16];
        SharedRng::new(self.chance.branch()).fill(&mut made_up);
        match self.chance.once_in(2) {
            true => self
                .chance
                .pick(&texts)
                .copied()
                .unwrap_or(LetterId(made_up)),
            false => LetterId(made_up),
        }
    }

    fn mad_presence(&mut self) -> Presence {
        // The secret of somebody else, told as their own: all would look for two friends at one nick.
        let other = self.chance.index(MALLORY);
        let address = self.address(other);
        let held = self.people[MALLORY]
            .find(&address)
            .and_then(|person| person.presence().cloned());
        let stolen = held.and_then(|held| held.secret);
        Presence {
            epoch: Some(self.chance.below(u64::MAX / 2)),
            secret: Some(stolen.unwrap_or(Secret([7; 32]))),
            ..Presence::default()
        }
    }
}

/// The mails that an account would send now.
fn letters_of(account: &mut iim::account::Account) -> Vec<OutMail> {
    struct Bag(Vec<OutMail>);
    impl MailSender for Bag {
        fn send_all(
            &mut self,
            mails: Vec<OutMail>,
            _: Option<std::time::Duration>,
        ) -> Vec<Result<Handed, Slow>> {
            let answers = mails.iter().map(|_| Ok(Handed::Taken)).collect();
            self.0.extend(mails);
            answers
        }
    }
    let mut bag = Bag(Vec::new());
    mail::send(account, &mut bag, &Round::without_irc(Announcements::All)).unwrap();
    bag.0
}

/// The mail with another outer From.
fn with_from(mail: &[u8], old: &str, new: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(mail);
    let lines = text.split_inclusive('\n').map(|line| {
        if line.to_ascii_lowercase().starts_with("from:") {
            line.replace(old, new)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<String>().into_bytes()
}
