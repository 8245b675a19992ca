//! A bare relay: the least that a program between a network and a client can do. It prints the port at which it
//! listens, takes two connections, and passes each line that comes on the first to the second.
//!
//! With a file it first writes the line there until it is durable, and prints how long that took, in microseconds, when
//! the line is passed on: what one pays for having slept, and nothing else.

use std::fs::File;
use std::io::Write as _;
use std::time::Instant;
use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(relay())
}

async fn relay() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let (from, _) = listener.accept().await?;
    let (mut to, _) = listener.accept().await?;
    to.set_nodelay(true)?;
    let mut kept = std::env::args_os().nth(1).map(File::create).transpose()?;
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        let begun = Instant::now();
        if let Some(file) = &mut kept {
            file.write_all(&line)?;
            file.sync_all()?;
        }
        let took = begun.elapsed();
        to.write_all(&line).await?;
        if kept.is_some() {
            println!("{}", took.as_micros());
        }
        line.clear();
    }
    Ok(())
}
