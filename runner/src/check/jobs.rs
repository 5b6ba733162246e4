//! How many machines this computer can run at a time.

use std::fs;
use std::num::NonZero;
use std::thread;

/// What one machine takes of memory at most, in bytes: 256 MiB of its own, and QEMU.
const MACHINE: u64 = 350_000_000;

/// What one takes in which somebody uses up all that there is: QEMU has been seen with 535 MB then. clang,
/// at its limit of [`crate::confine::limits::MEMORY`], is not there at the same time.
const MACHINE_OF_STRANGERS: u64 = 600_000_000;

/// As many machines as there are processors, and as fit into the memory that is free; at least one.
pub fn suitable() -> usize {
    suitable_for(MACHINE)
}

/// The same for machines in which anybody's programs run.
pub fn suitable_for_strangers() -> usize {
    suitable_for(MACHINE_OF_STRANGERS)
}

fn suitable_for(machine: u64) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    fitting(processors, free_memory(), machine)
}

fn fitting(processors: usize, free: Option<u64>, machine: u64) -> usize {
    let by_memory = free.map_or(processors, |bytes| (bytes / machine) as usize);
    processors.min(by_memory).max(1)
}

/// Bytes of memory that are free or can be freed; `None` if the system does not tell.
fn free_memory() -> Option<u64> {
    let whole = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    // In a container the limit is what counts. On a whole system there is no such file, or `max`.
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse().ok());
    whole.into_iter().chain(limit).min()
}

/// `MemAvailable` of `/proc/meminfo` (see proc_meminfo(5)), in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory_both_limit() {
        for (processors, free, expected) in [
            (8, Some(16_000_000_000), 8),
            (8, Some(1_000_000_000), 2),
            (2, Some(100_000_000), 1),
            (4, None, 4),
        ] {
            assert_eq!(fitting(processors, free, MACHINE), expected, "{processors} {free:?}");
        }
    }

    #[test]
    fn the_systems_figure_is_read() {
        let text = "MemTotal:       24683520 kB\nMemAvailable:   23471104 kB\nBuffers: 1 kB\n";
        assert_eq!(available(text), Some(23_471_104 * 1024));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}
