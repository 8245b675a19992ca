//! What the operating system gives at random comes of the seed in a world, so that keys and sessions, too, are the same
//! each time: in a group much goes by the order of keys.

use std::cell::Cell;

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(1) };
}

/// From now on this thread gets what comes of this seed.
pub(crate) fn sow(seed: u64) {
    let mut rng = rand::rng();
    NEXT.set(seed);
    rng.reseed().unwrap();
}

/// Stands in the place of the C library's (getrandom(2)), which libraries look up by its name; SplitMix64, as in `chance.rs`.
///
/// # Safety
/// `buffer` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut u8, length: usize, _flags: u32) -> isize {
    for at in 0..length {
        let next = NEXT.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        NEXT.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // SAFETY: as said above.
        unsafe { buffer.add(at).write((mixed ^ (mixed >> 31)) as u8) };
    }
    length as isize
}
