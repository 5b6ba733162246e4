//! What apt's messages mean.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use crate::kernel::KernelError;
use crate::kernel::process::Output;

/// Longest part of apt's words that goes into a message, in characters.
const LONGEST: usize = 300;

/// A disk with less room than this many bytes is full.
const LEAST_ROOM: u64 = 256 << 10;

/// Messages that say no more than others before them.
const EMPTY_WORDS: [&str; 3] = [
    "Some index files failed",
    "Unable to fetch some archives",
    "Download is performed unsandboxed",
];

const FULL: [&str; 1] = ["No space left on device"];
const NETWORK: [&str; 11] = [
    "Temporary failure resolving",
    "Could not resolve",
    "Could not connect",
    "Cannot initiate the connection",
    "Unable to connect",
    "Connection failed",
    "Connection timed out",
    "Connection refused",
    "Network is unreachable",
    "No route to host",
    "Something wicked happened resolving",
];
const UNTRUSTED: [&str; 7] = [
    "NO_PUBKEY",
    "EXPKEYSIG",
    "BADSIG",
    "REVKEYSIG",
    "is not signed",
    "signatures were invalid",
    "couldn't be verified",
];
const DAMAGED: [&str; 4] =
    ["Hash Sum mismatch", "unexpected size", "Hashsum mismatch", "Mirror sync in progress"];
const GONE: [&str; 4] = ["404", "410  Gone", "File not found", "Unable to locate package"];

/// The error that a program of apt tells of; `package` is the one that was being fetched.
pub(super) fn failure(
    command: &str,
    package: Option<&str>,
    folder: &Path,
    output: &Output,
) -> KernelError {
    let said =
        condensed(&output.stderr).unwrap_or_else(|| format!("it ended with {}", output.status));
    let tells = |signs: &[&str]| signs.iter().any(|sign| output.stderr.contains(sign));
    match package {
        _ if tells(&FULL) || is_full(folder, output) => KernelError::DiskFull(folder.to_owned()),
        _ if tells(&NETWORK) => KernelError::Network { said },
        _ if tells(&UNTRUSTED) => KernelError::Untrusted { said },
        Some(package) if tells(&DAMAGED) => {
            KernelError::Package { package: package.to_owned(), reason: said }
        }
        Some(package) if tells(&GONE) => KernelError::Gone { package: package.to_owned(), said },
        _ => KernelError::Apt { command: command.to_owned(), said },
    }
}

/// On a full disk apt does not always come to a word: the files that it maps have no room then (SIGBUS).
fn is_full(folder: &Path, output: &Output) -> bool {
    let room = rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail * disk.f_frsize);
    room < LEAST_ROOM || output.status.signal() == Some(rustix::process::Signal::BUS.as_raw())
}

/// True if apt complains of nothing but suites that the archive does not have.
pub(super) fn only_lacks_suites(stderr: &str) -> bool {
    errors(stderr).iter().all(|line| {
        line.ends_with("does not have a Release file.")
            || (line.contains("/Packages") && GONE.iter().any(|sign| line.contains(sign)))
    })
}

/// The first two different errors, or else warnings, in one line; `None` if there are none.
pub(super) fn condensed(stderr: &str) -> Option<String> {
    let mut lines = errors(stderr);
    lines.truncate(2);
    let words: Vec<_> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    let text = words.join(" ");
    (!text.is_empty()).then(|| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// The different errors, then the different warnings.
fn errors(stderr: &str) -> Vec<&str> {
    let of_kind = |mark: &'static str| {
        let lines = stderr.lines().filter_map(move |line| line.strip_prefix(mark));
        lines.map(str::trim).filter(|line| !EMPTY_WORDS.iter().any(|empty| line.starts_with(empty)))
    };
    let mut lines: Vec<&str> = of_kind("E: ").chain(of_kind("W: ")).collect();
    let mut seen = BTreeSet::new();
    lines.retain(|line| seen.insert(*line));
    lines
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let download = |stderr: &str| {
            let (status, stdout) = (ExitStatus::from_raw(100 << 8), String::new());
            let output = Output { status, stdout, stderr: stderr.to_owned() };
            failure("apt-get download", Some("linux-image-x"), Path::new("/"), &output)
        };
        let resolving =
            "E: Failed to fetch http://m.example/x.deb  Temporary failure resolving 'm.example'";
        assert!(matches!(download(resolving), KernelError::Network { .. }));
        let gone = "E: Failed to fetch http://m.example/x.deb  404  Not Found [IP: 192.0.2.1 80]";
        assert!(matches!(download(gone), KernelError::Gone { .. }));
        let key = "W: GPG error: http://m.example sid InRelease: NO_PUBKEY 0123456789ABCDEF";
        assert!(matches!(download(key), KernelError::Untrusted { .. }));
        let full = "E: Write error - write (28: No space left on device)";
        assert!(matches!(download(full), KernelError::DiskFull(_)));
        let damaged = "E: Failed to fetch http://m.example/x.deb  Hash Sum mismatch";
        assert!(matches!(download(damaged), KernelError::Package { .. }));
        assert!(matches!(download("E: something else"), KernelError::Apt { .. }));
        assert!(matches!(download(""), KernelError::Apt { .. }));
    }

    #[test]
    fn words_are_condensed() {
        let stderr = "W: a warning\nE: first   error\nE: first   error\nE: second\nE: third\n\
            E: Some index files failed to download. They have been ignored.\n";
        assert_eq!(condensed(stderr).as_deref(), Some("first error second"));
        assert_eq!(condensed("W: a warning\nnoise\n").as_deref(), Some("a warning"));
        assert_eq!(condensed("noise\n"), None);
        let long = format!("E: {}", "ä".repeat(1000));
        assert_eq!(condensed(&long).unwrap().chars().count(), LONGEST + 1);
    }
}
