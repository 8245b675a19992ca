//! Reports of mail systems: the ids that are read stand in the report, and its words are safe to show.
#![no_main]

use iim::protocol::address::Address;
use iim::protocol::dsn::{self, Action, Report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let Ok(reports) = dsn::read(raw) else { return };
    assert!(!reports.is_empty() && reports.len() <= 100);
    let text = String::from_utf8_lossy(raw);
    let lower = text.to_ascii_lowercase();
    // An encoding hides what a part says; there the id need not be seen from outside.
    let plain = !["base64", "quoted-printable", "=?", "x-uue", "charset"]
        .iter()
        .any(|word| lower.contains(word));
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    for report in &reports {
        sound(report);
        for id in &report.original_message_ids {
            assert!(
                !plain || packed.contains(&format!("<{id}")) || packed.contains(id.as_str()),
                "{id:?} is not in it"
            );
        }
    }
});

fn sound(report: &Report) {
    assert!(report.original_message_ids.len() <= 20);
    for id in &report.original_message_ids {
        assert!(
            !id.is_empty() && !id.contains(|c: char| c.is_control() || c.is_whitespace()),
            "{id:?}"
        );
    }
    if let Some(recipient) = &report.recipient {
        assert_eq!(Address::parse(recipient.as_str()).as_ref(), Ok(recipient));
    }
    assert!(!report.reason.is_empty() && report.reason.len() <= 300);
    assert!(
        !report.reason.contains(char::is_control),
        "{:?}",
        report.reason
    );
    let status = report.status.as_bytes();
    assert!(
        matches!(status, [] | [b'2' | b'4' | b'5', b'.', ..]),
        "{:?}",
        report.status
    );
    let passing = status.first() == Some(&b'4');
    assert_eq!(
        report.permanent,
        report.action == Action::Failed && !passing
    );
}
