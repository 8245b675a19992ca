//! What is written: values on one side, bytes on the other. No I/O, no clock, no dice.

pub mod address;
pub mod letter;
pub mod link;
