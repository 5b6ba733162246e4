//! Whether it is the rights that are missing, not the feature.

use std::fs;
use std::io;

use rustix::thread::{CapabilitySet, capabilities};

/// What this process would need to find out more; none when the error is not about rights, or all
/// rights are there (then the kernel itself refuses).
pub(crate) fn missing(error: &anyhow::Error) -> Option<&'static str> {
    if !is_refusal(&error.root_cause().to_string()) {
        return None;
    }
    if fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !is_whole(&map)) {
        return Some(
            "being root inside a user namespace is not enough: run it as root of the machine",
        );
    }
    let have = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    if have.contains(CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN) {
        return None;
    }
    Some("this takes root, or at least CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN")
}

/// libbpf-rs has no number of its errors in its interface, only the text.
fn is_refusal(cause: &str) -> bool {
    [libc::EPERM, libc::EACCES]
        .iter()
        .any(|&number| cause == io::Error::from_raw_os_error(number).to_string())
}

/// Whether all user ids are mapped to themselves, as outside of user namespaces.
fn is_whole(uid_map: &str) -> bool {
    let words: Vec<_> = uid_map.split_ascii_whitespace().collect();
    words == ["0", "0", "4294967295"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_itself_maps_every_user() {
        assert!(is_whole("         0          0 4294967295\n"));
        assert!(!is_whole("         0       1000          1\n"));
    }

    #[test]
    fn refusals_are_told_from_other_errors() {
        assert!(is_refusal("Operation not permitted (os error 1)"));
        assert!(is_refusal("Permission denied (os error 13)"));
        assert!(!is_refusal("No such file or directory (os error 2)"));
    }
}
