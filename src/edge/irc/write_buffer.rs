//! Bytes on their way to the socket, and the marks in them that tell when a letter has left.

use std::collections::VecDeque;

/// What the socket has not taken yet.
#[derive(Debug, Default)]
pub(super) struct WriteBuffer {
    bytes: Vec<u8>,
    /// Bytes ever taken by the socket.
    taken: u64,
    /// Tickets, each with the count of bytes that must have been taken.
    marks: VecDeque<(u64, u64)>,
}

impl WriteBuffer {
    /// Adds a line that ends in CR LF.
    pub(super) fn push(&mut self, line: &str) {
        self.bytes.extend_from_slice(line.as_bytes());
    }

    /// Marks the end of all that was added so far.
    pub(super) fn mark(&mut self, ticket: u64) {
        let queued = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        self.marks
            .push_back((self.taken.saturating_add(queued), ticket));
    }

    /// What waits.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// So much waits that nothing should be heard which causes more.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    /// The end of a letter waits.
    pub(super) fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }

    /// The socket has taken `count` bytes; gives the tickets whose mark was passed.
    pub(super) fn wrote(&mut self, count: usize) -> Vec<u64> {
        self.bytes.drain(..count.min(self.bytes.len()));
        self.taken = self
            .taken
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let passed = self.marks.partition_point(|(at, _)| *at <= self.taken);
        self.marks
            .drain(..passed)
            .map(|(_, ticket)| ticket)
            .collect()
    }

    /// The tickets whose mark was never passed.
    pub(super) fn unwritten(&mut self) -> Vec<u64> {
        self.marks.drain(..).map(|(_, ticket)| ticket).collect()
    }
}

/// Bytes; only PONGs get this far without tokens.
const FULL: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_passed_when_the_last_byte_has_left() {
        let mut out = WriteBuffer::default();
        out.push("abc\r\n");
        out.mark(1);
        out.push("d\r\n");
        out.mark(2);
        assert_eq!(out.wrote(4), [0; 0]);
        assert_eq!(out.bytes(), b"\nd\r\n");
        assert_eq!(out.wrote(1), [1]);
        assert_eq!(out.wrote(2), [0; 0]);
        assert_eq!(out.unwritten(), [2]);
        assert_eq!(out.wrote(1), [0; 0]);
    }
}
