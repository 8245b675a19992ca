//! Core files: none is written of this program, for keys and texts are in its memory.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// Forbids them for this process, and with them its memory to other programs of the same user (prctl(2),
/// `PR_SET_DUMPABLE`; a limit of zero alone would not keep a core out of a pipe). What it starts is not bound by this.
pub fn forbid() {
    // It cannot fail with this value, and nobody could do anything about it.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
