//! What a client says, and what it does to what was said: texts, edits, markers, words to the service.

pub(super) mod away;
pub(super) mod edit;
pub(super) mod multiline;
pub(super) mod read_marker;
pub(super) mod relay;
pub(super) mod send;
pub(super) mod service;
