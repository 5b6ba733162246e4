//! The two calls of libbpf that libbpf-rs does not have: a buffer for the verifier's log, and a map that
//! is not pinned. All `unsafe` of this program is here.

use libbpf_rs::{AsRawLibbpf, OpenMapMut, OpenObject, libbpf_sys};

/// Loads the object, and gives what the verifier has written on its `index`th program, in a log of at
/// most `size` bytes. The maps and programs are gone when this returns.
///
/// A buffer of our own, since the one that libbpf makes is given away only as a warning that is printed,
/// which copies it several times; and logs of 27 MB have been seen.
pub(crate) fn load_with_log(
    mut object: OpenObject,
    index: usize,
    level: u32,
    size: usize,
) -> (libbpf_rs::Result<()>, Vec<u8>) {
    let mut log = vec![0_u8; size];
    for (at, mut program) in object.progs_mut().enumerate() {
        program.set_autoload(at == index);
        if at == index {
            program.set_log_level(level);
            let buffer = log.as_mut_ptr().cast();
            // SAFETY: the program is one of `object`, and not loaded yet. libbpf and the kernel write to
            // the buffer, up to its size, until the object is gone, which is below, before the buffer
            // is looked at or moved.
            #[expect(unsafe_code, reason = "libbpf-rs cannot set a log buffer")]
            let set = unsafe {
                let program = program.as_libbpf_object().as_ptr();
                libbpf_sys::bpf_program__set_log_buf(program, buffer, size as libbpf_sys::size_t)
            };
            debug_assert_eq!(set, 0, "the size fits, and the object is not loaded");
        }
    }
    let loaded = object.load().map(drop);
    let end = log.iter().position(|byte| *byte == 0).unwrap_or(size);
    log.truncate(end);
    (loaded, log)
}

/// Makes a map that is declared `LIBBPF_PIN_BY_NAME` one that is not pinned: nothing stays behind.
pub(crate) fn unpin(map: &mut OpenMapMut<'_>) {
    // SAFETY: the map is one of an object that is open, and a null path is libbpf's word for none.
    #[expect(unsafe_code, reason = "libbpf-rs can set a path, and not take it away")]
    unsafe {
        libbpf_sys::bpf_map__set_pin_path(map.as_libbpf_object().as_ptr(), std::ptr::null());
    }
}
