//! A small mail server on a host of its own: it takes mails by SMTP and puts them where the postman looks.

use std::fs;
use std::path::PathBuf;

use super::netns::{Host, Land};
use crate::support::account::{Account, Place};
use crate::support::ircd::certificates;
use crate::support::process::{Running, need};

/// The server.
pub struct PostServer {
    running: Option<Running>,
    script: PathBuf,
    spool: PathBuf,
    log: PathBuf,
    certificate: PathBuf,
    ca: PathBuf,
    pub host: Host,
}

impl PostServer {
    pub fn start(land: &Land, place: &Place) -> Self {
        need(&["python3"]);
        let mut server = Self {
            running: None,
            script: place.script("smtp.py", SMTP),
            spool: place.join("spool"),
            log: place.join("smtp.log"),
            certificate: place.join("smtp.pem"),
            ca: place.join("smtp-ca.pem"),
            host: land.host("mail"),
        };
        let (ca, certificate, key) = certificates(&[server.host.address(), NAME]);
        fs::write(&server.ca, ca).unwrap();
        fs::write(&server.certificate, certificate + &key).unwrap();
        server.start_again();
        server
    }

    /// From now on somebody's mail leaves by this server, which they call by this name.
    pub fn serve(&self, account: &Account, sendmail: &str, host: &str) {
        let (before, smtp) = (
            format!("sendmail = \"{sendmail}\""),
            format!("smtp = \"smtps://{host}:{PORT}\""),
        );
        let ca = format!("ca = \"{}\"", self.ca.display());
        account.configure(&[(&before, &smtp), ("#ca = \"mail-ca.pem\"", &ca)]);
    }

    /// Kills it; its host refuses connections then.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    pub fn start_again(&mut self) {
        let mut command = self.host.daemon("/usr/bin/python3");
        command.arg(&self.script).arg(self.host.address());
        command.arg(&self.spool).arg(&self.certificate);
        self.running = Some(Running::start("the mail server", &mut command, &self.log));
        self.host.until_listening("the mail server", PORT);
    }
}

/// What it may be called.
pub const NAME: &str = "mail.test.invalid";
const PORT: u16 = 2525;

const SMTP: &str = r#"
import os, socketserver, ssl, sys, time

class Talk(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mail.test.invalid")
        while True:
            line = self.rfile.readline().decode().strip()
            verb = line.upper()
            if not line or verb == "QUIT":
                return
            if verb.startswith("MAIL"):
                sender = line[line.index("<") + 1:line.index(">")]
            if verb.startswith("RCPT"):
                to = line[line.index("<") + 1:line.index(">")]
            if verb.startswith("EHLO"):
                self.say("250-mail.test.invalid")
                self.say("250 8BITMIME")
            elif verb == "DATA":
                self.say("354 go on")
                self.take(sender, to)
                self.say("250 taken")
            else:
                self.say("250 ok")

    def take(self, sender, to):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line.removeprefix(b".").replace(b"\r\n", b"\n"))
        name = f"{time.time_ns()}.{os.getpid()},{sender},{to}"
        spool = sys.argv[2]
        with open(f"{spool}/tmp/{name}", "wb") as file:
            file.write(b"".join(lines))
        os.rename(f"{spool}/tmp/{name}", f"{spool}/new/{name}")

address, _, certificate = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def finish_request(self, request, client):
        super().finish_request(tls.wrap_socket(request, server_side=True), client)

Server((address, 2525), Talk).serve_forever()
"#;
