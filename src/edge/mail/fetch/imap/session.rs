//! A connection to an IMAP server: commands out, what answers them in.

use super::super::hidden::Hidden;
use super::super::wire::Wire;
use super::assembler::{Assembler, Bounds};
use super::response::{Kind, Malformed, Response, Status};
use crate::rules::fetch::mailbox::{Fault, Uid};

/// A connection, in whatever state of IMAP.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) hidden: Hidden,
    /// Mails came since it was last cleared.
    pub(super) news: bool,
    /// How many mails the server said the selected folder has, since it is being selected.
    pub(super) exists: Option<u32>,
    /// The mail that is being fetched.
    pub(super) mail: Option<Uid>,
    assembler: Assembler,
    tag: u32,
}

/// Why a command did not do what it should.
pub(super) enum Stop {
    /// NO or BAD.
    Refused(Status),
    /// The connection is of no use any more.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a command is, and how much may answer it.
pub(super) struct Ask<'a> {
    /// In pieces: before each but the first the server says that it waits for more.
    pub(super) pieces: &'a [String],
    /// What is said when it waits for more still.
    pub(super) spare: Option<&'a str>,
    pub(super) bounds: Bounds,
    /// Untagged answers.
    pub(super) most: usize,
}

/// For what holds no literals but names.
pub(super) const SMALL: Bounds = Bounds {
    kept: 4 * 1024,
    read: 1024 * 1024,
};
/// Untagged answers to one command.
const ANSWERS: usize = 4096;

impl Session {
    pub(super) fn over(wire: Wire, hidden: Hidden) -> Self {
        Self {
            wire,
            hidden,
            news: false,
            exists: None,
            mail: None,
            assembler: Assembler::default(),
            tag: 0,
        }
    }

    /// Says a command and takes whatever answers it, up to its tagged OK. Nothing is done before that.
    pub(super) async fn ask(
        &mut self,
        command: &str,
        bounds: Bounds,
        each: impl FnMut(Response) -> Result<(), Fault>,
    ) -> Result<Status, Stop> {
        let ask = Ask {
            pieces: &[command.to_owned()],
            spare: None,
            bounds,
            most: ANSWERS,
        };
        self.ask_all(ask, each).await
    }

    /// As [`Session::ask`], where nothing is wanted but the tagged OK.
    pub(super) async fn order(&mut self, command: &str) -> Result<Status, Stop> {
        self.ask(command, SMALL, |_| Ok(())).await
    }

    /// As [`Session::ask`], for a command in pieces.
    pub(super) async fn ask_all(
        &mut self,
        ask: Ask<'_>,
        mut each: impl FnMut(Response) -> Result<(), Fault>,
    ) -> Result<Status, Stop> {
        let mut pieces = ask.pieces.iter().map(String::as_str).chain(ask.spare);
        let tag = self.begin(pieces.next().unwrap_or_default()).await?;
        for _ in 0..ask.most {
            let response = self.next(ask.bounds).await?;
            if let Response::Tagged(told, status) = response {
                return ended(&tag, &told, status);
            } else if response == Response::Continue {
                let piece = pieces.next().ok_or_else(out_of_step)?;
                self.wire.write(format!("{piece}\r\n").as_bytes()).await?;
            } else {
                each(response)?;
            }
        }
        Err(malformed("the server's answer has no end").into())
    }

    /// Says a command, or the first piece of one, and gives its tag.
    pub(super) async fn begin(&mut self, command: &str) -> Result<String, Fault> {
        self.tag = self.tag.wrapping_add(1);
        let tag = format!("A{}", self.tag);
        self.wire.begin_step();
        self.wire
            .write(format!("{tag} {command}\r\n").as_bytes())
            .await?;
        Ok(tag)
    }

    /// The next answer, whole. A BYE is a fault; of mails that come or go is taken note.
    pub(super) async fn next(&mut self, bounds: Bounds) -> Result<Response, Fault> {
        let response = self.read(bounds).await?;
        if let Response::Status(status) = &response
            && status.kind == Kind::Bye
        {
            return Err(Fault::Bye(self.told(status)));
        } else if let Response::Exists(count) = response {
            self.news |= self.exists.is_some_and(|known| known != count);
            self.exists = Some(count);
        } else if response == Response::Expunged {
            self.exists = self.exists.map(|known| known.saturating_sub(1));
        }
        Ok(response)
    }

    /// What a status says, for a person.
    pub(super) fn told(&self, status: &Status) -> String {
        let words = match status.words.as_str() {
            "" => &status.code,
            words => words,
        };
        self.hidden.told(words)
    }

    async fn read(&mut self, bounds: Bounds) -> Result<Response, Fault> {
        loop {
            let fed = self.assembler.feed(self.wire.buffer(), bounds);
            let (read, whole) = fed.map_err(|fault| self.unreadable(fault))?;
            self.wire.consume(read);
            match whole {
                Some(response) => return Ok(response),
                None => self.wire.fill().await?,
            }
        }
    }

    fn unreadable(&self, fault: Malformed) -> Fault {
        match (fault, self.mail) {
            (Malformed::Literal(_), Some(uid)) => Fault::TooLarge(uid),
            (fault, _) => fault.into(),
        }
    }
}

/// What the tagged end of a command says, which must be that with our tag.
pub(super) fn ended(tag: &str, told: &str, status: Status) -> Result<Status, Stop> {
    match (told == tag, status.kind) {
        (false, _) => Err(out_of_step().into()),
        (true, Kind::Ok) => Ok(status),
        (true, Kind::No | Kind::Bad | Kind::Bye | Kind::Preauth) => Err(Stop::Refused(status)),
    }
}

/// What was said answers something else than was asked.
pub(super) fn out_of_step() -> Fault {
    malformed("the server answers something else than it was asked")
}

pub(super) fn malformed(what: &str) -> Fault {
    Fault::Malformed(what.to_owned())
}

impl From<Malformed> for Fault {
    fn from(fault: Malformed) -> Self {
        malformed(&fault.to_string())
    }
}
