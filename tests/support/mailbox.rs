//! A mailbox at a server in this process, by IMAP and by POP3: honest, and it keeps what is done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// What is in the mailbox. The uids of its mails rise, and none is used twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    pub mails: BTreeMap<u32, Mail>,
    /// The highest uid that was ever used.
    pub last: u32,
}

/// A mail, as text with CRLF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub text: String,
    pub seen: bool,
    pub deleted: bool,
}

/// What a client is told by, line by line, and what it has done so far that holds only once it says so.
#[derive(Default)]
pub struct Session {
    /// Deleted by POP3, and gone after QUIT.
    deleted: BTreeSet<u32>,
}

/// The two protocols: what is answered to a line (`""`: the greeting).
type Protocol = fn(&mut Session, &mut Folder, &str) -> String;

/// A server with one mailbox, which takes any name and password.
pub struct Mailbox {
    /// The port for IMAP.
    pub imap: u16,
    /// The port for POP3.
    pub pop3: u16,
    folder: Arc<Mutex<Folder>>,
}

impl Mailbox {
    pub fn start() -> Self {
        let folder = Arc::default();
        Self {
            imap: listen(&folder, |_, folder, line| {
                let tag = line.split(' ').next().unwrap_or_default();
                imap(folder, line, tag)
            }),
            pop3: listen(&folder, pop3),
            folder,
        }
    }

    /// What is in it, once whoever is connected has gone.
    pub fn folder(&self) -> MutexGuard<'_, Folder> {
        self.folder.lock().unwrap()
    }
}

impl Folder {
    /// A mail comes.
    pub fn comes(&mut self, mail: &[u8]) {
        let text = String::from_utf8(mail.to_vec()).unwrap();
        self.last += 1;
        let mail = Mail {
            text: text.replace("\r\n", "\n").replace('\n', "\r\n"),
            seen: false,
            deleted: false,
        };
        self.mails.insert(self.last, mail);
    }

    /// The mails of a set as IMAP writes it: `3,5:7`, `9:*`, `*`.
    fn of(&self, set: &str) -> Vec<u32> {
        let top = self.mails.keys().last().copied().unwrap_or_default();
        let number = |word: &str| word.parse().unwrap_or(top);
        let range = |part: &str| {
            let (one, two) = part.split_once(':').unwrap_or((part, part));
            let (one, two) = (number(one), number(two));
            one.min(two)..=one.max(two)
        };
        let ranges: Vec<_> = set.split(',').map(range).collect();
        let uids = self.mails.keys().copied();
        uids.filter(|uid| ranges.iter().any(|range| range.contains(uid)))
            .collect()
    }

    /// UID FETCH of all mails in the set.
    fn fetch(&mut self, set: &str, items: &str) -> String {
        let mut said = String::new();
        for uid in self.of(set) {
            let place = self.mails.range(..=uid).count();
            let mail = self.mails.get_mut(&uid).unwrap();
            // "An alternate form of BODY[<section>] that does not implicitly set the \Seen flag" (RFC 9051, section
            // 6.4.5).
            mail.seen |= items.contains("BODY[");
            write!(said, "* {place} FETCH (UID {uid}").unwrap();
            if items.contains("RFC822.SIZE") {
                write!(said, " RFC822.SIZE {}", mail.text.len()).unwrap();
            }
            if items.contains("[HEADER.FIELDS (") {
                let fields = fields(&mail.text, items);
                let length = fields.len();
                write!(said, " BODY[HEADER.FIELDS (IIM)] {{{length}}}\r\n{fields}").unwrap();
            } else if items.contains("BODY") {
                let length = mail.text.len();
                write!(said, " BODY[] {{{length}}}\r\n{}", mail.text).unwrap();
            }
            said.push_str(")\r\n");
        }
        said
    }
}

/// The fields of a mail that are asked for, and the empty line.
fn fields(mail: &str, items: &str) -> String {
    let (header, _) = mail.split_once("\r\n\r\n").unwrap_or((mail, ""));
    let (mut fields, mut is_asked) = (String::new(), false);
    for line in header.lines() {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap().to_ascii_uppercase();
            is_asked = items.split([' ', '(', ')']).any(|asked| asked == name);
        }
        if is_asked {
            write!(fields, "{line}\r\n").unwrap();
        }
    }
    fields + "\r\n"
}

/// What an IMAP server answers to a line; `tag` is that of the command under way (RFC 9051).
pub fn imap(folder: &mut Folder, line: &str, tag: &str) -> String {
    let command = line.split_once(' ').map_or(line, |(_, command)| command);
    let words: Vec<&str> = command.splitn(4, ' ').collect();
    let (exists, next) = (folder.mails.len(), folder.last + 1);
    let said = match words.as_slice() {
        [""] if line.is_empty() => return "* OK hello {7}\r\n".to_owned(),
        ["CAPABILITY"] => {
            "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE MOVE UIDPLUS ID ESEARCH SPECIAL-USE LIST-EXTENDED\r\n"
                .to_owned()
        }
        ["ID", ..] => "* ID NIL\r\n".to_owned(),
        ["LIST", ..] => "* LIST (\\Junk) \"/\" \"Spam\"\r\n* LIST () \"/\" INBOX\r\n".to_owned(),
        ["SELECT", ..] => format!(
            "* FLAGS (\\Seen)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT {next}] x\r\n"
        ),
        ["STATUS", name, ..] => {
            let (exists, next) = match *name {
                "INBOX" => (exists, next),
                _ => (0, 1),
            };
            format!("* STATUS {name} (MESSAGES {exists} UIDNEXT {next} UIDVALIDITY 7)\r\n")
        }
        ["IDLE"] => return "+ idling\r\n".to_owned(),
        ["UID", "SEARCH", ..] => {
            let lowest = folder.mails.keys().next();
            let lowest = lowest.map_or(String::new(), |uid| format!(" MIN {uid}"));
            format!("* ESEARCH (TAG \"{tag}\") UID{lowest}\r\n")
        }
        ["UID", "FETCH", set, items] => folder.fetch(set, items),
        ["UID", "STORE", set, "+FLAGS.SILENT (\\Deleted)"] => {
            for uid in folder.of(set) {
                folder.mails.get_mut(&uid).unwrap().deleted = true;
            }
            String::new()
        }
        ["UID", "EXPUNGE", set] => {
            let set = folder.of(set);
            let goes = |uid: &u32, mail: &Mail| set.contains(uid) && mail.deleted;
            folder.mails.retain(|uid, mail| !goes(uid, mail));
            String::new()
        }
        ["UID", "MOVE", set, _] => {
            let set = folder.of(set);
            folder.mails.retain(|uid, _| !set.contains(uid));
            String::new()
        }
        _ => String::new(),
    };
    format!("{said}{tag} OK done {{5}}\r\n")
}

/// What a POP3 server answers to a line (RFC 1939); a mail's number is its uid.
fn pop3(session: &mut Session, folder: &mut Folder, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let number = words.get(1).and_then(|word| word.parse().ok());
    let text = |number: Option<u32>| folder.mails[&number.unwrap()].text.as_str();
    match words[0] {
        "CAPA" => "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.\r\n".to_owned(),
        "AUTH" => "+ \r\n".to_owned(),
        "UIDL" => {
            let lines = folder.mails.keys().map(|uid| format!("{uid} id-{uid}\r\n"));
            format!("+OK\r\n{}.\r\n", lines.collect::<String>())
        }
        "LIST" => format!("+OK {} {}\r\n", words[1], text(number).len()),
        "TOP" => {
            let (header, body) = text(number).split_once("\r\n\r\n").unwrap();
            let lines = body.split_inclusive('\n').take(words[2].parse().unwrap());
            dotted(&format!("{header}\r\n\r\n{}", lines.collect::<String>()))
        }
        "RETR" => dotted(text(number)),
        "DELE" => {
            session.deleted.extend(number);
            "+OK\r\n".to_owned()
        }
        "QUIT" => {
            folder.mails.retain(|uid, _| !session.deleted.contains(uid));
            "+OK\r\n".to_owned()
        }
        _ => "+OK\r\n".to_owned(),
    }
}

/// An answer of several lines.
fn dotted(text: &str) -> String {
    format!("+OK\r\n{}.\r\n", text.replace("\r\n.", "\r\n.."))
}

/// Serves one client after the other, as long as this process lives; gives the port.
fn listen(folder: &Arc<Mutex<Folder>>, protocol: Protocol) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = Arc::clone(folder);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Whoever is connected has it alone.
            let mut folder = folder.lock().unwrap();
            let _gone = serve(&stream, &mut folder, protocol);
        }
    });
    port
}

/// An error: the client has gone.
fn serve(stream: &TcpStream, folder: &mut Folder, protocol: Protocol) -> std::io::Result<()> {
    let mut session = Session::default();
    let mut out = stream;
    out.write_all(protocol(&mut session, folder, "").as_bytes())?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        out.write_all(protocol(&mut session, folder, &line).as_bytes())?;
        if line.ends_with("LOGOUT") || line == "QUIT" {
            break;
        }
    }
    Ok(())
}
