//! An IRC network with one user, the agent that is measured; all other nicks on it are the bench's own.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::support::process::until;

/// Serves until the program ends.
pub struct Network {
    pub name: String,
    port: u16,
    state: Arc<Mutex<State>>,
    /// What the agent wrote: to whom, and the text.
    pub written: Receiver<(String, String)>,
}

#[derive(Default)]
struct State {
    here: BTreeSet<String>,
    watched: BTreeSet<String>,
    agent: Option<(String, TcpStream)>,
}

impl Network {
    pub fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, written) = channel();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for wire in listener.incoming().flatten() {
                let (shared, sender) = (Arc::clone(&shared), sender.clone());
                thread::spawn(move || serve(wire, &shared, &sender));
            }
        });
        Self {
            name: name.to_owned(),
            port,
            state,
            written,
        }
    }

    /// What `iim setup --network` takes.
    pub fn url(&self) -> String {
        format!("{}=irc://127.0.0.1:{}", self.name, self.port)
    }

    /// A nick comes.
    pub fn come(&self, nick: &str) {
        let mut state = lock(&self.state);
        state.here.insert(nick.to_owned());
        if state.watched.contains(nick) {
            state.send(&format!("730 * :{nick}!u@host"));
        }
    }

    /// The agent's nick, and its connection for whoever writes to it as fast as it can; once it is there.
    pub fn agent(&self) -> (String, TcpStream) {
        until("the agent on its network", 30, || {
            let state = lock(&self.state);
            let (nick, wire) = state.agent.as_ref()?;
            Some((nick.clone(), wire.try_clone().unwrap()))
        })
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(wire: TcpStream, state: &Mutex<State>, written: &Sender<(String, String)>) {
    wire.set_nodelay(true).unwrap();
    let lines = BufReader::new(wire.try_clone().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let (first, last) = rest.split_once(" :").unwrap_or((rest, rest));
        let mut state = lock(state);
        match command {
            "NICK" => state.welcome(rest.trim_start_matches(':'), &wire),
            "CAP" if rest.starts_with("LS") => {
                let _ = (&wire).write_all(b":net CAP * LS :\r\n");
            }
            "PING" => state.send(&format!("PONG net {rest}")),
            "MONITOR" => state.monitor(last.trim_start_matches("+ ")),
            "ISON" => state.send(&format!("303 * :{}", state.those_here(last, ' ').join(" "))),
            "PRIVMSG" => drop(written.send((first.to_owned(), last.to_owned()))),
            "QUIT" => break,
            _ => {}
        }
    }
    lock(state).agent = None;
}

impl State {
    fn welcome(&mut self, nick: &str, wire: &TcpStream) {
        self.agent = Some((nick.to_owned(), wire.try_clone().unwrap()));
        self.send(&format!("001 {nick} :hello {nick}"));
        self.send(&format!(
            "005 {nick} MONITOR=10000 NICKLEN=30 CASEMAPPING=ascii :are supported"
        ));
        self.send(&format!("422 {nick} :no MOTD"));
    }

    fn monitor(&mut self, nicks: &str) {
        self.watched.extend(nicks.split(',').map(ToOwned::to_owned));
        for nick in self.those_here(nicks, ',') {
            self.send(&format!("730 * :{nick}!u@host"));
        }
    }

    fn those_here(&self, nicks: &str, between: char) -> Vec<String> {
        let here = nicks
            .split(between)
            .filter(|nick| self.here.contains(*nick));
        here.map(ToOwned::to_owned).collect()
    }

    fn send(&self, line: &str) {
        if let Some((_, wire)) = &self.agent {
            // Who cannot be written to is about to go.
            let _ = (&*wire).write_all(format!(":net {line}\r\n").as_bytes());
        }
    }
}
