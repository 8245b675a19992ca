//! The agent: what it costs when nothing happens, and how fast a text is when something does.

pub fn idle() {}

pub fn latency() {}
