//! Somebody on the same machine who looks at `ps` and `lsof` all the time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fs, thread};

/// What was seen of one program.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// The arguments of all programs, one a line.
    pub arguments: BTreeSet<Vec<u8>>,
    /// Their environments.
    pub environments: BTreeSet<Vec<u8>>,
    /// The names of their open files.
    pub files: BTreeSet<Vec<u8>>,
}

/// Looks at every program that has to do with a folder until asked what was seen.
pub struct Onlooker {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Sight>,
}

impl Onlooker {
    pub fn of(folder: &Path) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ended, folder) = (Arc::clone(&over), folder.to_owned());
        let thread = thread::spawn(move || {
            let mut sight = Sight::default();
            while !ended.load(Ordering::SeqCst) {
                look(&folder, &mut sight);
                thread::sleep(Duration::from_millis(5));
            }
            sight
        });
        Self { over, thread }
    }

    pub fn ask(self) -> Sight {
        self.over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

fn look(folder: &Path, sight: &mut Sight) {
    for process in processes() {
        let Ok(arguments) = fs::read(process.join("cmdline")) else {
            continue;
        };
        // A program's folder is its account's home, whatever it is called by; of ours only root may ask.
        let here = match fs::read_link(process.join("cwd")) {
            Ok(cwd) => cwd.starts_with(folder),
            Err(_) => is_ours(&arguments),
        };
        // The post's own mv names its file by the time in nanoseconds, which begins as an epoch of now does.
        if !here
            || arguments.is_empty()
            || typed_by_the_user(&arguments)
            || arguments.starts_with(b"mv\0")
        {
            continue;
        }
        sight.arguments.insert(arguments);
        sight
            .environments
            .extend(fs::read(process.join("environ")).ok());
        for file in fs::read_dir(process.join("fd")).into_iter().flatten() {
            let target = file.ok().and_then(|file| fs::read_link(file.path()).ok());
            let bytes = |path: PathBuf| path.into_os_string().into_encoded_bytes();
            let spooled = |path: &PathBuf| path.iter().any(|folder| folder == "spool");
            sight
                .files
                .extend(target.filter(|path| !spooled(path)).map(bytes));
        }
    }
}

fn is_ours(arguments: &[u8]) -> bool {
    let program = arguments.split(|b| *b == 0).next().unwrap_or_default();
    program.ends_with(b"/iim")
}

fn processes() -> Vec<PathBuf> {
    let is_process = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()))
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.map(|e| e.path()).filter(is_process).collect()
}

/// What a person types in a shell is seen by `ps`: a note, a word to a status, somebody's invite link. All else that
/// runs was started by programs.
fn typed_by_the_user(arguments: &[u8]) -> bool {
    let mut words = arguments.split(|b| *b == 0).skip(1);
    words.any(|word| word == b"add" || word == b"status")
}
