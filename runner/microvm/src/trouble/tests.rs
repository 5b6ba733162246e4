//! Consoles of real kernels, shortened in the middle; and words that only look like trouble.

use super::TroubleKind::*;
use super::*;

/// 6.1, `dd if=/dev/zero of=/proc/irq/default_smp_affinity bs=8M count=1`.
const WARNING: &str = "\
[    4.411920] ------------[ cut here ]------------
[    4.412011] WARNING: CPU: 0 PID: 64 at mm/page_alloc.c:5534 __alloc_pages+0x24d/0x330
[    4.412402] Modules linked in: act_bpf cls_bpf sch_ingress sch_fq dummy veth virtio_console
[    4.413005] CPU: 0 PID: 64 Comm: dd Not tainted 6.1.0-53-cloud-amd64 #1  Debian 6.1.187-1
[    4.413260] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014
[    4.413540] RIP: 0010:__alloc_pages+0x24d/0x330
[    4.415930] Call Trace:
[    4.416010]  <TASK>
[    4.416100]  __kmalloc_large_node+0x7b/0x160
[    4.418010]  </TASK>
[    4.418100] ---[ end trace 0000000000000000 ]---
";

const OOPS: &str = "\
[   12.500000] BUG: kernel NULL pointer dereference, address: 0000000000000008
[   12.500100] #PF: supervisor read access in kernel mode
[   12.500200] #PF: error_code(0x0000) - not-present page
[   12.500300] PGD 0 P4D 0 
[   12.500400] Oops: 0000 [#1] PREEMPT SMP NOPTI
[   12.500500] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0-53-cloud-amd64 #1  Debian 6.1.187-1
[   12.500600] RIP: 0010:dev_map_enqueue+0x14/0x60
[   12.500700] Call Trace:
[   12.500800] ---[ end trace 0000000000000000 ]---
";

fn found(console: &str) -> Vec<(TroubleKind, String)> {
    Trouble::find(console).into_iter().map(|trouble| (trouble.kind, trouble.line)).collect()
}

fn only(console: &str, kind: TroubleKind, line: &str) {
    assert_eq!(found(console), [(kind, line.to_string())], "{console}");
}

#[test]
fn a_warning_is_found_with_all_that_the_kernel_said_of_it() {
    let line = "WARNING: CPU: 0 PID: 64 at mm/page_alloc.c:5534 __alloc_pages+0x24d/0x330";
    only(WARNING, Warning, line);
    let trouble = Trouble::worst(WARNING).unwrap();
    assert!(trouble.report.starts_with(CUT_HERE), "{trouble:?}");
    assert!(trouble.report.ends_with(" </TASK>"), "{trouble:?}");
}

#[test]
fn a_warning_may_have_a_message_and_other_forms() {
    let console = "\
[    9.1] ------------[ cut here ]------------
[    9.1] refcount_t: underflow; use-after-free.
[    9.1] WARNING: lib/refcount.c:28 at refcount_warn_saturate+0xb0/0x100, CPU#0: lab/77
[    9.1] Modules linked in:
[    9.1] CPU: 0 UID: 0 PID: 77 Comm: lab Not tainted 7.0.3 #1 PREEMPT(lazy)
";
    let line = "WARNING: lib/refcount.c:28 at refcount_warn_saturate+0xb0/0x100, CPU#0: lab/77";
    only(console, Warning, line);
    assert!(Trouble::worst(console).unwrap().report.contains("use-after-free"));
}

#[test]
fn an_oops_is_one_trouble_and_its_first_line_tells_what_was_done() {
    only(OOPS, Oops, "BUG: kernel NULL pointer dereference, address: 0000000000000008");
    let protection = "\
[    3.000001] general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP
[    3.000002] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0 #1
";
    assert_eq!(found(protection)[0].0, Oops);
    let newer = protection.replace("general", "Oops: general");
    assert_eq!(found(&newer)[0].0, Oops);
    let bug_on = "\
[    3.000001] ------------[ cut here ]------------
[    3.000002] kernel BUG at mm/slub.c:305!
[    3.000003] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI
[    3.000004] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0 #1
";
    only(bug_on, Oops, "kernel BUG at mm/slub.c:305!");
}

#[test]
fn lockups_and_stalls_are_found() {
    let whereabouts = "[   30.000009] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0 #1\n";
    for line in [
        "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [lab:77]",
        "rcu: INFO: rcu_preempt self-detected stall on CPU",
        "watchdog: Watchdog detected hard LOCKUP on cpu 0",
    ] {
        only(&format!("[   30.000001] {line}\n{whereabouts}"), Lockup, line);
    }
    let task = "\
[  242.000001] INFO: task lab:77 blocked for more than 120 seconds.
[  242.000002]       Not tainted 6.1.0 #1
[  242.000003] Call Trace:
";
    only(task, Lockup, "INFO: task lab:77 blocked for more than 120 seconds.");
}

#[test]
fn other_bugs_and_memory_that_ran_out_are_found() {
    let atomic = "\
[    3.000001] BUG: scheduling while atomic: lab/77/0x00000002
[    3.000002] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0 #1
";
    only(atomic, Bug, "BUG: scheduling while atomic: lab/77/0x00000002");
    let memory = "[    3.000001] Out of memory: Killed process 77 (lab) total-vm:9000kB\n";
    only(memory, OutOfMemory, "Out of memory: Killed process 77 (lab) total-vm:9000kB");
}

#[test]
fn the_worst_is_reported_and_of_several_the_first() {
    let both = format!("{WARNING}{OOPS}{}", OOPS.replace("0008", "0010"));
    assert_eq!(Trouble::find(&both).len(), 3);
    assert!(Trouble::worst(&both).unwrap().line.ends_with("0008"));
    let panic = format!("{both}[   13.000001] Kernel panic - not syncing: Fatal exception\n");
    assert_eq!(Trouble::worst(&panic).unwrap().kind, Panic);
}

#[test]
fn who_prints_may_stand_beside_the_time() {
    let console = OOPS.replace("] ", "][   T77] ");
    assert_eq!(found(&console).len(), 1, "{console}");
}

#[test]
fn words_that_only_look_like_trouble_are_none() {
    for innocent in [
        // Without a time stamp: a program wrote to the console.
        WARNING.replace("[    4.", "[ x ").as_str(),
        // Written to /dev/kmsg by a program.
        "[    3.000001] BUG: my lab does not work\n[    3.000002] WARNING: disk nearly full\n",
        "[    3.000001] WARNING: CPU: 0 PID: 1 at home\n",
        "[    3.000001] my lab [#1]: see Oops: later\n",
        "[    3.000001] BUG: kernel NULL pointer dereference, address: 0\n",
        // Said in the middle of a line.
        "[    3.000001] lab: WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2\n[    3.1] CPU: 0 PID: 1\n",
        // sysrq-trigger `l` and `w` print stacks of a kernel that is well.
        "[    3.000001] sysrq: Show backtrace of all active CPUs\n\
         [    3.000002] NMI backtrace for cpu 0\n\
         [    3.000003] CPU: 0 PID: 77 Comm: lab Not tainted 6.1.0 #1\n[    3.000004] Call Trace:\n",
        // What stock kernels say when they boot in a machine of ours.
        "[    0.671638] acpi PNP0A03:00: fail to add MMCONFIG information, can't access extended PCI \
         configuration space under this bridge.\n",
        "[    1.000001] lab[77] is installing a program with bpf_probe_write_user helper that may \
         corrupt user memory!\n",
    ] {
        assert_eq!(found(innocent), [], "{innocent}");
    }
}
