//! The kernel that runs.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use super::super::facts::{Config, Kernel};
use super::super::needs::OPTIONS;
use super::text;

pub(super) fn facts() -> Kernel {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let number = |path: &str| text(path).and_then(|text| text.parse().ok());
    Kernel {
        btf: Path::new("/sys/kernel/btf/vmlinux").exists(),
        config: config(&release),
        jit: number("/proc/sys/net/core/bpf_jit_enable"),
        unprivileged_bpf_disabled: number("/proc/sys/kernel/unprivileged_bpf_disabled"),
        lsm: text("/sys/kernel/security/lsm")
            .map(|list| list.split(',').map(str::to_string).collect()),
        lockdown: text("/sys/kernel/security/lockdown").as_deref().and_then(chosen),
        tracefs: text("/proc/self/mounts").as_deref().and_then(tracefs),
        release,
    }
}

/// Where distributions keep how their kernels were built; the kernel itself may tell, too.
fn config(release: &str) -> Option<Config> {
    let (path, text) = packed("/proc/config.gz").or_else(|| {
        [
            format!("/boot/config-{release}"),
            format!("/lib/modules/{release}/config"),
            format!("/lib/modules/{release}/build/.config"),
        ]
        .into_iter()
        .find_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
    })?;
    let set = OPTIONS.iter().map(|option| option.name).filter(|name| is_set(&text, name));
    Some(Config { path, set: set.map(str::to_string).collect() })
}

fn packed(path: &str) -> Option<(String, String)> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).ok()?).read_to_string(&mut text).ok()?;
    Some((path.into(), text))
}

fn is_set(config: &str, option: &str) -> bool {
    let value = |line: &str| line.strip_prefix(option)?.strip_prefix('=').map(str::to_string);
    config.lines().filter_map(value).any(|value| ["y", "m"].contains(&value.trim()))
}

/// The word in brackets of `none [integrity] confidentiality`.
fn chosen(text: &str) -> Option<String> {
    text.split_whitespace()
        .find_map(|word| word.strip_prefix('[')?.strip_suffix(']'))
        .map(str::to_string)
}

/// Where /proc/self/mounts says that tracefs is. What a mount below debugfs shows is the same.
fn tracefs(mounts: &str) -> Option<String> {
    let mut places = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "tracefs").then(|| place.to_string())
    });
    places.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_formats_are_read() {
        assert_eq!(chosen("none [integrity] confidentiality").as_deref(), Some("integrity"));
        assert_eq!(chosen(""), None);
        let mounts = "sysfs /sys sysfs rw 0 0\ntracefs /sys/kernel/tracing tracefs rw,nosuid 0 0\n";
        assert_eq!(tracefs(mounts).as_deref(), Some("/sys/kernel/tracing"));
        assert_eq!(tracefs("tracefs /x tmpfs rw 0 0\n"), None);
        let config = "CONFIG_VETH=m\n# CONFIG_BPF_LSM is not set\nCONFIG_BPF_JIT_ALWAYS_ON=y\n";
        assert!(is_set(config, "CONFIG_VETH"));
        assert!(!is_set(config, "CONFIG_BPF_LSM"));
        assert!(!is_set(config, "CONFIG_BPF_JIT"));
    }
}
