//! A marker for tracers in the code of a lab (USDT, user statically-defined tracing).
//!
//! At the place itself there is one instruction that does nothing. A note in the file says where it is,
//! what it is called, and in which registers the values are; see
//! <https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation>.

#![allow(
    unsafe_code,
    reason = "a note about an instruction can only be made beside that instruction"
)]

use std::arch::asm;

/// The marker `sold` of the provider `workbook`.
#[inline(never)]
pub fn sold(units: u64, total: u64) {
    // The three lengths and numbers of an ELF note; its owner `stapsdt`; the address of the
    // instruction, no base, no semaphore; provider, name, and where the values are.
    macro_rules! note {
        ($($options:tt)*) => {
            // SAFETY: one `nop` is executed; all else goes into a section that is not loaded.
            unsafe {
                asm!(
                    "771: nop",
                    ".pushsection .note.stapsdt, \"\", \"note\"",
                    ".balign 4",
                    ".4byte 773f - 772f",
                    ".4byte 775f - 774f",
                    ".4byte 3",
                    "772: .asciz \"stapsdt\"",
                    "773: .balign 4",
                    "774: .8byte 771b",
                    ".8byte 0",
                    ".8byte 0",
                    ".asciz \"workbook\"",
                    ".asciz \"sold\"",
                    ".asciz \"8@{units} 8@{total}\"",
                    "775: .balign 4",
                    ".popsection",
                    units = in(reg) units,
                    total = in(reg) total,
                    options(nomem, nostack, preserves_flags $($options)*),
                );
            }
        };
    }
    #[cfg(target_arch = "x86_64")]
    note!(, att_syntax); // registers are called %rdi there
    #[cfg(not(target_arch = "x86_64"))]
    note!();
}
