//! Labs on this machine's own kernel: rights, labs that hang, and others who use it too.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use course_tests::{CourseCopy, Fakes, Finished, Labrunner, processes_with, wait_until_gone};
use rustix::fs::{FlockOperation, flock};

/// The kernel is one for all: tests that need it for themselves run one by one.
fn kernel() -> MutexGuard<'static, ()> {
    static KERNEL: Mutex<()> = Mutex::new(());
    KERNEL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("not tried: not root");
        return false;
    }
    let readable = course_tests::readable_as(&SOMEBODY);
    if !readable {
        println!("not tried: another user cannot read the course here");
    }
    readable
}

/// Ends a `labrunner` that hangs, so that the test fails instead of hanging too.
const BOUNDED: [&str; 4] = ["timeout", "-s", "KILL", "25"];

/// A lab that misbehaves on any kernel.
fn misbehaving(how: &str) -> CourseCopy {
    let course = CourseCopy::with_misbehaving_lab(how);
    course.replace("labs-bpf/ch2/hello-map/lab.toml", r#"needs = ["kprobe"]"#, "needs = []");
    course
}

fn mark(name: &str) -> String {
    format!("host-{}-{name}", std::process::id())
}

#[test]
fn a_lab_that_hangs_is_ended_without_a_kill_program() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let mark = mark("hang");
    let course = misbehaving("hang-observe");
    let (command, _path) =
        Labrunner::through(&BOUNDED, ["ch2", "hello-map", "--on", "host", "--deadline", "1.5"])
            .within(course.path())
            .env("LABRUNNER_TEST_MARK", &mark)
            .without_programs(&["kill"]);
    let done = command.run();
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("still running after 1.5 s"), "{done}");
    assert!(done.took < Duration::from_secs(5), "{:?}", done.took);
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
}

#[test]
fn what_a_lab_leaves_behind_is_ended_with_it() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let mark = mark("child");
    let course = misbehaving("forgotten-child");
    let done = Labrunner::through(&BOUNDED, ["ch2", "hello-map", "--on", "host"])
        .within(course.path())
        .env("LABRUNNER_TEST_MARK", &mark)
        .run();
    assert_eq!(done.code, 1, "{done}");
    assert!(done.took < Duration::from_secs(5), "{:?}", done.took);
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
}

#[test]
fn labs_that_start_at_once_wait_for_each_other() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let run = || Labrunner::new(["ch3", "hello-xdp", "--on", "host"]).run();
    let first = run();
    if first.stdout.contains("SKIPPED") {
        println!("not tried: {first}");
        return;
    }
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        for run in runs {
            let done = run.join().unwrap();
            assert_eq!(done.code, 0, "{done}");
        }
    });
}

#[test]
fn a_wait_for_another_labrunner_is_said() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let held = std::fs::File::open("/sys/kernel").unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let mut child = Labrunner::new(["ch6", "hello-verifier", "--on", "host"]).start_talking();
    let mut words = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = words.by_ref().map(Result::unwrap).find(|line| line.contains("another labrunner"));
    assert!(waits.is_some());
    assert_eq!(child.try_wait().unwrap(), None);
    flock(&held, FlockOperation::Unlock).unwrap();
    assert!([0, 69].contains(&child.wait().unwrap().code().unwrap()));
}

/// Not the learner's mistake, and no lack of the kernel either.
#[test]
fn a_trace_pipe_that_somebody_reads() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let script = "mount -t tracefs t /mnt && exec </mnt/trace_pipe && echo open && exec sleep 60";
    let mut reader = Command::new("unshare")
        .args(["--mount", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = String::new();
    BufReader::new(reader.stdout.take().unwrap()).read_line(&mut word).unwrap();
    let done = Labrunner::new(["ch3", "hello-xdp", "--on", "host", "--format", "json"]).run();
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(word, "open\n");
    if done.stdout.contains("xdp: ") {
        println!("not tried: {done}");
        return;
    }
    assert_eq!(done.code, 69, "{done}");
    assert_eq!(done.json()["verdict"], "environment", "{done}");
    assert!(done.stdout.contains("cannot open the trace pipe"), "{done}");
}

// --- by sudo ---

/// Somebody who is not root, and has a `sudo`.
const SOMEBODY: [&str; 6] = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"];

/// Runs a lab as somebody who has this `sudo`.
fn by_sudo(fakes: &Fakes, course: &CourseCopy, more: &[&str]) -> Finished {
    for folder in [course.path(), course.programs().parent().unwrap()] {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let wrapper: Vec<&str> = BOUNDED.iter().chain(&SOMEBODY).copied().collect();
    let lab = ["ch2", "hello-map", "--on", "host", "--deadline", "1.5"];
    Labrunner::through(&wrapper, lab.iter().chain(more))
        .within(course.path())
        .env("PATH", fakes.search_path())
        .env("HOME", fakes.path())
        .run()
}

/// A lab without a stimulus, which needs rights of its own.
fn alone(how: &str) -> CourseCopy {
    let course = misbehaving(how);
    let manifest = "labs-bpf/ch2/hello-map/lab.toml";
    let text = std::fs::read_to_string(course.path().join(manifest)).unwrap();
    let end = text.find("[[step]]").unwrap();
    let next = text.find("[[break]]").unwrap_or(text.len());
    std::fs::write(course.path().join(manifest), [&text[..end], &text[next..]].concat()).unwrap();
    course
}

/// Gives rights to whoever knows the password, and remembers that.
const ASKS: &str = r#"
if [ "$1" = -v ]; then touch HERE/granted; exit; fi
if [ ! -e HERE/granted ]; then echo "sudo: a password is required" >&2; exit 1; fi
shift 2
exec "$@""#;

#[test]
fn without_the_password_sudos_own_words_are_shown() {
    if !is_root() {
        return;
    }
    let fakes = Fakes::new()
        .with("sudo", r#"echo "sudo: a terminal is required to read the password" >&2; exit 1"#);
    let done = by_sudo(&fakes, &misbehaving("crash"), &["--format", "json"]);
    assert_eq!(done.code, 69, "{done}");
    let result = done.json();
    assert!(result["message"].as_str().unwrap().contains("a terminal is required"), "{done}");
    assert!(result["hint"].as_str().unwrap().contains("micro-VM"), "{done}");
    assert!(done.took < Duration::from_secs(5), "{:?}", done.took);
}

#[test]
fn sudo_asks_before_any_clock_runs() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let fakes = Fakes::new().with("sudo", ASKS);
    let done = by_sudo(&fakes, &alone("crash"), &[]);
    assert!(done.stdout.contains("the lab ended with signal 6"), "{done}");
    let log = fakes.log();
    let lines: Vec<&str> = log.lines().collect();
    let asked = lines.iter().position(|line| *line == "sudo -v").expect(&log);
    let lab = lines.iter().position(|line| line.contains(" --object ")).expect(&log);
    assert!(asked < lab, "{log}");
    assert!(lines[lab].starts_with("sudo -n -- env LAB_STAGES=1 "), "{log}");
}

#[test]
fn a_lab_that_hangs_behind_sudo_is_ended() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let fakes = Fakes::new().with("sudo", ASKS);
    let course = alone("hang-observe");
    let done = by_sudo(&fakes, &course, &[]);
    assert!(done.stdout.contains("still running after 1.5 s"), "{done}");
    assert_eq!(hanging(&fakes), [0; 0], "{done}");
    assert!(!done.stderr.contains("process"), "{done}");
}

#[test]
fn a_lab_that_cannot_be_ended_is_named() {
    if !is_root() {
        return;
    }
    let _kernel = kernel();
    let refuses = format!("case \"$*\" in *kill*) exit 1;; esac\n{ASKS}");
    let fakes = Fakes::new().with("sudo", &refuses);
    let course = alone("hang-observe");
    let done = by_sudo(&fakes, &course, &[]);
    let left = hanging(&fakes);
    for &pid in &left {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    assert!(done.stdout.contains("still running after 1.5 s"), "{done}");
    assert!(done.took < Duration::from_secs(8), "{:?}", done.took);
    let [pid] = left[..] else { panic!("{left:?}") };
    assert!(done.stderr.contains(&format!("process {pid}")), "{pid} in {done}");
}

/// The labs that still run of those that were started with these programs.
fn hanging(fakes: &Fakes) -> Vec<i32> {
    let processes = processes_with(&format!("HOME={}", fakes.path().display()));
    let labs = processes.iter().filter_map(|process| process.strip_suffix(" misbehave"));
    labs.map(|pid| pid.parse().unwrap()).collect()
}
