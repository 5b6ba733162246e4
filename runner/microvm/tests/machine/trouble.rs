//! Kernels in trouble.

use microvm::{MachineError, TroubleKind};

use crate::support::{SOON, on_each, run, says};

#[test]
fn a_warning_of_the_kernel_is_found_while_the_machine_goes_on() {
    on_each(|machine| {
        assert_eq!(machine.trouble(), None);
        says(machine, &["warn"]);
        let trouble = machine.trouble().unwrap_or_else(|| panic!("{}", machine.console()));
        assert_eq!(trouble.kind, TroubleKind::Warning, "{trouble:#?}");
        assert!(trouble.line.starts_with("WARNING: CPU: 0 PID: "), "{trouble:#?}");
        assert!(trouble.line.contains(" at mm/page_alloc.c:"), "{trouble:#?}");
        assert!(trouble.report.contains("Comm: inside"), "{trouble:#?}");
        assert!(trouble.report.contains("Call Trace:"), "{trouble:#?}");
        assert_eq!(says(machine, &["echo"]), "the end\n");
    });
}

#[test]
fn memory_that_ran_out_is_found() {
    on_each(|machine| {
        // The kernel picks the largest process, which the agent's is.
        let size = (32 << 20).to_string();
        let _ = machine.spawn(&[crate::support::INSIDE, "hold", &size], &[]).unwrap();
        while !matches!(crate::support::next(machine), microvm::Event::Output { .. }) {}
        run(machine, &["sysrq", "f"]);
        while machine.trouble().is_none() {
            machine.next_event(SOON).unwrap().expect("the process is ended");
        }
        let trouble = machine.trouble().unwrap();
        assert_eq!(trouble.kind, TroubleKind::OutOfMemory, "{trouble:#?}");
        assert!(trouble.line.contains("(inside)"), "{trouble:#?}");
    });
}

#[test]
fn stacks_and_words_of_programs_are_no_trouble() {
    on_each(|machine| {
        // Help, memory, tasks with their stacks, all processors with theirs.
        for key in ["h", "m", "w", "t", "l"] {
            says(machine, &["sysrq", key]);
        }
        for words in [
            "<3>BUG: my lab does not work",
            "<3>WARNING: CPU: 0 PID: 1 at home",
            "<3>Oops: I did it again",
            "<3>BUG: kernel NULL pointer dereference, I thought",
        ] {
            says(machine, &["say", words]);
        }
        let console = machine.console();
        assert_eq!(machine.trouble(), None, "{console}");
        assert!(console.contains("I thought"), "{console}");
    });
}

#[test]
fn a_panic_ends_the_machine_and_says_why() {
    on_each(|machine| {
        let error = machine
            .run(&[crate::support::INSIDE, "sysrq", "c"], &[], SOON)
            .expect_err("the machine is down");
        let MachineError::GuestDown { reason, console } = &error else { panic!("{error:?}") };
        assert_eq!(reason, "Kernel panic - not syncing: sysrq triggered crash");
        assert!(console.contains("Call Trace:"), "{console}");
        assert_eq!(machine.trouble().map(|trouble| trouble.kind), Some(TroubleKind::Panic));
        // And it stays down.
        assert!(matches!(machine.next_event(SOON), Err(MachineError::GuestDown { .. })));
    });
}

#[test]
fn a_machine_that_is_switched_off_from_inside_is_no_crash() {
    on_each(|machine| {
        let error = machine.run(&[crate::support::INSIDE, "sysrq", "b"], &[], SOON).unwrap_err();
        let MachineError::GuestDown { reason, .. } = &error else { panic!("{error:?}") };
        assert_eq!(reason, "it was switched off");
    });
}
