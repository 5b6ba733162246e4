//! Whether the installed QEMU is new enough.

use std::process::{Command, Stdio};

/// The oldest version that can be started as machines are: it brought `-chardev socket,fd=`, a channel
/// that is open already. The rest (`-incoming fd:`, QMP's `getfd` and `migrate`) is older.
pub const OLDEST: (u32, u32) = (2, 12);

/// Major and minor version of the QEMU that machines would run in, if it tells.
pub fn version() -> Option<(u32, u32)> {
    let asked = Command::new(microvm::program()).arg("--version").stdin(Stdio::null()).output();
    parse(&String::from_utf8_lossy(&asked.ok()?.stdout))
}

/// Reads `QEMU emulator version 7.2.17 (Debian 1:7.2+dfsg-7)`.
pub(crate) fn parse(text: &str) -> Option<(u32, u32)> {
    let version = text.lines().next()?.split_once(" version ")?.1;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let table = [
            ("QEMU emulator version 7.2.17 (Debian 1:7.2+dfsg-7)\nCopyright", Some((7, 2))),
            ("QEMU emulator version 10.0.2\n", Some((10, 0))),
            ("QEMU emulator version 2.8.1(Debian 1:2.8+dfsg-6)\n", Some((2, 8))),
            ("QEMU emulator version 2.12rc1\n", Some((2, 12))),
            ("", None),
            ("no version\n", None),
            ("QEMU emulator version x.y\n", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert!((2, 9) < OLDEST && (3, 0) > OLDEST);
    }
}
