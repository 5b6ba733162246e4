//! The kernel's software clock for performance events: it ticks while a thread uses a processor. It is
//! there without any hardware for it, so in virtual machines, too.

#![allow(unsafe_code, reason = "libc has no function for perf_event_open(2)")]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use libbpf_rs::libbpf_sys::{
    PERF_COUNT_SW_CPU_CLOCK, PERF_FLAG_FD_CLOEXEC, PERF_TYPE_SOFTWARE, perf_event_attr,
};

/// A clock for the calling thread that ticks once in each `period` of its time on a processor.
///
/// # Errors
/// The kernel has no performance events, or we may not use them.
pub fn of_this_thread(period: Duration) -> io::Result<OwnedFd> {
    let mut attr = perf_event_attr {
        type_: PERF_TYPE_SOFTWARE,
        size: size_of::<perf_event_attr>() as u32,
        config: PERF_COUNT_SW_CPU_CLOCK.into(),
        ..Default::default()
    };
    attr.__bindgen_anon_1.sample_period = period.as_nanos() as u64;

    let (this_thread, any_processor, no_group) = (0, -1, -1);
    let flags = libc::c_ulong::from(PERF_FLAG_FD_CLOEXEC);
    // SAFETY: `attr` is as large as it says, and the kernel only reads it.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attr,
            this_thread,
            any_processor,
            no_group,
            flags,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this file descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
