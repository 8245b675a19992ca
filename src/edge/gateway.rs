//! The gateway: a small IRC server for one person, whose clients see friends under stable names.

pub mod conn;
