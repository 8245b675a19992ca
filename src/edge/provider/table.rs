//! Large mail providers: what their own pages say of their servers, and what a person must know there.
//!
//! A row holds only what the named page says; a provider whose page nobody has read has no row. Those have a file of their
//! own (autoconfig), or are asked for.

use super::Servers;
use crate::edge::config::{FetchUrl, SmtpUrl};
use crate::protocol::address::Address;

/// A mail provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// What people call it.
    pub name: &'static str,
    /// The domains of its addresses.
    pub domains: &'static [&'static str],
    /// The servers for incoming and outgoing mail; `None`: it has none that other programs may use.
    pub servers: Option<(&'static str, &'static str)>,
    /// Whether only a token logs in, no password.
    pub token_only: bool,
    /// Mails that an account may send in a day, by whatever program.
    pub limit: Option<u32>,
    /// What a person must know or do, in one line.
    pub hint: &'static str,
    /// The pages that say all this.
    pub pages: &'static [&'static str],
    /// The day on which they were read, in an archive's copies.
    pub read: &'static str,
}

/// All that are known.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Gmail",
        domains: &["gmail.com", "googlemail.com"],
        servers: Some(("imaps://imap.gmail.com", "smtps://smtp.gmail.com")),
        token_only: false,
        limit: Some(500),
        hint: "Gmail takes an app password, not your usual one: in your Google Account turn on 2-Step Verification, then make \
               one under Security, App passwords",
        pages: &[
            "https://developers.google.com/workspace/gmail/imap/imap-smtp",
            "https://knowledge.workspace.google.com/kb/how-to-generate-an-app-passwords-000009237",
        ],
        read: "2026-11-29",
    },
    Provider {
        name: "Fastmail",
        domains: &["fastmail.com"],
        servers: Some(("imaps://imap.fastmail.com", "smtps://smtp.fastmail.com")),
        token_only: false,
        limit: None,
        hint: "Fastmail takes an app password, not your usual one: make one for this program in its settings",
        pages: &["https://www.fastmail.com/help/technical/servernamesandports.html"],
        read: "2026-11-29",
    },
    Provider {
        name: "mailbox.org",
        domains: &["mailbox.org"],
        servers: Some(("imaps://imap.mailbox.org", "smtps://smtp.mailbox.org")),
        token_only: false,
        limit: None,
        hint: "with two-factor login mailbox.org takes an application password: make one under All settings, Security, \
               Application passwords",
        pages: &["https://kb.mailbox.org/en/private/e-mail/e-mail-configuration"],
        read: "2026-11-29",
    },
    Provider {
        name: "Disroot",
        domains: &["disroot.org"],
        servers: Some(("imaps://disroot.org", "smtps://disroot.org")),
        token_only: false,
        limit: None,
        hint: "Disroot takes your usual password",
        pages: &[
            "https://git.disroot.org/Disroot/Howto/src/commit/9f1a0e83cae03c75198ff3e39462c90e66872b56/pages/02.tutorials/03.Email/00.settings/docs.en.md",
        ],
        read: "2026-11-29",
    },
    Provider {
        name: "Outlook.com",
        domains: &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        servers: Some((
            "imaps://outlook.office365.com",
            "smtp://smtp-mail.outlook.com?tls=required",
        )),
        token_only: true,
        limit: None,
        hint: "Outlook.com takes no password from other programs: give --token-command with a helper that prints an OAuth 2 \
               token (oama, mutt_oauth2), and turn on IMAP in its settings, under Mail, Forwarding and IMAP",
        pages: &[
            "https://support.microsoft.com/en-us/office/pop-imap-and-smtp-settings-8361e398-8af4-4e97-b147-6c6c4ac95353",
        ],
        read: "2026-11-29",
    },
    Provider {
        name: "Proton Mail",
        domains: &["proton.me", "protonmail.com", "pm.me"],
        servers: None,
        token_only: false,
        limit: None,
        hint: "Proton Mail lets no other program in: its Bridge, on this machine, is an IMAP and SMTP server (name it with \
               --imap and --smtp), or use an address elsewhere",
        pages: &["https://github.com/ProtonMail/proton-bridge"],
        read: "2026-11-29",
    },
];

impl Provider {
    /// The provider of an address.
    pub fn of(address: &Address) -> Option<&'static Self> {
        let here = |row: &&Self| row.domains.contains(&address.domain());
        PROVIDERS.iter().find(here)
    }

    /// The provider to whom a server belongs, as with an address of one's own domain there.
    pub fn with_server(host: &str) -> Option<&'static Self> {
        let here = |row: &&Self| {
            let urls = row.servers.map(|(fetch, smtp)| [fetch, smtp]);
            let urls = urls.into_iter().flatten();
            let mut hosts = urls.filter_map(|url| url.split("://").nth(1)?.split('?').next());
            hosts.any(|one| one == host)
        };
        PROVIDERS.iter().find(here)
    }

    /// Its servers, for this address.
    pub fn servers_for(&self, address: &Address) -> Option<Servers> {
        let (fetch, smtp) = self.servers?;
        let user = Some(address.to_string());
        Some(Servers {
            fetch: FetchUrl {
                user: user.clone(),
                ..fetch.parse().ok()?
            },
            smtp: SmtpUrl {
                user,
                ..smtp.parse().ok()?
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::edge::config::Security;

    #[test]
    fn each_row_is_whole_and_no_domain_stands_twice() {
        let mut domains = BTreeSet::new();
        for row in PROVIDERS {
            let name = row.name;
            assert!(!row.hint.is_empty() && !row.hint.ends_with('.'), "{name}");
            assert!(!row.hint.contains("  "), "{name}");
            let is_page = |page: &&str| page.starts_with("https://");
            assert!(
                !row.pages.is_empty() && row.pages.iter().all(is_page),
                "{name}"
            );
            assert!(row.read.parse::<jiff::civil::Date>().is_ok(), "{name}");
            assert!(row.limit.is_none_or(|limit| limit >= 50), "{name}");
            for domain in row.domains {
                assert!(domains.insert(domain), "{domain}");
                let address = Address::parse(&format!("a.b@{domain}")).unwrap();
                assert_eq!(Provider::of(&address), Some(row), "{domain}");
                let servers = row.servers_for(&address);
                assert_eq!(servers.is_some(), row.servers.is_some(), "{domain}");
                if let Some(Servers { fetch, smtp }) = servers {
                    assert_ne!(fetch.security, Security::Plain, "{domain}");
                    assert_ne!(smtp.security, Security::Plain, "{domain}");
                    assert_eq!(fetch.user.as_deref(), Some(address.as_str()));
                    for server in [&fetch.server, &smtp.server] {
                        assert_eq!(Provider::with_server(&server.host), Some(row), "{server}");
                    }
                }
            }
        }
        let address = Address::parse("a@example.org").unwrap();
        assert_eq!(Provider::of(&address), None);
        assert_eq!(Provider::with_server("imap.example.org"), None);
        assert_eq!(Provider::with_server(""), None);
    }
}
