//! A whole story between three people on two real IRC servers, with every byte that could be seen of it.

mod story;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::account_needles;
use crate::needles::{Kind, Needle};
use crate::onlooker::{Onlooker, Sight};
use crate::relay::{Relay, Stream};
use crate::support::account::{Account, Place};
use crate::support::handshake::hand_over;
use crate::support::ircd::{Inspircd, Ircd, Ngircd};
use crate::support::mails::Way;
use crate::support::post::{Mail, Post};
use crate::support::process::{Out, Running, need};

/// What came of the story; played once for all tests.
pub static CAPTURE: LazyLock<Capture> = LazyLock::new(play);

pub struct Capture {
    pub irc: Vec<Stream>,
    pub mails: Vec<Mail>,
    /// The agents' logs.
    pub logs: Vec<(String, Vec<u8>)>,
    /// The commands, and what each printed.
    pub said: Vec<(Vec<String>, Out)>,
    pub sight: Sight,
    /// The names of all files in the accounts' homes.
    pub names: Vec<PathBuf>,
    pub needles: Vec<Needle>,
}

/// Our networks, as the accounts call them.
pub const NETWORKS: [&str; 2] = ["net0", "net1"];
/// What the second network wants to hear before it lets anybody in.
pub const PASSWORD: &str = "Sesame-of-the-second-network";

const NOTE: &str = "greetings from xylophonepark";
const STATUS: &str = "gone marmalading in the shed";
const BY_IRC: &str = "the wombat eats vegemite at dawn";
const ANSWER: &str = "häßliche Grüße from Žižkov = 100 %";
const BY_MAIL: &str = "quicksilver pelicans, on the pier at nine";
const HIDDEN: &str = "somebody hides but answers nonetheless";

/// The people: address, name.
const PEOPLE: [(&str, &str); 3] = [
    ("zaphodine@heartofgold.example", "Beeblebrocks Zed"),
    ("trilliam@magrathea.example", "Macmillicent Tee"),
    ("marvinella@sirius.example", "Paranoidandra Em"),
];

struct Stage {
    // Ended in this order.
    agents: Vec<Running>,
    people: Vec<Account>,
    relays: Vec<Relay>,
    servers: Vec<Ircd>,
    post: Post,
    place: Place,
    said: Vec<(Vec<String>, Out)>,
    mails: Vec<Mail>,
    needles: BTreeMap<String, Needle>,
}

fn play() -> Capture {
    let mut stage = Stage::new();
    stage.make_friends();
    let onlooker = Onlooker::of(stage.place.path());
    let postman = stage.post.postman(&stage.people.iter().collect::<Vec<_>>());
    stage.be_online();
    stage.talk();
    stage.hide_and_rotate();
    stage.fail();
    let logs = stage
        .agents
        .iter()
        .map(|a| ("an agent's log".to_owned(), a.log().into_bytes()));
    let logs = logs.collect();
    stage.sample();
    stage.agents.clear();
    let names = stage.people.iter().flat_map(|p| files(&p.home)).collect();
    Capture {
        irc: stage.relays.iter().flat_map(Relay::streams).collect(),
        mails: [stage.mails, postman.carried()].concat(),
        logs,
        said: stage.said,
        sight: onlooker.ask(),
        names,
        needles: stage.needles.into_values().collect(),
    }
}

impl Stage {
    fn new() -> Self {
        need(&["procmail", "ngircd", "inspircd"]);
        let place = Place::new();
        let post = Post::new(&place);
        let ngircd = Ngircd {
            unlimited: true,
            password: Some(PASSWORD.to_owned()),
            ..Ngircd::default()
        };
        let servers = vec![Inspircd::relaxed().start(), ngircd.start()];
        let relays = NETWORKS.iter().zip(&servers);
        let relays = relays
            .map(|(name, server)| Relay::start(name, server.port))
            .collect();
        let mut stage = Self {
            agents: Vec::new(),
            people: Vec::new(),
            relays,
            servers,
            post,
            place,
            said: Vec::new(),
            mails: Vec::new(),
            needles: BTreeMap::new(),
        };
        for (address, name) in PEOPLE {
            let account = Way::Procmail.account(&stage.place, address);
            stage.people.push(account);
            stage.settle_in(stage.people.len() - 1, name);
        }
        stage.public_needles();
        stage.sample();
        stage
    }

    fn settle_in(&mut self, who: usize, name: &str) {
        let urls: Vec<String> = self.relays.iter().map(Relay::url).collect();
        // As the program that is told: it stays long enough to be looked at on a busy machine.
        let seen = "#!/bin/sh\nsleep 0.1\nexec \"$@\"\n";
        let seen = self.place.script("sendmail-that-is-seen", seen);
        let sendmail = format!("{} {}", seen.display(), self.post.sendmail);
        let address = self.people[who].address.clone();
        let mut args = vec!["-v", "setup", "--address", &address, "--name", name];
        args.extend([
            "--sendmail",
            &sendmail,
            "--network",
            &urls[0],
            "--network",
            &urls[1],
        ]);
        self.ok(who, &args);
        let account = &self.people[who];
        let hook =
            account.write_program("told", "#!/bin/sh\ncat >>\"$HOME/told.json\"\nsleep 0.05\n");
        let hook = hook.display();
        let with_password = "name = \"net1\"\nserver_password_file = \"secret\"\n";
        account.configure(&[
            ("name = \"net1\"\n", with_password),
            ("#poll = 15", "poll = 1"),
            ("#grace = 180", "grace = 2"),
            // Nobody waits for the servers' patience: they have no limits.
            (
                "tls = false\n",
                "tls = false\nflood = { burst = 100, per_second = 100 }\n",
            ),
            ("#read = false", "read = true"),
            ("#per_day = 200", "per_day = 0"),
            (
                "#presence = \"notify-friend\"",
                &format!("presence = \"{hook}\""),
            ),
            (
                "#text = [\"notify-text\", \"--loud\"]",
                &format!("text = \"{hook}\""),
            ),
            (
                "#request = \"notify-request\"",
                &format!("request = \"{hook}\""),
            ),
        ]);
        let file = account.write(".config/iim/secret", format!("{PASSWORD}\n"));
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn public_needles(&mut self) {
        for (address, name) in PEOPLE {
            let (local, domain) = address.split_once('@').unwrap();
            let parts = [
                ("address", address),
                ("local part", local),
                ("domain", domain),
            ];
            for (what, text) in parts
                .into_iter()
                .chain(name.split(' ').take(1).map(|n| ("name", n)))
            {
                self.add(Needle::text(
                    Kind::Person,
                    &format!("{local}: {what}"),
                    text,
                ));
            }
        }
        self.add(Needle::text(Kind::Person, "the note", NOTE));
        self.add(Needle::text(
            Kind::Person,
            "the name on the roster",
            "Snorkelpants",
        ));
        self.add(Needle::text(Kind::Text, "the word to the status", STATUS));
        self.add(Needle::text(
            Kind::Secret,
            "the network's password",
            PASSWORD,
        ));
        self.add(Needle::text(
            Kind::Text,
            "the long text",
            &long_text()[..400],
        ));
        for text in [BY_IRC, ANSWER, BY_MAIL, HIDDEN] {
            self.add(Needle::text(
                Kind::Text,
                &format!("the text {:?}", &text[..6]),
                text,
            ));
        }
    }

    /// Adds what the databases hold now to what is looked for.
    fn sample(&mut self) {
        for needle in self
            .people
            .iter()
            .flat_map(|p| account_needles::of(p, &NETWORKS))
            .collect::<Vec<_>>()
        {
            self.add(needle);
        }
    }

    fn add(&mut self, needle: Needle) {
        let key = format!("{:?}", needle.forms());
        self.needles.entry(key).or_insert(needle);
    }

    fn iim(&mut self, who: usize, args: &[&str], input: &str) -> Out {
        let out = self.people[who].iim_with(args, input.as_bytes());
        let words = args.iter().map(|word| (*word).to_owned()).collect();
        let copy = Out {
            code: out.code,
            stdout: out.stdout.clone(),
            stderr: out.stderr.clone(),
        };
        self.said.push((words, copy));
        out
    }

    #[track_caller]
    fn ok(&mut self, who: usize, args: &[&str]) -> String {
        let out = self.iim(who, args, "");
        out.expect_code(0, &format!("iim {}", args.join(" ")))
    }

    /// By stdin, as whoever does not want to be seen by `ps` does.
    #[track_caller]
    fn say(&mut self, who: usize, to: &str, text: &str) {
        let out = self.iim(who, &["-v", "say", to], text);
        out.expect_code(0, "iim say");
    }

    /// Carries what waits, and keeps a copy.
    fn carry(&mut self) {
        loop {
            let mails = self.post.take();
            if mails.is_empty() {
                return;
            }
            for mail in mails {
                let people: Vec<&Account> = self.people.iter().collect();
                hand_over(Way::Procmail, &people, &mail);
                self.mails.push(mail);
            }
        }
    }
}

/// Reading for the test is reading, too.
fn arrived(text: &Value) -> bool {
    text["state"] == "delivered" || text["state"] == "read"
}

fn long_text() -> String {
    "umbrella peppermint locomotive. ".repeat(20)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.clone());
        if path.is_dir() {
            found.extend(files(&path));
        }
    }
    found
}
