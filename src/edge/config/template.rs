//! The `config.toml` that `iim setup` writes: every key is in it, in plain words.
//!
//! A line `# …` explains; a line `#key = value` shows a key that is not set.

use super::values::{NetworkUrl, SmtpUrl};
use crate::protocol::address::Address;

/// What `iim setup` knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Our own address.
    pub address: Address,
    /// The name that requests carry.
    pub name: Option<String>,
    /// The networks.
    pub networks: Vec<NetworkUrl>,
    /// The way out for mail; `None` leaves the usual sendmail.
    pub mail: Option<SetupMail>,
    /// Whether the user's own IRC clients may connect.
    pub gateway: bool,
}

/// The way out for mail, as setup was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupMail {
    /// `--sendmail CMD`.
    Sendmail(String),
    /// `--smtp URL`, as it was given (checked by parsing it as [`SmtpUrl`]).
    Smtp(String),
}

pub(super) fn write(setup: &Setup) -> String {
    let networks: String = setup.networks.iter().map(network).collect();
    let networks = match networks.is_empty() {
        true => NO_NETWORK.to_owned(),
        false => networks,
    };
    let name = match &setup.name {
        Some(name) => format!("name = {}", quoted(name)),
        None => format!("#name = {}", quoted(setup.address.local())),
    };
    HEAD.replace("{address}", &quoted(setup.address.as_str()))
        .replace("{name}", &name)
        + &networks
        + NETWORK_KEYS
        + &MAIL.replace("{out}", &out(setup.mail.as_ref()))
        + REST
        + &GATEWAY.replace(
            "{gateway}",
            if setup.gateway {
                "[gateway]"
            } else {
                "#[gateway]"
            },
        )
}

fn network(network: &NetworkUrl) -> String {
    let NetworkUrl { name, server, tls } = network;
    let insecure = match !tls && !server.is_loopback() {
        true => "insecure = true\n",
        false => "",
    };
    format!(
        "[[network]]\nname = {}\nservers = [{}]\ntls = {tls}\n{insecure}\n",
        quoted(name),
        quoted(&server.to_string()),
    )
}

fn out(mail: Option<&SetupMail>) -> String {
    let (sendmail, smtp) = match mail {
        None => ("#sendmail = \"/usr/sbin/sendmail\"".to_owned(), None),
        Some(SetupMail::Sendmail(command)) => (format!("sendmail = {}", quoted(command)), None),
        Some(SetupMail::Smtp(url)) => ("#sendmail = \"/usr/sbin/sendmail\"".to_owned(), Some(url)),
    };
    let user = smtp.and_then(|u| u.parse::<SmtpUrl>().ok()?.user);
    let password = match user {
        Some(_) => "password_file = \"smtp-password\"",
        None => "#password_file = \"smtp-password\"",
    };
    let smtp = match smtp {
        Some(url) => format!("smtp = {}", quoted(url)),
        None => "#smtp = \"smtps://user@mail.example.org:465\"".to_owned(),
    };
    OUT.replace("{sendmail}", &sendmail)
        .replace("{smtp}", &smtp)
        .replace("{password}", password)
}

/// The text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

const HEAD: &str = "\
# The configuration of iim. The program reads it and never writes it.
# Lines that begin with #key show what holds as long as you do not set the key yourself, or an example.
# Paths are meant from the folder of this file, or begin with / or ~/.

# Your mail address: who you are. Friends ask this address, and your mail is sent from it.
address = {address}

# Your other addresses, if mail to them reaches this program too. Whoever asks one of them knows you by it: towards them
# it is your address in everything, also if you take it out here again.
#also = [\"robert@example.org\", \"bob+iim@example.net\"]

# The name that your requests carry, so that people know who asks; at most 64 bytes.
{name}

# The IRC networks that you are on, at most eight, each in a section [[network]] of its own. You are on all of
# them under a secret nickname, so that a friend finds you while any of them is up. Ask the people of a network
# before you let a program run on it.

";

const NO_NETWORK: &str = "\
# You named no network: all goes by mail, and nobody sees whether you are there. An example:
#
#   [[network]]
#   name = \"libera\"
#   servers = [\"irc.libera.chat:6697\"]

";

const NETWORK_KEYS: &str = "\
# All keys of a network (copy what you need into its section above):
#
#   name = \"libera\"
#       What friends call it too; lower case. The first server's name, when there is none.
#   servers = [\"irc.libera.chat:6697\", \"irc.eu.libera.chat:6697\"]
#       One to four servers, as host:port. They are tried in order.
#   tls = true
#       Whether the connection is encrypted. Without it everybody on the way reads which nicknames talk.
#   insecure = false
#       true allows tls = false for a server that is not on this machine.
#   ca = \"ca.pem\"
#       A file with the certificate authority to trust, instead of the system's.
#   server_password_command = \"pass show irc/server\"
#   server_password_file = \"server-password\"
#       Where the server's password comes from, if it wants one: the first line that a program prints, or the
#       first line of a file that only you can read. Passwords never stand in this file.
#   sasl = { mechanism = \"plain\", user = \"you\", password_command = \"pass show irc/you\" }
#       Logs in to an account of the network (password_file does as well). An account name can be seen by all and
#       links all your nicknames: who is to be hidden from then knows you all the same.
#   client_cert = \"client.pem\"
#       A file with a certificate and its key, for sasl = { mechanism = \"external\" }.
#   proxy = \"socks5://127.0.0.1:9050\"
#       Reaches the network through a SOCKS5 proxy, such as Tor.
#   flood = { burst = 4, per_second = 0.5 }
#       How many lines may be sent at once, and how many a second after that. Too fast, and the server cuts us off.

";

const MAIL: &str = "\
# How mail leaves.
[mail]
{out}
# Mails that iim sends by itself in any 24 hours, so that your provider does not take you for a spammer. What you
# write yourself goes first. 0 is no limit.
#per_day = 200

# true leaves handled mails in your mailbox too.
#keep = false

";

const OUT: &str = "\
# By a program: it is run as CMD -i -f FROM -- TO, with the mail on its standard input.
{sendmail}
# Or by a server (one of the two): smtps://user@host:465, smtp://host:587?tls=required, or smtp://127.0.0.1:25.
{smtp}
# The server's password: the first line that a program prints, or the first line of a file that only you can read.
#password_command = \"pass show mail/you\"
{password}
# A file with a certificate authority to trust for the server, besides the system's.
#ca = \"mail-ca.pem\"
";

const REST: &str = "\
[presence]
# The names of the networks on which you watch your friends; all, when it is not set.
#watch = [\"libera\"]

# Seconds between two questions who is there, where a server does not tell by itself.
#poll = 15

# How long one nickname holds, \"1h\" to \"30d\". Your friends work out the next one by themselves.
#window = \"1d\"

# Seconds after which a friend who vanished is shown as gone: networks split and come together again.
#grace = 180

[accept]
# Which requests are shown to you: \"ask\" (all), \"known\" (only with an invite of yours, from addresses matching
# auto, from friends, or from people you asked), or \"nobody\".
#policy = \"ask\"

# Addresses whose requests are accepted without a question; * stands for anything.
#auto = [\"*@example.org\"]

[receipts]
# true tells your friends when you have read a text. That it arrived is told always.
#read = false

[hooks]
# Programs that the agent runs when something happens: a program and its arguments, run without a shell, with the
# event as JSON on its standard input; one at a time, and for at most 30 seconds.
# A friend comes, goes, or changes status:
#presence = \"notify-friend\"
# A text arrives:
#text = [\"notify-text\", \"--loud\"]
# A friend gives a text another wording, takes one back, or reacts to one:
#change = \"notify-change\"
# Somebody asks to be your friend:
#request = \"notify-request\"
";

const GATEWAY: &str = "
# Your own IRC clients: with this section the agent is an IRC server for you alone, and your friends are in it under
# the names you gave them. Each client is a device with a password of its own: `iim device add NAME` makes it.
{gateway}
# Where it listens: \"unix\" (gateway.sock beside the agent's socket, for you alone; \"unix:PATH\" elsewhere),
# \"127.0.0.1:6667\" (this machine), \"tls://0.0.0.0:6697\" (anywhere; without TLS only this machine is allowed), and
# for web clients \"ws://127.0.0.1:8067\" and \"wss://0.0.0.0:8097\" (WebSocket).
# Another user of this machine who takes a port without TLS before the agent does would get a password that is typed into it:
# clients that log in by SCRAM-SHA-256 send none, and the Unix socket is yours alone.
#listen = [\"unix\", \"127.0.0.1:6667\"]

# The certificate for TLS and its key, as PEM files; without key it stands in the first. A new one is taken by itself.
#certificate = \"/etc/letsencrypt/live/chat.example.org/fullchain.pem\"
#key = \"/etc/letsencrypt/live/chat.example.org/privkey.pem\"

# true lets in whoever reaches it, without a password; only where all listeners are on this machine. Other users of
# the machine reach 127.0.0.1 too, but not the Unix socket.
#open = false

# One password for all devices, beside those of `iim device`: the first line that a program prints, or the first line
# of a file that only you can read. Devices with a password of their own can be locked out one by one.
#password_command = \"pass show iim/gateway\"
#password_file = \"gateway-password\"

# How many texts at most a client gets when it comes back and cannot ask for history itself: all that is unread, however
# much that is, then the newest of the rest. All that its device has not had, when it is not set.
#replay = 1000

# false is for clients that put what you write on another device into a window under your own name (HexChat, Srain): it
# comes in the friend's window then, as a line of theirs with an arrow in front.
#self_messages = true

# Whether the client of a device shows reactions, and what a text answers, by their tags; else they come in words. Of devices
# that are not named it is guessed, and where in doubt they come in words.
#tags = { phone = true, laptop = false }

# Web pages that may connect by WebSocket, as scheme, host and port. Programs that are no browsers need none.
#origins = [\"https://chat.example.org\"]
";
