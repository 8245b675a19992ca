//! What the people of the captured story do.

use super::*;
use crate::support::process::{Running, until};
use serde_json::Value;

const ZED: usize = 0;
const TEE: usize = 1;
const EM: usize = 2;

impl Stage {
    pub(super) fn make_friends(&mut self) {
        self.ok(
            ZED,
            &[
                "add",
                PEOPLE[TEE].0,
                "--name",
                "Snorkelpants",
                "--note",
                NOTE,
            ],
        );
        self.carry();
        self.ok(TEE, &["-v", "friends"]);
        self.ok(TEE, &["-v", "accept", PEOPLE[ZED].0, "--name", "zed"]);
        let invite = self.ok(ZED, &["invite", "--json"]);
        let invite: Value = serde_json::from_str(&invite).unwrap();
        // While the invite is open its token is in the database.
        self.sample();
        self.ok(
            EM,
            &["add", invite["link"].as_str().unwrap(), "--name", "zed"],
        );
        self.carry();
        self.sample();
        for who in [TEE, EM] {
            assert_eq!(self.people[who].of_friend("zed", "standing"), "friend");
        }
    }

    pub(super) fn be_online(&mut self) {
        for person in &self.people {
            let mut command = person.command("/usr/bin/setpriv");
            command
                .args(["--pdeathsig", "TERM", "--"])
                .arg(&person.program);
            // One of them logs as programs read it.
            let args = if person.name == "trilliam" {
                &["-v", "agent", "--json-log"][..]
            } else {
                &["-v", "agent"]
            };
            let log = person.home.join("agent.log");
            let agent = Running::start(&person.name, command.args(args), &log);
            self.agents.push(agent);
        }
        self.people[ZED].until_friend("Snorkelpants", "presence", "online", 60);
        self.people[TEE].until_friend("zed", "presence", "online", 60);
        self.people[EM].until_friend("zed", "presence", "online", 60);
        self.people[ZED].until_friend(PEOPLE[EM].0, "presence", "online", 60);
    }

    pub(super) fn talk(&mut self) {
        let by_irc = |text: &Value| text["state"] != "queued" && text["via"] == "irc";
        self.say(ZED, "Snorkelpants", BY_IRC);
        self.people[TEE].until_text("zed", BY_IRC, 20, |_| true);
        self.say(TEE, "zed", ANSWER);
        let long = long_text();
        self.say(ZED, "Snorkelpants", &long);
        self.people[ZED].until_text("Snorkelpants", ANSWER, 20, |_| true);
        self.people[TEE].until_text("zed", &long, 20, |_| true);
        self.people[ZED].until_text("Snorkelpants", &long, 20, by_irc);
        self.ok(TEE, &["-v", "read"]);
        self.people[ZED].until_text("Snorkelpants", BY_IRC, 20, |text| text["state"] == "read");
        self.ok(ZED, &["-v", "status", "away", STATUS]);
        self.people[TEE].until_friend("zed", "status", STATUS, 20);
        self.sample();
        // The second agent is gone: by mail.
        self.agents[TEE].stop();
        self.people[ZED].until_friend("Snorkelpants", "presence", "offline", 40);
        self.say(ZED, "Snorkelpants", BY_MAIL);
        self.people[TEE].until_text("zed", BY_MAIL, 60, |text| text["via"] == "mail");
        self.people[ZED].until_text("Snorkelpants", BY_MAIL, 20, arrived);
    }

    pub(super) fn hide_and_rotate(&mut self) {
        self.ok(ZED, &["-v", "hide", PEOPLE[EM].0]);
        self.sample();
        self.people[EM].until_friend("zed", "presence", "offline", 60);
        self.say(EM, "zed", HIDDEN);
        self.people[ZED].until_text(PEOPLE[EM].0, HIDDEN, 20, |text| text["via"] == "mail");
        self.people[EM].until_text("zed", HIDDEN, 20, arrived);
        // The hidden one gets a decoy now, the other the new secret, both by mail.
        self.ok(ZED, &["-v", "rotate"]);
        self.sample();
        // Once may come too early: the agent may hold one of the letters.
        until("Snorkelpants to be told", 60, || {
            self.ok(ZED, &["-v", "flush"]);
            let told = self.people[ZED].of_friend("Snorkelpants", "told");
            (told == "true").then_some(())
        });
        for args in [
            &["-v", "friends"][..],
            &["friends", "--json"],
            &["-v", "status"],
            &["-v", "verify", "Snorkelpants"],
            &["invite", "--list"],
            &["-v", "doctor"],
        ] {
            self.iim(ZED, args, "");
        }
    }

    /// Everything that goes wrong says so, and no more.
    pub(super) fn fail(&mut self) {
        for args in [
            &["-v", "say", "nobody"][..],
            &["-v", "hide", "nobody"],
            &["-v", "add", "no address"],
            &["-v", "invite", "--revoke", "0000000000000000"],
            &["-v", "read", "nobody"],
            &["agent"],
            &["nonsense"],
        ] {
            let out = self.iim(ZED, args, BY_MAIL);
            assert_ne!(out.code, Some(0), "{args:?}");
        }
        // A mail that was taken comes again; one comes to the wrong person; one is damaged.
        for (number, mail) in self.mails.clone().into_iter().enumerate() {
            let text = mail.text();
            self.iim(number % 3, &["deliver"], &text);
            self.iim(number % 3, &["-v", "inspect"], &text);
            self.iim(ZED, &["deliver"], &text.replace("AA", "Aa"));
        }
        let good = self.people[EM].break_config();
        for args in [&["-v", "friends"][..], &["deliver"], &["filter"]] {
            self.iim(EM, args, "IIM: 1\n\nx");
        }
        self.people[EM].mend_config(&good);
    }
}
