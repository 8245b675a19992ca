//! The layer between the program and the system (`layer.c`), and the quick sendmail (`post.c`): built and called.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::account::Account;
use crate::support::process::{Out, run};

/// Calls that change something: every instant between two of them is one at which the program may be killed.
pub const CHANGES: &str = "wsnt";

/// What the layer does to the calls of some kinds.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Which calls are counted; the letters stand in `layer.c`.
    pub kinds: &'static str,
    /// `kill`, `fail`, `fails`, `short` or `count`.
    pub action: &'static str,
    /// The number of the call that it happens to, from 1.
    pub at: usize,
    /// The fault that a failing call reports.
    pub fault: i32,
}

/// How a run under the layer went.
#[derive(Debug)]
pub struct Run {
    pub out: Out,
    /// How many calls were counted.
    pub seen: usize,
    /// The call that was hit, and where.
    pub hit: Option<String>,
}

impl Run {
    /// The exit code that the program's owner sees; `None` when it was killed.
    pub fn code(&self) -> Option<i32> {
        self.out.code.filter(|code| *code != 137)
    }
}

/// The two programs, and where a run of the first is reported.
pub struct Layer {
    report: PathBuf,
}

/// Built once.
static LAYER: LazyLock<PathBuf> = LazyLock::new(|| compile("layer"));
static POST: LazyLock<PathBuf> = LazyLock::new(|| compile("post"));

fn compile(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Under a name of its own first: another run of the tests may be using the one of before.
    let new = program.with_extension(std::process::id().to_string());
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
    cc.arg(&new).arg(source.join(format!("{name}.c")));
    run(&mut cc, b"").expect_code(0, &format!("compiling {name}.c"));
    std::fs::rename(&new, &program).unwrap();
    program
}

impl Layer {
    /// A layer that reports into `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            report: folder.join("report"),
        }
    }

    /// The quick sendmail.
    pub fn post() -> &'static Path {
        &POST
    }

    /// Runs `iim` with these arguments and this input for an account, under the layer.
    pub fn run(&self, account: &Account, args: &[String], input: &[u8], fault: Fault) -> Run {
        let _ = std::fs::remove_file(&self.report);
        let mut command = account.command(&*LAYER);
        command.arg(&self.report).args([fault.kinds, fault.action]);
        command.args([fault.at.to_string(), fault.fault.to_string()]);
        command.arg(&account.program).args(args);
        let out = run(&mut command, input);
        let report = std::fs::read_to_string(&self.report)
            .unwrap_or_else(|e| panic!("the layer failed ({e}): {}", out.errors()));
        let line = |name: &str| report.lines().find_map(|l| l.strip_prefix(name));
        Run {
            seen: line("seen ").unwrap().parse().unwrap(),
            hit: line("hit ").map(str::to_owned),
            out,
        }
    }
}
