//! What is run: one file for each command.
