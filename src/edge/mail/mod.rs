//! Mail: in at the hook, out by a program or a server.

mod headers;
pub mod incoming;
