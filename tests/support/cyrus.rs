//! A Cyrus of our own on loopback: IMAP and POP3, with TLS and without, and mail by LMTP. `tests/install` unpacks it into
//! `target/cyrus`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Place;
use super::ircd::certificates;
use super::process::{Running, daemon, free_port, run, until_listening};

/// A running Cyrus; everybody's password is "secret".
pub struct Cyrus {
    pub imap: u16,
    /// With TLS from the first byte.
    pub imaps: u16,
    pub pop3: u16,
    /// The authority that signed its certificate.
    pub ca: PathBuf,
    /// A program that delivers a mail: `-i -f FROM -- TO`.
    pub post: PathBuf,
    dir: PathBuf,
    running: Running,
}

/// Called as sendmail(8).
const POST: &str = "#!/usr/bin/python3\nimport smtplib, sys\nlmtp = smtplib.LMTP('127.0.0.1', @PORT@)\n\
    lmtp.sendmail(sys.argv[3], [sys.argv[5]], sys.stdin.buffer.read())\nlmtp.quit()\n";

/// All of a folder, as it is: each mail's uid, flags and bytes. \Recent is nobody's: it says that no session was told before.
const FOLDER: &str = r"
import imaplib, sys
imap = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
imap.login(sys.argv[2], 'secret')
if imap.select(sys.argv[3], readonly=True)[0] == 'OK':
    _, found = imap.uid('FETCH', '1:*', '(UID FLAGS BODY.PEEK[])')
    print(str(found).replace(r'\\Recent ', '').replace(r'\\Recent', ''))
imap.logout()
";

/// A mail of the person's own, with a flag.
const APPEND: &str = r"
import imaplib, sys
imap = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
imap.login(sys.argv[2], 'secret')
imap.append(sys.argv[3], sys.argv[4], None, sys.stdin.buffer.read().replace(b'\n', b'\r\n'))
imap.logout()
";

impl Cyrus {
    pub fn start(place: &Place, people: &[&str]) -> Self {
        let dir = place.join("cyrus");
        for folder in ["run", "spool", "lib/socket"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cyrus/usr");
        assert!(
            unpacked.exists(),
            "Cyrus is not installed: run tests/install"
        );
        let usr = dir.join("usr");
        run(Command::new("cp").arg("-a").arg(&unpacked).arg(&usr), b"").expect_code(0, "cp");
        let (ca, cert, key) = certificates(&["127.0.0.1"]);
        for (name, text) in [("ca.pem", ca), ("cert.pem", cert), ("key.pem", key)] {
            fs::write(dir.join(name), text).unwrap();
        }
        let [imap, imaps, pop3, lmtp] = std::array::from_fn(|_| free_port());
        let home = dir.display().to_string();
        fs::write(dir.join("imapd.conf"), IMAPD.replace("@DIR@", &home)).unwrap();
        fs::write(
            dir.join("cyrus.conf"),
            services(&home, [imap, imaps, pop3, lmtp]),
        )
        .unwrap();
        let post = POST.replace("@PORT@", &lmtp.to_string());
        let libraries = libraries(&usr);
        for person in people {
            let mut command = Command::new(usr.join("sbin/saslpasswd2"));
            command.env("LD_LIBRARY_PATH", &libraries);
            command.args(["-p", "-c", "-u", "cyrus", "-f"]);
            let added = run(command.arg(dir.join("users")).arg(person), b"secret");
            added.expect_code(0, "saslpasswd2");
        }
        run(Command::new("chown").args(["-R", "nobody"]).arg(&dir), b"").expect_code(0, "chown");
        let mut command = daemon(usr.join("sbin/cyrmaster"));
        command.env("LD_LIBRARY_PATH", &libraries);
        command.arg("-C").arg(dir.join("imapd.conf"));
        command.arg("-M").arg(dir.join("cyrus.conf"));
        command.arg("-p").arg(dir.join("run/pid"));
        let cyrus = Self {
            imap,
            imaps,
            pop3,
            ca: dir.join("ca.pem"),
            post: place.script("lmtp", &post),
            running: Running::start("cyrus", &mut command, &dir.join("output")),
            dir,
        };
        for port in [imap, imaps, pop3, lmtp] {
            until_listening("cyrus", port);
        }
        cyrus
    }

    /// All that is in somebody's folder, with each mail's uid and flags.
    pub fn folder(&self, person: &str, folder: &str) -> String {
        let port = self.imap.to_string();
        let words = ["-c", FOLDER, &port, person, folder];
        let out = run(Command::new("/usr/bin/python3").args(words), b"");
        out.expect_code(0, &out.errors())
    }

    /// Puts a mail of their own into somebody's folder, with these flags.
    pub fn append(&self, person: &str, folder: &str, flags: &str, mail: &[u8]) {
        let port = self.imap.to_string();
        let words = ["-c", APPEND, &port, person, folder, flags];
        let out = run(Command::new("/usr/bin/python3").args(words), mail);
        out.expect_code(0, &out.errors());
    }
}

impl Drop for Cyrus {
    fn drop(&mut self) {
        self.running.stop();
    }
}

fn libraries(usr: &Path) -> PathBuf {
    let all = fs::read_dir(usr.join("lib")).unwrap();
    let mut all = all.map(|entry| entry.unwrap().path());
    all.find(|path| path.join("libcyrus.so.0").exists())
        .unwrap()
}

const IMAPD: &str = "configdirectory: @DIR@/lib\nproc_path: @DIR@/run/proc\nmboxname_lockpath: @DIR@/run/lock\n\
    lmtpsocket: @DIR@/run/lmtp\nidlesocket: @DIR@/run/idle\nnotifysocket: @DIR@/run/notify\n\
    defaultpartition: default\npartition-default: @DIR@/spool\ncyrus_user: nobody\nservername: cyrus\n\
    sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\nsasl_sasldb_path: @DIR@/users\n\
    sasl_mech_list: PLAIN LOGIN\nallowplaintext: yes\n\
    tls_server_cert: @DIR@/cert.pem\ntls_server_key: @DIR@/key.pem\ntls_client_ca_dir: /etc/ssl/certs\n\
    altnamespace: yes\nunixhierarchysep: yes\nlmtp_downcase_rcpt: yes\npopminpoll: 0\n\
    autocreate_quota: 0\nautocreate_post: yes\nautocreate_inbox_folders: Junk|Trash\n\
    xlist-junk: Junk\nxlist-trash: Trash\n";

fn services(dir: &str, [imap, imaps, pop3, lmtp]: [u16; 4]) -> String {
    let cmd = |words: &str| {
        let (program, rest) = words.split_once(' ').unwrap_or((words, ""));
        format!("cmd=\"{dir}/usr/lib/cyrus/bin/{program} -C {dir}/imapd.conf {rest}\"")
    };
    let at = |name: &str, words: &str, port: u16| {
        format!("  {name} {} listen=\"127.0.0.1:{port}\"\n", cmd(words))
    };
    format!(
        "START {{\n  recover {}\n  idled {}\n}}\nSERVICES {{\n{}{}{}{}}}\nEVENTS {{\n}}\n",
        cmd("ctl_cyrusdb -r"),
        cmd("idled"),
        at("imap", "imapd", imap),
        at("imaps", "imapd -s", imaps),
        at("pop3", "pop3d", pop3),
        at("lmtp", "lmtpd -a", lmtp),
    )
}
