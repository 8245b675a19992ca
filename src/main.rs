//! The program: runs, prints the error, exits.

fn main() {}
