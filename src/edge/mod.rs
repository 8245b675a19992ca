//! What is touched: mail, IRC, disk, keys, clock. Thin; no edge knows another.
