//! A path in memory that is not there yet.
//!
//! The pages of a program are read from its file when they are used for the first time, together with
//! their neighbours, 64 KiB at most (the kernel's fault_around_bytes). This path has a whole 64 KiB to
//! itself, and nobody reads it before the kernel does.

use std::ffi::CStr;

const SIZE: usize = 64 * 1024;

#[repr(C, align(65536))]
struct Alone([u8; SIZE]);

/// `/tmp/vault/secret.txt`, and zeros behind it.
static ALONE: Alone = {
    let text = b"/tmp/vault/secret.txt";
    let mut bytes = [0; SIZE];
    let mut at = 0;
    while at < text.len() {
        bytes[at] = text[at];
        at += 1;
    }
    Alone(bytes)
};

/// The path. Its length was found when it was compiled, so to use it is not to read it.
pub static PATH: &CStr = match CStr::from_bytes_until_nul(&ALONE.0) {
    Ok(path) => path,
    Err(_) => panic!("it ends with a zero byte"),
};
