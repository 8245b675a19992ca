//! Budgets, pauses and rests of a route: how much leaves, and when what failed is tried again.

pub mod irc;
