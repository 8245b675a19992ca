//! What a client asks: who is there, what a channel holds, what was said before.

pub(super) mod history;
pub(super) mod info;
pub(super) mod monitor;
pub(super) mod who;
pub(super) mod whois;
