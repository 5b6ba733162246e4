//! Real machines: what can be done with one, and what is seen when it does not do well.

mod fake;
mod support;
mod trouble;

use std::time::SystemTime;

use microvm::{Event, ExitStatus, MachineError, Stream};
use support::{INSIDE, SERIES, SOON, machine, next, on_each, run, says, start, template};

#[test]
fn a_program_gets_its_files_and_its_environment() {
    on_each(|machine| {
        machine.put("/deep/down/secret", 0o640, b"contents".to_vec()).unwrap();
        assert_eq!(says(machine, &["cat", "/deep/down/secret"]), "contents");
        assert_eq!(says(machine, &["mode", "/deep/down/secret"]), "640\n");
        // A file that is there is replaced, its mode too.
        machine.put("/deep/down/secret", 0o4711, b"new".to_vec()).unwrap();
        assert_eq!(says(machine, &["cat", "/deep/down/secret"]), "new");
        assert_eq!(says(machine, &["mode", "/deep/down/secret"]), "4711\n");
        let environment = machine.run(&[INSIDE, "environment"], &[("LANG", "C")], SOON).unwrap();
        let expected = "LANG=C\nPATH=/bin:/sbin:/usr/bin:/usr/sbin\n";
        let mut lines: Vec<_> = str::from_utf8(&environment.stdout).unwrap().lines().collect();
        lines.sort();
        assert_eq!(lines.join("\n") + "\n", expected);
    });
}

#[test]
fn output_and_the_way_it_ended_are_reported() {
    on_each(|machine| {
        let both = run(machine, &["both"]);
        assert_eq!(
            (both.stdout.as_slice(), both.stderr.as_slice()),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert_eq!(both.status, ExitStatus::Code(0));
        assert_eq!(run(machine, &["exit", "7"]).status, ExitStatus::Code(7));
        assert_eq!(run(machine, &["abort"]).status, ExitStatus::Signal(6));
        let size = 5 << 20;
        let flood = run(machine, &["flood", &size.to_string()]).stdout;
        assert_eq!(flood.len(), size);
        for (number, line) in flood.chunks(64).enumerate() {
            assert_eq!(str::from_utf8(line).unwrap().trim_end(), (number * 64).to_string());
        }
    });
}

#[test]
fn standard_input_goes_in_and_ends() {
    on_each(|machine| {
        let id = start(machine, &["echo"]);
        let output = |data: &[u8]| {
            let data = data.to_vec();
            Event::Output { id, stream: Stream::Stdout, data }
        };
        machine.write_stdin(id, b"first\n").unwrap();
        assert_eq!(next(machine), output(b"first\n"));
        machine.input(id).write(b"second\n");
        assert_eq!(next(machine), output(b"second\n"));
        machine.close_stdin(id).unwrap();
        assert_eq!(next(machine), output(b"the end\n"));
        assert_eq!(next(machine), Event::Exited { id, status: ExitStatus::Code(0) });
        // Nobody is there any more, which harms nobody.
        machine.write_stdin(id, b"third\n").unwrap();
        machine.signal(id, 15).unwrap();
        assert_eq!(says(machine, &["echo"]), "the end\n");
    });
}

#[test]
fn a_signal_reaches_its_process_and_no_other() {
    on_each(|machine| {
        let (first, second) =
            (machine.spawn(&[INSIDE, "sleep"], &[]), machine.spawn(&[INSIDE, "sleep"], &[]));
        let (first, second) = (first.unwrap(), second.unwrap());
        let mut asleep = 0;
        while asleep < 2 {
            asleep += usize::from(matches!(next(machine), Event::Output { .. }));
        }
        for (id, signal) in [(second, 15), (first, 9)] {
            machine.signal(id, signal).unwrap();
            assert_eq!(next(machine), Event::Exited { id, status: ExitStatus::Signal(signal) });
        }
    });
}

#[test]
fn several_processes_run_at_once() {
    on_each(|machine| {
        let ids: Vec<_> = (0..4).map(|_| machine.spawn(&[INSIDE, "echo"], &[]).unwrap()).collect();
        for id in ids.iter().rev() {
            machine.write_stdin(*id, format!("I am {id}\n").as_bytes()).unwrap();
            machine.close_stdin(*id).unwrap();
        }
        let mut said = vec![Vec::new(); ids.len()];
        let mut ended = 0;
        while ended < ids.len() {
            match next(machine) {
                Event::Output { id, data, .. } => {
                    said[ids.iter().position(|known| *known == id).unwrap()].extend(data);
                }
                Event::Exited { status, .. } => {
                    assert!(status.success());
                    ended += 1;
                }
                _ => {}
            }
        }
        for (id, said) in ids.iter().zip(said) {
            assert_eq!(String::from_utf8(said).unwrap(), format!("I am {id}\nthe end\n"));
        }
    });
}

#[test]
fn what_cannot_be_done_is_said_and_the_machine_goes_on() {
    on_each(|machine| {
        let id = machine.spawn(&["/no/such/program"], &[]).unwrap();
        match next(machine) {
            Event::Failed { id: Some(failed), message } if failed == id => {
                assert!(message.contains("/no/such/program"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        let error = machine.run(&["/no/such/program"], &[], SOON).unwrap_err();
        assert!(matches!(&error, MachineError::Agent(said) if said.contains("program")), "{error}");
        machine.put("/proc/nothing", 0o644, vec![]).unwrap();
        let error = machine.next_event(SOON).unwrap_err();
        assert!(matches!(&error, MachineError::Agent(said) if said.contains("/proc/nothing")));
        let late = machine.run(&[INSIDE, "sleep"], &[], SOON / 100).unwrap_err();
        assert!(matches!(late, MachineError::Deadline { .. }), "{late}");
        // It does not stay.
        let status = loop {
            if let Event::Exited { status, .. } = next(machine) {
                break status;
            }
        };
        assert_eq!(status, ExitStatus::Signal(9));
        assert_eq!(says(machine, &["echo"]), "the end\n");
    });
}

#[test]
fn a_restored_machine_knows_the_time_and_has_a_network_of_its_own() {
    for series in SERIES {
        // The time that it is told is that of the start of its restore.
        let before = SystemTime::now();
        let mut machine = machine(series);
        let clock: u64 = says(&mut machine, &["clock"]).trim().parse().unwrap();
        let told = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(clock + 1);
        assert!(before <= told && told <= SystemTime::now() + SOON / 100, "{before:?} {told:?}");
        assert_eq!(says(&mut machine, &["loopback"]), "through the loopback\n");
    }
}

#[test]
fn no_two_copies_are_alike_where_they_should_not_be_and_none_sees_what_another_did() {
    for series in SERIES {
        let (mut one, mut other) = (machine(series), machine(series));
        assert_ne!(says(&mut one, &["random"]), says(&mut other, &["random"]));
        one.put("/new", 0o600, b"x".to_vec()).unwrap();
        assert_eq!(says(&mut one, &["cat", "/new"]), "x");
        assert!(!run(&mut other, &["cat", "/new"]).status.success());
    }
}

#[test]
fn a_machine_that_was_found_is_not_made_again() {
    for series in SERIES {
        let first = template(series);
        let again = template(series);
        assert!(again.made().is_none());
        assert_eq!(first.file(), again.file());
        assert!(again.file().size() < 40 << 20, "{}", again.file().size());
    }
}
