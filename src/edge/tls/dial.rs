//! TCP to a server by its name: every address that the name has, one shortly after the other (RFC 8305).
//!
//! Where IPv6 leads nowhere, or IPv4 does, the first address of a name swallows all that is sent to it, and whoever
//! waits for it has no connection. So the next address, of the other family, is tried 250 ms later, or as soon as one has
//! failed; the first connection counts, and the others are closed.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Connects to a host by its name or address. Whoever calls says how long that may take: a name server that hangs, and
/// addresses that swallow everything, know no end.
/// Errors: The name is not known, or the fault of the first address that failed, when all have.
pub async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    race(interleaved(addresses(host, port).await?)).await
}

async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    #[cfg(test)]
    if let Some(known) = names::addresses(host) {
        return Ok(known);
    }
    Ok(lookup_host((host, port)).await?.collect())
}

/// "Combine and sort the returned addresses, alternating between families" (RFC 8305, section 4): in the system's order,
/// which is that of RFC 6724, but one of each family after the other.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let pairs = (0..MOST).flat_map(|at| [first.get(at), second.get(at)]);
    pairs.flatten().copied().take(MOST).collect()
}

/// The first connection that is made.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    // What still tries when one has won ends with the set.
    let mut tries = JoinSet::new();
    let mut fault = None;
    loop {
        if let Some(address) = waiting.next() {
            tries.spawn(TcpStream::connect(address));
        } else if tries.is_empty() {
            let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            return Err(fault.unwrap_or_else(nowhere));
        }
        tokio::select! {
            Some(tried) = tries.join_next() => match tried.map_err(io::Error::other).and_then(|it| it) {
                Ok(stream) => return Ok(stream),
                Err(failed) => fault = fault.or(Some(failed)),
            },
            () = sleep(NEXT), if waiting.len() > 0 => {}
            else => {}
        }
    }
}

/// "Connection Attempt Delay … recommended value is 250 milliseconds" (RFC 8305, section 5).
const NEXT: Duration = Duration::from_millis(250);
/// Addresses that are tried.
const MOST: usize = 16;

/// Names that tests give to addresses of their own.
#[cfg(test)]
pub(crate) mod names {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::HashMap;
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::{LazyLock, Mutex};
    use std::time::Duration;

    static KNOWN: LazyLock<Mutex<HashMap<String, Vec<SocketAddr>>>> = LazyLock::new(Mutex::default);

    pub(super) fn addresses(host: &str) -> Option<Vec<SocketAddr>> {
        KNOWN.lock().unwrap().get(host).cloned()
    }

    /// From now on the name has these addresses.
    pub(crate) fn name(host: &str, addresses: &[SocketAddr]) {
        let mut known = KNOWN.lock().unwrap();
        known.insert(host.to_owned(), addresses.to_vec());
    }

    /// An address that swallows whatever is sent to it, as long as the listener and what fills its queue live.
    pub(crate) struct Hole {
        pub(crate) at: SocketAddr,
        _listener: TcpListener,
        _queue: Vec<TcpStream>,
    }

    impl Hole {
        /// At `host:0`; `None` on a machine without such an address.
        pub(crate) fn dig(host: &str) -> Option<Self> {
            let listener = TcpListener::bind(host).ok()?;
            rustix::net::listen(&listener, 0).unwrap();
            let at = listener.local_addr().unwrap();
            let mut queue = Vec::new();
            while let Ok(stream) = TcpStream::connect_timeout(&at, Duration::from_millis(300)) {
                queue.push(stream);
            }
            Some(Self {
                at,
                _listener: listener,
                _queue: queue,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

    use std::time::Instant;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::edge::tls::dial::names::Hole;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn families_take_turns_and_the_systems_first_stays_first() {
        for (found, tried) in [
            (
                vec!["[::1]:1", "[::2]:1", "1.1.1.1:1"],
                vec!["[::1]:1", "1.1.1.1:1", "[::2]:1"],
            ),
            (
                vec!["1.1.1.1:1", "1.1.1.2:1", "[::1]:1"],
                vec!["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"],
            ),
            (vec!["1.1.1.1:1"], vec!["1.1.1.1:1"]),
            (vec![], vec![]),
        ] {
            let tried: Vec<SocketAddr> = tried.into_iter().map(at).collect();
            assert_eq!(
                interleaved(found.iter().copied().map(at).collect()),
                tried,
                "{found:?}"
            );
        }
        let many = (0..200).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(interleaved(many.collect()).len(), MOST);
    }

    #[tokio::test]
    async fn a_dead_address_beside_a_good_one_costs_a_quarter_of_a_second() {
        for (dead, good) in [("[::1]:0", "127.0.0.1:0"), ("127.0.0.1:0", "[::1]:0")] {
            let Ok(listener) = TcpListener::bind(good).await else {
                continue;
            };
            let good = listener.local_addr().unwrap();
            let Some(hole) = Hole::dig(dead) else {
                continue;
            };
            for order in [[hole.at, good], [good, hole.at]] {
                let begun = Instant::now();
                let stream = timeout(Duration::from_secs(5), race(order.to_vec())).await;
                assert_eq!(stream.unwrap().unwrap().peer_addr().unwrap(), good);
                let first = order.first() == Some(&good);
                assert_eq!(begun.elapsed() < NEXT, first, "{:?}", begun.elapsed());
            }
        }
    }

    #[tokio::test]
    async fn a_refusal_is_passed_by_at_once_and_told_if_there_is_nothing_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (good, refuses) = (listener.local_addr().unwrap(), gone.local_addr().unwrap());
        drop(gone);
        let begun = Instant::now();
        let stream = race(vec![refuses, refuses, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(begun.elapsed() < NEXT);
        let refused = race(vec![refuses, refuses]).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(
            race(Vec::new()).await.unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }

    #[tokio::test]
    async fn the_losers_are_closed() {
        // Two that both take the connection: what has not won is closed, without a word.
        let (one, two) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let hole = Hole::dig("127.0.0.1:0").unwrap();
        let order = vec![
            hole.at,
            one.local_addr().unwrap(),
            two.local_addr().unwrap(),
        ];
        let stream = race(order).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), one.local_addr().unwrap());
        let (mut kept, _) = one.accept().await.unwrap();
        drop(stream);
        assert_eq!(kept.read(&mut [0; 1]).await.unwrap(), 0);
        // Whatever tried besides is gone: nobody waits at the second, or whoever did has gone.
        if let Ok(Ok((mut loser, _))) = timeout(Duration::from_millis(300), two.accept()).await {
            assert_eq!(loser.read(&mut [0; 1]).await.unwrap(), 0);
        }
    }
}
