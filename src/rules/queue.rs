//! Budgets, pauses and rests of a route: how much leaves, what a refusal is about, and when what failed is tried again.

pub mod budget;
pub mod irc;
pub mod route;
pub mod verdict;
