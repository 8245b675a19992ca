//! The hand of a machine's clock: programs started with it believe a time that the test turns while they run, and may come from
//! an address of their own.
//!
//! A small library in C, loaded before the program, adds the seconds that stand in a file to the time of day. The
//! steady clock goes on as it is, as when somebody sets a clock, or a machine has slept.

use std::fs;
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Place;
use super::process::run;

/// One machine's clock.
pub struct Hand {
    library: PathBuf,
    path: PathBuf,
    file: File,
    shift: std::cell::Cell<i64>,
    /// What the machine's connections come from.
    host: Option<Ipv4Addr>,
}

impl Hand {
    /// A clock that is right, for the machine of this name.
    pub fn new(place: &Place, name: &str) -> Self {
        let path = place.join(&format!("{name}.clock"));
        fs::write(&path, 0_i64.to_ne_bytes()).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        Self {
            library: library(place),
            path,
            file,
            shift: std::cell::Cell::new(0),
            host: None,
        }
    }

    /// The same of a machine that has this address, of those of loopback.
    pub fn of_host(place: &Place, name: &str, host: impl Into<Ipv4Addr>) -> Self {
        Self {
            host: Some(host.into()),
            ..Self::new(place, name)
        }
    }

    /// Turns it by so many seconds, forwards or back.
    pub fn turn(&self, seconds: i64) {
        self.shift.set(self.shift.get() + seconds);
        self.file
            .write_all_at(&self.shift.get().to_ne_bytes(), 0)
            .unwrap();
    }

    /// How far it is from the right time, in seconds.
    pub fn shift(&self) -> i64 {
        self.shift.get()
    }

    /// The words that stand before a command to run it by this clock.
    pub fn words(&self) -> String {
        let (library, path) = (self.library.display(), self.path.display());
        let host = self
            .host
            .map_or(String::new(), |host| format!(" IIM_HOST={host}"));
        format!("env LD_PRELOAD={library} IIM_CLOCK_SHIFT={path}{host}")
    }
}

/// The library, compiled once for a test.
fn library(place: &Place) -> PathBuf {
    let (source, library) = (place.join("shift.c"), place.join("shift.so"));
    if !library.exists() {
        fs::write(&source, SHIFT).unwrap();
        compile(&source, &library);
    }
    library
}

fn compile(source: &Path, library: &Path) {
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(library)
        .arg(source);
    run(&mut cc, b"").expect_code(0, "compiling the turned clock");
}

const SHIFT: &str = r#"
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;
static struct sockaddr_in host;

__attribute__((constructor)) static void open_shift(void) {
    const char *path = getenv("IIM_CLOCK_SHIFT");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *at = mmap(0, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (at != MAP_FAILED) shift = at;
    close(file);
}

__attribute__((constructor)) static void read_host(void) {
    const char *address = getenv("IIM_HOST");
    if (address && inet_pton(AF_INET, address, &host.sin_addr) == 1) host.sin_family = AF_INET;
}

int connect(int socket, const struct sockaddr *to, socklen_t length) {
    if (host.sin_family && to->sa_family == AF_INET) bind(socket, (struct sockaddr *)&host, sizeof host);
    return syscall(SYS_connect, socket, to, length);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *shift;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec at;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &at);
    now->tv_sec = at.tv_sec;
    now->tv_usec = at.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *out) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (out) *out = at.tv_sec;
    return at.tv_sec;
}
"#;
