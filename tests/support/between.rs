//! Two servers of one network, and the line between them, which breaks and heals.

use std::cell::RefCell;

use super::ircd::{Bare, Inspircd, Ircd, Ngircd};
use super::port::free_port;
use super::process::try_until;
use super::proxy::Proxy;

/// The servers, linked.
pub struct Linked {
    pub near: Ircd,
    pub far: Ircd,
    line: Proxy,
    /// The port at which the near one takes the other.
    port: u16,
    /// Somebody on the near one, who sees which servers there are.
    looker: RefCell<Bare>,
}

/// The names of the two.
const NEAR: &str = "near.test.invalid";
const FAR: &str = "far.test.invalid";

impl Linked {
    #[track_caller]
    pub fn ngircds() -> Self {
        let near = Ngircd::linked(NEAR, FAR, None).start();
        let line = Proxy::start(near.port);
        let far = Ngircd::linked(FAR, NEAR, Some(line.port)).start();
        let port = near.port;
        Self::of(near, far, line, port)
    }

    #[track_caller]
    pub fn inspircds() -> Self {
        let port = free_port();
        let near = Inspircd::linked([NEAR, "1NE"], FAR, (port, None)).start();
        let line = Proxy::start(port);
        let far = Inspircd::linked([FAR, "2FA"], NEAR, (free_port(), Some(line.port))).start();
        Self::of(near, far, line, port)
    }

    #[track_caller]
    fn of(near: Ircd, far: Ircd, line: Proxy, port: u16) -> Self {
        let looker = RefCell::new(Bare::on(&near, "looker"));
        let linked = Self {
            near,
            far,
            line,
            port,
            looker,
        };
        linked.until_linked(true);
        linked
    }

    /// Neither server hears the other any more, and both know it.
    #[track_caller]
    pub fn splits(&self) {
        // There nobody takes a connection.
        self.line.lead_to(free_port());
        self.line.breaks();
        self.until_linked(false);
    }

    /// They are one network again.
    #[track_caller]
    pub fn heals(&self) {
        self.line.lead_to(self.port);
        self.until_linked(true);
    }

    #[track_caller]
    fn until_linked(&self, wanted: bool) {
        try_until("the servers to be linked, or not", 60, || {
            let links = self.looker.borrow_mut().asks("LINKS");
            match links.contains(FAR) == wanted {
                true => Ok(()),
                false => Err(links),
            }
        });
    }
}
