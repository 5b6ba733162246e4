//! A path in memory that is not there yet.
//!
//! The pages of a program are read from its file when they are used for the first time, together with
//! their neighbours: a window of 64 KiB, wherever that begins (the kernel's fault_around_bytes). This path
//! has so much room on both sides that nothing else is in its window, and nobody reads it before the
//! kernel does.

use std::ffi::CStr;

/// More than the window.
const ROOM: usize = 96 * 1024;

struct Alone([u8; 2 * ROOM]);

/// `/tmp/vault/secret.txt` in the middle of zeros.
static ALONE: Alone = {
    let text = b"/tmp/vault/secret.txt";
    let mut bytes = [0; 2 * ROOM];
    let mut at = 0;
    while at < text.len() {
        bytes[ROOM + at] = text[at];
        at += 1;
    }
    Alone(bytes)
};

/// The path. Its length was found when it was compiled, so to use it is not to read it.
pub static PATH: &CStr = match CStr::from_bytes_until_nul(ALONE.0.split_at(ROOM).1) {
    Ok(path) => path,
    Err(_) => panic!("it ends with a zero byte"),
};
