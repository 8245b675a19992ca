//! Ports of loopback for servers that the tests start.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A port that nobody listens on just now, another one at each call.
///
/// None of those that the system gives to whoever connects somewhere (from 32768 on): one of them may be another
/// program's before the server is there, or while it is down, and whoever tries to reach it meanwhile may even be
/// connected to itself.
pub fn free_port() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % u32::from(PORTS);
    let first = u16::try_from(first).unwrap();
    for _ in 0..PORTS {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        // Programs that run at once begin far from each other.
        let port = LEAST + first.wrapping_mul(STRIDE).wrapping_add(call) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

const LEAST: u16 = 12_000;
const PORTS: u16 = 20_000;
const STRIDE: u16 = 331;
