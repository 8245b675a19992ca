//! Core files: none is written of this program, for keys and texts are in its memory.

/// Forbids them for this process, and with them its memory to other programs of the same user (prctl(2),
/// `PR_SET_DUMPABLE`; a limit of zero alone would not keep a core out of a pipe). What it starts is not bound by this.
pub fn forbid() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // It cannot fail with this value, and nobody could do anything about it.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(not(target_os = "linux"))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Core);
        // Lowering one's own limit is always allowed.
        let _ = setrlimit(
            Resource::Core,
            Rlimit {
                current: Some(0),
                maximum,
            },
        );
    }
}
