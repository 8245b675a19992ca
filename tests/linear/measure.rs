//! How long something takes at one and ten times the size.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The smaller size, in bytes; the larger is ten times as much.
pub(crate) const SMALL: usize = 12_000;
/// So often everything is measured that seems to grow faster than the size.
const ROUNDS: usize = 3;
/// What is so fast is fast enough.
pub(crate) const FLOOR: Duration = Duration::from_millis(4);
/// Pieces of text that have made some parser or other go back to where it began.
pub(crate) const PIECES: [&str; 64] = [
    "\u{1b}]",
    "\u{1b}[",
    "\u{1b}[0",
    "\u{1b}P\u{1b}",
    "\u{9b}",
    "\u{1b}",
    "\u{1b}[ ",
    "\u{1b}]\u{9b}1",
    "<",
    ">",
    "<@",
    "<<a@b>",
    "\"",
    "\\\"",
    "(",
    "(a",
    ")",
    "()",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\r\n ",
    "a ",
    ",",
    "a,",
    ";",
    ";a=",
    ":",
    "=?utf-8?q?",
    "=?utf-8?b?YQ==?= ",
    "=?",
    "=?utf-8?q?=\r\n ",
    "?=",
    "é",
    "\u{200d}",
    "🚀\u{200d}",
    "\u{3164}",
    "@",
    "a@",
    "%",
    "%4",
    "&x=",
    "=",
    "=\r\n",
    "`",
    "'",
    "!",
    "[",
    "{",
    "{a=",
    "[[",
    "\"\"\"",
    "'''",
    "#",
    "a.",
    "a=1\n",
    "[a]\n",
    "[[friend]]\n",
    "a=[",
    "\0",
    "--b\r\n",
    "5.1.1 ",
];

/// A piece again and again.
pub(crate) fn much(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len())
}

/// Whatever grows too fast, in words.
#[derive(Default)]
pub(crate) struct Faults(pub Vec<String>);

impl Faults {
    /// Measures one parser on one shape of input.
    pub(crate) fn measure<I>(&mut self, what: &str, make: impl Fn(usize) -> I, parse: impl Fn(&I)) {
        let mut seen = Vec::new();
        // Where the caches or the allocator's small blocks end between two sizes there is a step; what grows faster than
        // the size does so between larger ones, too. And it does so each time, whatever else the machine does meanwhile.
        let sizes = [(SMALL, 10), (SMALL * 10, 4), (SMALL * 20, 4)];
        for (size, times) in sizes.repeat(ROUNDS) {
            let times_taken = best(size, times, &make, &parse);
            if is_linear(times_taken, times) {
                return;
            }
            seen.push(times_taken);
        }
        self.0.push(format!("{what}: {seen:?}"));
    }

    /// The same for each piece, said again and again within something.
    pub(crate) fn texts(
        &mut self,
        what: &str,
        within: impl Fn(&str) -> String,
        parse: impl Fn(&str),
    ) {
        for piece in PIECES {
            let make = |size| within(&much(piece, size));
            self.measure(&format!("{what}, {piece:?}"), make, |text| parse(text));
        }
    }

    #[track_caller]
    pub(crate) fn none(self) {
        assert!(
            self.0.is_empty(),
            "faster than the size:\n{}",
            self.0.join("\n")
        );
    }
}

/// The best times for a size and so many times that.
pub(crate) fn best<I>(
    size: usize,
    times: u32,
    make: impl Fn(usize) -> I,
    parse: impl Fn(&I),
) -> (Duration, Duration) {
    let (small, large) = (make(size), make(size * usize::try_from(times).unwrap()));
    let mut best = (Duration::MAX, Duration::MAX);
    for run in 1..=12 {
        best.0 = best.0.min(time(|| parse(&small)));
        best.1 = best.1.min(time(|| parse(&large)));
        let hopeless = run > 3 && !is_linear((best.0 * 2, best.1), times);
        if is_linear(best, times) || hopeless || best.1 > Duration::from_secs(2) {
            break;
        }
    }
    best
}

/// Whether so many times the size takes at most a fifth more than so many times as long.
pub(crate) fn is_linear((fast, slow): (Duration, Duration), times: u32) -> bool {
    slow <= FLOOR || slow * 5 <= fast * times * 6
}

pub(crate) fn time(run: impl FnOnce()) -> Duration {
    let begun = spent();
    run();
    spent().saturating_sub(begun)
}

/// The processor's time of this thread, which other programs on the machine do not lengthen (Linux, `schedstat`; it is
/// brought up to date when the thread gives way). Elsewhere, the time.
pub(crate) fn spent() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}
