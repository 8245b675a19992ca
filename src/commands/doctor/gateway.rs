//! The gateway: its files, its devices, and whether each listener answers.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::certificate;
use super::finding::Findings;
use crate::account::Account;
use crate::edge::config::{Certificate, Gateway, Listen, Login};
use crate::edge::control::status::{ListenerStatus, Status};
use crate::rules::words::counted;

/// Looks at all of it; at nothing if there is no section `[gateway]`.
pub(crate) fn check(account: &mut Account, agent: Option<&Status>, found: &mut Findings) {
    let Some(gateway) = account.config.gateway.clone() else {
        return;
    };
    let files = gateway.certificate.as_ref();
    if let Some(files) = files {
        certificate::check(files, account.now(), found);
    }
    login(account, &gateway, found);
    let Some(agent) = agent else { return };
    let own = account.home.gateway_socket();
    let mend =
        "the agent tries again by itself; after a change in config.toml: kill -HUP, or restart it";
    for one in &gateway.listen {
        match shut(one, &agent.gateway) {
            Some(why) => found.fault(format!("gateway: {why}"), mend),
            None => listener(one, &own, files, found),
        }
    }
}

/// Why the agent cannot listen there, as it says itself: another program may answer in its place.
fn shut<'a>(listen: &Listen, known: &'a [ListenerStatus]) -> Option<&'a str> {
    let name = listen.to_string();
    let place = known.iter().find(|place| place.listen == name)?;
    place.reason.as_deref()
}

/// Who can come in.
fn login(account: &mut Account, gateway: &Gateway, found: &mut Findings) {
    match &gateway.login {
        Login::Open => open(gateway, found),
        Login::Password(password) => {
            if let Err(error) = password.read() {
                let mend = "see password_command and password_file in [gateway] of config.toml";
                found.error(error, mend);
            }
        }
        Login::Devices => match account.devices().all() {
            Err(error) => found.error(error, "restore the folder from a backup"),
            Ok(devices) if devices.iter().any(|device| device.has_password) => {
                let devices = counted(devices.len(), "device");
                found.ok(format!("gateway: {devices} may connect"));
            }
            Ok(_) => {
                let what = "gateway: there is no device, so nobody can connect";
                found.warn(what, "iim device add NAME");
            }
        },
    }
}

/// Whoever else works on this machine reaches a TCP port of it, but not the socket.
fn open(gateway: &Gateway, found: &mut Findings) {
    let port = |one: &&Listen| matches!(one, Listen::Tcp { .. });
    match gateway.listen.iter().find(port) {
        None => found.ok("gateway: open to whoever reaches its Unix socket: you alone"),
        Some(port) => {
            let mend = "leave open out and add devices, or listen on \"unix\" alone";
            let what = format!("gateway: open to every user of this machine, by {port}");
            found.warn(what, mend);
        }
    }
}

/// Connects as a client does.
fn listener(listen: &Listen, own: &Path, files: Option<&Certificate>, found: &mut Findings) {
    match reach(listen, own, files) {
        Ok(()) => found.ok(format!("gateway: {listen} answers")),
        Err(error) => {
            let why = certificate::in_words(&error);
            let mend = "the agent's log says why (journalctl --user -u iim-agent); after a change in config.toml: \
                        kill -HUP, or restart it";
            found.fault(format!("gateway: {listen} does not answer: {why}"), mend);
        }
    }
}

fn reach(listen: &Listen, own: &Path, files: Option<&Certificate>) -> io::Result<()> {
    let (at, tls, web) = match listen {
        Listen::Unix(path) => return reach_unix(path.as_deref().unwrap_or(own)),
        Listen::Tcp { at, tls, web } => (here(*at), *tls, *web),
    };
    let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match files.filter(|_| tls) {
        Some(files) => speak(certificate::client(files, stream)?, web),
        None => speak(stream, web),
    }
}

fn reach_unix(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let what = format!("{} has mode {mode:04o}, not 0600", path.display());
        return Err(io::Error::other(what));
    }
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    speak(stream, false)
}

/// Where a port that listens at all addresses is reached from here.
fn here(at: SocketAddr) -> SocketAddr {
    match at {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, at.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, at.port()).into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => at,
    }
}

/// Begins as an IRC client does, or as a browser; the first line of the answer tells whether it is the gateway.
fn speak(mut stream: impl Read + Write, web: bool) -> io::Result<()> {
    stream.write_all(if web { WEBSOCKET } else { b"CAP LS 302\r\n" })?;
    let mut line = Vec::new();
    BufReader::new((&mut stream).take(LONGEST)).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    let fits = match web {
        true => line.starts_with("HTTP/1.1 101 "),
        false => line.trim_end().split(' ').any(|word| word == "CAP"),
    };
    if !fits {
        return Err(io::Error::other("what answers is no gateway of iim"));
    }
    if !web {
        // It has answered; that it may be gone by now does not matter.
        let _gone = stream.write_all(b"QUIT\r\n");
    }
    Ok(())
}

/// The opening of a WebSocket (RFC 6455, section 4.1).
const WEBSOCKET: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest first line that is read, in bytes.
const LONGEST: u64 = 16 * 1024;

#[cfg(test)]
mod tests;
