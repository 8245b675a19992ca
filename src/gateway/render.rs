//! What a text looks like to a client: its lines, how they are cut, and the backlog at the client's pace.

pub(super) mod backlog;
pub(super) mod ends;
pub(super) mod member;
pub(super) mod origin;
pub(super) mod split;
pub(super) mod text;
