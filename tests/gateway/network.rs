//! A public IRC network, as small as iim can use it: nicks, MONITOR and PRIVMSG.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Serves until the test program ends.
pub struct Network {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Who is there, by folded nick.
    there: BTreeMap<String, User>,
    /// How many have come.
    came: usize,
    /// Nobody comes any more.
    shut: bool,
}

struct User {
    nick: String,
    /// Which of all that have come.
    number: usize,
    wire: TcpStream,
    monitored: BTreeSet<String>,
}

impl Network {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for wire in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                thread::spawn(move || serve(&wire, &state));
            }
        });
        Self { port, state }
    }

    /// All but the one who came first are cut off at once, and nobody comes any more.
    pub fn split(&self) {
        let mut state = lock(&self.state);
        state.shut = true;
        let first = state.there.values().map(|user| user.number).min();
        let gone = state
            .there
            .values()
            .filter(|user| Some(user.number) != first);
        let gone: Vec<String> = gone.map(|user| user.nick.clone()).collect();
        for nick in gone {
            state.leave(&nick);
        }
    }

    /// What `iim setup --network` takes.
    pub fn url(&self) -> String {
        format!("test=irc://127.0.0.1:{}", self.port)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(wire: &TcpStream, state: &Mutex<State>) {
    let mut me = None;
    let lines = BufReader::new(wire.try_clone().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        let mut state = lock(state);
        match &me {
            None => me = state.come(&line, wire),
            Some(nick) if line.starts_with("QUIT") => {
                state.send(nick, "ERROR :bye");
                break;
            }
            Some(nick) => me = Some(state.hear(nick.clone(), &line)),
        }
    }
    let _ = wire.shutdown(Shutdown::Both);
    if let Some(nick) = me {
        lock(state).leave(&nick);
    }
}

fn folded(nick: &str) -> String {
    nick.to_ascii_lowercase()
}

impl State {
    /// Registers who says NICK; gives the nick.
    fn come(&mut self, line: &str, wire: &TcpStream) -> Option<String> {
        let mut wire = wire.try_clone().unwrap();
        let nick = match line.split_once(' ') {
            Some(("CAP", rest)) if rest.starts_with("LS") => {
                wire.write_all(b":net CAP * LS :\r\n").ok()?;
                return None;
            }
            Some(("NICK", nick)) => nick.trim_start_matches(':').to_owned(),
            _ => return None,
        };
        if self.shut {
            let _ = wire.shutdown(Shutdown::Both);
            return None;
        }
        if self.there.contains_key(&folded(&nick)) {
            let taken = format!(":net 433 * {nick} :taken\r\n");
            wire.write_all(taken.as_bytes()).ok()?;
            return None;
        }
        let hello = format!(
            ":net 001 {nick} :hello {nick}\r\n:net 005 {nick} MONITOR=100 NICKLEN=30 CASEMAPPING=ascii :are supported\r\n\
             :net 422 {nick} :no MOTD\r\n"
        );
        wire.write_all(hello.as_bytes()).ok()?;
        self.came += 1;
        let user = User {
            nick: nick.clone(),
            number: self.came,
            wire,
            monitored: BTreeSet::new(),
        };
        self.there.insert(folded(&nick), user);
        self.tell(&nick, 730, &format!("{nick}!u@host"));
        Some(nick)
    }

    /// Hears one line; gives the nick, which may be new.
    fn hear(&mut self, nick: String, line: &str) -> String {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (target, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match command {
            "PING" => self.send(&nick, &format!(":net PONG net {rest}")),
            "NICK" => return self.rename(nick, rest.trim_start_matches(':')),
            "PRIVMSG" | "NOTICE" if self.there.contains_key(&folded(target)) => {
                self.send(target, &format!(":{nick}!u@host {command} {target} {text}"));
            }
            "PRIVMSG" => self.send(&nick, &format!(":net 401 {nick} {target} :No such nick")),
            "MONITOR" => self.monitor(&nick, target, text.trim_start_matches(':')),
            "ISON" => {
                let asked = rest.trim_start_matches(':').split(' ');
                let here: Vec<&str> = asked
                    .filter(|n| self.there.contains_key(&folded(n)))
                    .collect();
                self.send(&nick, &format!(":net 303 {nick} :{}", here.join(" ")));
            }
            _ => {}
        }
        nick
    }

    fn rename(&mut self, old: String, new: &str) -> String {
        if self.there.contains_key(&folded(new)) {
            self.send(&old, &format!(":net 433 {old} {new} :taken"));
            return old;
        }
        self.send(&old, &format!(":{old}!u@host NICK :{new}"));
        let mut user = self.there.remove(&folded(&old)).unwrap();
        user.nick = new.to_owned();
        self.there.insert(folded(new), user);
        self.tell(&old, 731, &old);
        self.tell(new, 730, &format!("{new}!u@host"));
        new.to_owned()
    }

    fn leave(&mut self, nick: &str) {
        if let Some(user) = self.there.remove(&folded(nick)) {
            let _ = user.wire.shutdown(Shutdown::Both);
            self.tell(nick, 731, nick);
        }
    }

    fn monitor(&mut self, nick: &str, how: &str, names: &str) {
        let names: Vec<String> = names.split(',').map(ToOwned::to_owned).collect();
        let Some(user) = self.there.get_mut(&folded(nick)) else {
            return;
        };
        for name in &names {
            match how {
                "+" => user.monitored.insert(folded(name)),
                _ => user.monitored.remove(&folded(name)),
            };
        }
        if how == "+" {
            for name in names {
                let (numeric, text) = match self.there.get(&folded(&name)) {
                    Some(user) => (730, format!("{}!u@host", user.nick)),
                    None => (731, name),
                };
                self.send(nick, &format!(":net {numeric} {nick} :{text}"));
            }
        }
    }

    /// Tells who monitors a nick.
    fn tell(&mut self, about: &str, numeric: u16, text: &str) {
        let watching: Vec<String> = self
            .there
            .values()
            .filter(|user| user.monitored.contains(&folded(about)))
            .map(|user| user.nick.clone())
            .collect();
        for nick in watching {
            self.send(&nick, &format!(":net {numeric} {nick} :{text}"));
        }
    }

    fn send(&mut self, nick: &str, line: &str) {
        if let Some(user) = self.there.get_mut(&folded(nick)) {
            // Who cannot be written to is about to go.
            let _ = user.wire.write_all(format!("{line}\r\n").as_bytes());
        }
    }
}
