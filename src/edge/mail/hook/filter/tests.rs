//! What goes through the hook, byte for byte, over real pipes and files.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]
use super::*;
use std::io::{Seek, pipe};
use std::os::fd::OwnedFd;
use std::thread;

/// Runs a filter with pipes on both sides, fed in pieces of `size` bytes.
fn through_pipes(mail: &[u8], size: usize, handle: fn(&Candidate) -> Verdict) -> (Vec<u8>, u8) {
    let (reader, mut writer) = pipe().unwrap();
    let (mut out_reader, out_writer) = pipe().unwrap();
    let mail = mail.to_vec();
    let feeder = thread::spawn(move || {
        for piece in mail.chunks(size) {
            writer.write_all(piece).unwrap();
        }
    });
    let eater = thread::spawn(move || {
        let mut out = Vec::new();
        out_reader.read_to_end(&mut out).unwrap();
        out
    });
    let input = File::from(OwnedFd::from(reader));
    let output = File::from(OwnedFd::from(out_writer));
    let code = filter(&input, &output, handle).unwrap();
    drop(output);
    feeder.join().unwrap();
    (eater.join().unwrap(), code)
}

fn file_with(mail: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(mail).unwrap();
    file.rewind().unwrap();
    file
}

fn through_files(mail: &[u8], handle: fn(&Candidate) -> Verdict) -> (Vec<u8>, u8) {
    let mut output = tempfile::tempfile().unwrap();
    let code = filter(&file_with(mail), &output, handle).unwrap();
    let mut out = Vec::new();
    output.rewind().unwrap();
    output.read_to_end(&mut out).unwrap();
    (out, code)
}

fn never(candidate: &Candidate) -> Verdict {
    panic!("handled: {:?}", String::from_utf8_lossy(&candidate.raw))
}

fn huge_header() -> Vec<u8> {
    let mut mail = b"Subject: x\n".to_vec();
    while mail.len() < 3 * LONGEST {
        mail.extend_from_slice(b"X-Padding: ................................................\n");
    }
    mail
}

#[test]
fn a_mail_that_is_not_ours_passes_byte_for_byte() {
    let big: Vec<u8> = b"Subject: x\r\n\r\n"
        .iter()
        .copied()
        .chain((0..300_000u32).map(|n| n as u8))
        .collect();
    let huge = [huge_header(), b"\nbody\n".to_vec()].concat();
    for mail in [
        &b"From: a\nTo: b\n\nbody\n"[..],
        b"From: a\r\nTo: b\r\n\r\nbody\r\n",
        b"From bob Thu Jan  1 00:00:00 1970\nFrom: a\n\nbody\n\n",
        b"From: a\nTo: b\n",
        b"From: a\nTo: b\n\n",
        b"From: a\n\nno final newline",
        b"no header at all",
        b"\nonly a body\nIIM: 1\n",
        b"Subject: \xff\xfe\x00\xe9\n\n\x00\xff\xfe\n",
        b"Subject: x\n\nIIM: 1\nIIM-Status: in the body\n",
        b"Subject: x\rIIM: 1\n\nbody",
        b"",
        b"\n",
        b"\r\n",
        &big,
        &huge,
    ] {
        let shown = String::from_utf8_lossy(&mail[..mail.len().min(60)]).into_owned();
        assert!(
            through_files(mail, never) == (mail.to_vec(), 0),
            "{shown:?}"
        );
        for size in [1, 7, 4096, 100_000] {
            if mail.len() / size < 5000 {
                assert!(
                    through_pipes(mail, size, never) == (mail.to_vec(), 0),
                    "{shown:?} by {size}"
                );
            }
        }
    }
}

#[test]
fn a_status_line_from_outside_is_left_out() {
    let huge = huge_header();
    for (mail, left) in [
        (
            b"IIM-Status: text from bob\nFrom: a\n\nbody".to_vec(),
            b"From: a\n\nbody".to_vec(),
        ),
        (
            b"From x\nFrom: a\niim-status: a\n b\nTo: b\n\nbody".to_vec(),
            b"From x\nFrom: a\nTo: b\n\nbody".to_vec(),
        ),
        (
            [&huge[..], b"IIM-Status: x\n\nIIM-Status: y\n"].concat(),
            [&huge[..], b"\nIIM-Status: y\n"].concat(),
        ),
        ([&huge[..], b"IIM-Status: x"].concat(), huge.clone()),
    ] {
        assert!(through_files(&mail, never) == (left.clone(), 0));
        assert!(through_pipes(&mail, 5000, never) == (left, 0));
    }
}

#[test]
fn a_handled_mail_gets_one_line_on_top() {
    for (mail, out) in [
        ("IIM: 1\n\nbody", "IIM-Status: done\nIIM: 1\n\nbody"),
        (
            "From: a\r\nIIM: 1\r\n\r\nbody\r\n",
            "IIM-Status: done\r\nFrom: a\r\nIIM: 1\r\n\r\nbody\r\n",
        ),
        (
            "From bob Thu\nIIM: 1\nIIM-Status: forged\n\nb",
            "From bob Thu\nIIM-Status: done\nIIM: 1\n\nb",
        ),
        (
            "iim: 1\nIIM-STATUS: forged\n more\n",
            "IIM-Status: done\niim: 1\n",
        ),
    ] {
        let handle = |_: &Candidate| Verdict::Handled("done".to_owned());
        assert_eq!(
            through_files(mail.as_bytes(), handle),
            (out.as_bytes().to_vec(), 0),
            "{mail:?}"
        );
        assert_eq!(
            through_pipes(mail.as_bytes(), 3, handle),
            (out.as_bytes().to_vec(), 0),
            "{mail:?}"
        );
    }
}

#[test]
fn verdicts_become_output_and_code() {
    let mail = b"IIM: 1\nIIM-Status: forged\n\nbody";
    type Handle = fn(&Candidate) -> Verdict;
    let cases: [(&str, Handle, &[u8], u8, u8); 4] = [
        ("trouble", |_| Verdict::Trouble, mail, 75, 75),
        (
            "left",
            |_| Verdict::Left("blocked".to_owned()),
            b"IIM-Status: blocked\nIIM: 1\n\nbody",
            0,
            1,
        ),
        ("not ours", |_| Verdict::NotOurs, b"IIM: 1\n\nbody", 0, 1),
        (
            "unclean",
            |_| Verdict::Handled("a\r\nX: \u{202e}b\u{1b}[1m".to_owned()),
            b"IIM-Status: a??X: ?b?[1m\nIIM: 1\n\nbody",
            0,
            0,
        ),
    ];
    for (case, handle, out, filtered, delivered) in cases {
        let passed = through_files(mail, handle);
        assert_eq!(
            String::from_utf8_lossy(&passed.0),
            String::from_utf8_lossy(out),
            "{case}"
        );
        assert_eq!(passed.1, filtered, "{case}");
        assert_eq!(
            deliver(&file_with(mail), handle).unwrap(),
            delivered,
            "{case}"
        );
    }
}

#[test]
fn the_handler_gets_the_whole_mail_and_its_kind() {
    let report = "Content-Type: multipart/report; report-type=delivery-status\n\nbody";
    for (mail, kind, inner) in [
        ("IIM: 1\n\nbody", Kind::Marked, "IIM: 1\n\nbody"),
        ("From x\nIIM: 1\n\nbody", Kind::Marked, "IIM: 1\n\nbody"),
        (report, Kind::Report, report),
    ] {
        let mut got = None;
        let handle = |candidate: &Candidate| {
            got = Some(candidate.clone());
            Verdict::Handled("".to_owned())
        };
        assert_eq!(deliver(&file_with(mail.as_bytes()), handle).unwrap(), 0);
        let got = got.unwrap();
        assert_eq!(
            (got.kind, got.raw.as_slice(), got.mail()),
            (kind, mail.as_bytes(), inner.as_bytes())
        );
    }
}

#[test]
fn what_is_too_large_is_shown_and_left_whatever_is_made_of_it() {
    let body = vec![b'x'; 2 * LONGEST];
    let ours = [b"IIM: 1\n\n", &body[..]].concat();
    let report = [
        &b"Content-Type: multipart/report; report-type=delivery-status\n\n"[..],
        &body,
    ]
    .concat();
    let marked = [b"IIM-Status: too large\n", &ours[..]].concat();
    let beginning = |candidate: &Candidate| {
        assert!(!candidate.whole && candidate.kind == Kind::Marked);
        assert_eq!(candidate.mail().len(), LONGEST);
        Verdict::Handled("whatever".to_owned())
    };
    assert!(through_pipes(&ours, 65_536, beginning) == (marked, 0));
    assert_eq!(deliver(&file_with(&ours), beginning).unwrap(), NOT_OURS);
    assert!(through_pipes(&report, 65_536, never) == (report.clone(), 0));
    assert_eq!(deliver(&file_with(&report), never).unwrap(), NOT_OURS);
    let just = [b"IIM: 1\n\n".to_vec(), vec![b'x'; LONGEST - 8]].concat();
    assert_eq!(
        deliver(&file_with(&just), |_| Verdict::Handled("".to_owned())).unwrap(),
        HANDLED
    );
}

#[test]
fn deliver_reads_all_so_that_nobody_gets_a_broken_pipe() {
    for head in [&b"Subject: x\n\n"[..], b"IIM: 1\n\n"] {
        let (reader, mut writer) = pipe().unwrap();
        let feeder = thread::spawn(move || {
            writer.write_all(head)?;
            (0..100).try_for_each(|_| writer.write_all(&[b'x'; 65_536]))
        });
        let input = File::from(OwnedFd::from(reader));
        let left = |_: &Candidate| Verdict::Left("too large".to_owned());
        assert_eq!(deliver(&input, left).unwrap(), NOT_OURS);
        drop(input);
        feeder.join().unwrap().unwrap();
    }
}

#[test]
fn an_output_that_fails_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    for mail in [&b"Subject: x\n\nbody"[..], b"IIM: 1\n\nbody"] {
        assert!(filter(&file_with(mail), &full, |_| Verdict::Handled("".to_owned())).is_err());
    }
}
