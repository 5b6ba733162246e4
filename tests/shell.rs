//! `labrunner shell`: commands, labs and terminals in a machine of one's own.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use course_tests::{Labrunner, labrunner, root};

#[test]
fn a_command_has_its_output_and_its_status() {
    let done = Labrunner::new(["shell", "-c", "id -u; uname -r; echo oops >&2; exit 7"]).run();
    assert_eq!(done.code, 7, "{done}");
    assert!(done.stdout.starts_with("0\n6.1."), "{done}");
    assert!(done.stderr.contains("oops\n"), "{done}");
}

#[test]
fn the_tools_of_the_trade_are_there() {
    let command =
        "bpftool version; strace -V; ip -V; ping -V; tcpdump --version; busybox | head -1";
    let done = Labrunner::new(["shell", "-c", command]).run();
    for words in ["bpftool v", "strace -- version", "ip utility", "ping from", "tcpdump version"] {
        assert!(done.stdout.contains(words) || done.stderr.contains(words), "{words}: {done}");
    }
}

#[test]
fn programs_can_attach_to_security_hooks_on_the_oldest_kernel_too() {
    // Left to itself, 5.10 has BPF built in there and does not use it.
    let command = "cat /sys/kernel/security/lsm";
    let done = Labrunner::new(["shell", "--kernel", "5.10", "-c", command]).run();
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.split(',').any(|module| module.trim() == "bpf"), "{done}");
}

#[test]
fn a_lab_runs_in_it() {
    let command =
        "bpftool prog list; ping -c 1 127.0.0.1 >/dev/null; sleep 0.3; cat /lab/output; ls /lab";
    let done = Labrunner::new(["shell", "ch3", "hello-xdp", "-c", command]).run();
    assert_eq!(done.code, 0, "{done}");
    for words in ["xdp  name hello", "bpf_trace_printk: Hello World 1", "hello-xdp.bpf.c"] {
        assert!(done.stdout.contains(words), "{words}: {done}");
    }
}

#[test]
fn it_reads_commands_from_a_pipe() {
    assert_eq!(
        type_into(&["sh", "-c", "\"$0\" shell"], "echo $((6 * 7))\nexit 3\n"),
        (3, "42\n".into())
    );
}

#[test]
fn on_a_terminal_it_has_one_too() {
    let line = "script -qec \"'$0' shell\" /dev/null";
    let (code, output) = type_into(&["sh", "-c", line], "stty size; tty\nexit 5\n");
    assert_eq!(code, 5, "{output}");
    assert!(output.contains("24 80\r\n/dev/pts/0\r\n"), "{output:?}");
    assert!(output.contains("[micro-VM /]# "), "{output:?}");
}

#[test]
fn ctrl_c_ends_what_runs_in_the_shell_and_not_the_shell() {
    let line = format!("script -qec \"'{}' shell\" /dev/null", labrunner().display());
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = String::new();
    // Reads on until the words have come.
    let mut see = |words: &str| {
        let mut buffer = [0; 4096];
        while !seen.contains(words) {
            let length = screen.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "no {words:?} in {seen:?}");
            seen += &String::from_utf8_lossy(&buffer[..length]);
        }
        seen.clear();
    };
    see("]# ");
    keys.write_all(b"echo be$((1))gun; sleep 600\n").unwrap();
    see("be1gun");
    keys.write_all(b"\x03").unwrap();
    see("]# ");
    keys.write_all(b"echo status=$?; exit 5\n").unwrap();
    see("status=130");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

/// Runs a command to which the path of labrunner is added, and types into it.
fn type_into(command: &[&str], text: &str) -> (i32, String) {
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .arg(course_tests::labrunner())
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn one_shell_is_on_one_kernel() {
    let done = Labrunner::new(["shell", "--kernel", "5.10,6.1"]).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("name one series"), "{done}");
}
