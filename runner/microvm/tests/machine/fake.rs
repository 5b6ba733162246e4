//! QEMUs that do not do what they should. Each is a script that stands before the real one on the
//! `PATH` of a second run of the test.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use microvm::{Accelerator, Blueprint, MachineError, Progress, Template, find_program, program};

use crate::support::{SOON, blueprint};

const MARK: &str = "MICROVM_TEST_FAKE";

/// In the second run of a test: the folder of its own, and of the fake.
struct Fake {
    folder: PathBuf,
}

impl Fake {
    /// In the test itself `None`, after a second run of it by this name has passed, which finds this
    /// script as QEMU: `real` in it runs the real one, `$how` is what [`Fake::shall`] says.
    fn new(test: &str, script: &str) -> Option<Self> {
        if let Some(folder) = std::env::var_os(MARK) {
            return Some(Self { folder: folder.into() });
        }
        let folder = tempfile::tempdir().unwrap();
        let real = find_program(program()).expect("QEMU is installed");
        let path = folder.path().join(program());
        let text = format!(
            "#!/bin/bash\nhere=${{0%/*}} how=$(<\"$here/how\")\n\
             real() {{ exec {real:?} \"$@\"; }}\n{script}\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("how"), "").unwrap();
        let mut search = OsString::from(folder.path());
        search.push(":");
        search.push(std::env::var_os("PATH").unwrap());
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env("PATH", search)
            .env(MARK, folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && said.contains("1 passed"), "{said}\n{errors}");
        let left = left_of(folder.path());
        assert!(left.is_empty(), "{left:?}");
        None
    }

    fn shall(&self, how: &str) {
        fs::write(self.folder.join("how"), how).unwrap();
    }

    fn blueprint(&self) -> Blueprint {
        blueprint("6.1", &self.folder.join("machines"))
    }

    fn template(&self) -> Template {
        self.blueprint().template_on(Accelerator::Tcg, &mut |_| ()).unwrap()
    }

    /// What there is beside the machines and what belongs to them.
    fn decision(&self) -> Option<String> {
        fs::read_to_string(self.folder.join("machines/accelerator.json")).ok()
    }
}

/// Processes of the second run that still live.
fn left_of(folder: &Path) -> Vec<PathBuf> {
    let mark = format!("{MARK}={}", folder.display());
    let marked = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    processes.filter(marked).collect()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Does it and says how long it took.
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = act();
    (done, start.elapsed())
}

#[test]
fn a_qemu_that_does_not_restore_is_not_waited_for() {
    let script = r#"
        [[ " $* " == *" -incoming "* ]] || real "$@"
        case $how in
        silent) while :; do read -rt 100 -u 4; done ;;
        ends) echo "qemu-system-x86_64: no luck today" >&2; exit 1 ;;
        killed) kill -9 $$ ;;
        garbage) printf "this is no frame" >&3; while :; do read -rt 100 -u 4; done ;;
        closes) exec 3>&- 4>&- 5>&-; while :; do read -rt 100 <> <(read -rt 100); done ;;
        *) real "$@" ;;
        esac"#;
    let name = "fake::a_qemu_that_does_not_restore_is_not_waited_for";
    let Some(fake) = Fake::new(name, script) else { return };
    let template = fake.template();
    let before = threads();
    let restore = |how: &str| {
        fake.shall(how);
        let (mut machine, started) = timed(|| template.restore().unwrap());
        assert!(started < SOON / 20, "{how}: {started:?}");
        let (error, took) = timed(|| machine.ready(Duration::from_secs(1)).unwrap_err());
        assert!(took < Duration::from_secs(4), "{how}: {took:?}");
        let ((), ended) = timed(|| drop(machine));
        assert!(ended < SOON / 20, "{how}: {ended:?}");
        eprintln!("{how}: {error}, after {took:?}");
        error
    };
    assert!(matches!(restore("silent"), MachineError::Deadline { doing: "being restored", .. }));
    let ends = restore("ends").to_string();
    assert!(ends.contains("exit status: 1") && ends.contains("no luck today"), "{ends}");
    let killed = restore("killed").to_string();
    assert!(killed.contains("signal: 9"), "{killed}");
    assert!(matches!(restore("garbage"), MachineError::Channel(_)));
    assert!(matches!(restore("closes"), MachineError::QemuEnded { .. }));
    // The threads that served them have ended too, and the next machine is as good as any.
    let deadline = Instant::now() + SOON;
    while threads() > before {
        assert!(Instant::now() < deadline, "{} threads instead of {before}", threads());
        std::thread::sleep(Duration::from_millis(10));
    }
    fake.shall("");
    template.restore().unwrap().ready(SOON).unwrap();
}

#[test]
fn a_machine_that_takes_nothing_is_not_waited_for() {
    let script = r#"
        [[ " $* " == *" -incoming "* ]] || real "$@"
        while :; do read -rt 100 -u 4; done"#;
    let name = "fake::a_machine_that_takes_nothing_is_not_waited_for";
    let Some(fake) = Fake::new(name, script) else { return };
    let mut machine = fake.template().restore().unwrap();
    let (error, took) = timed(|| machine.put("/big", 0o644, vec![0; 10 << 20]).unwrap_err());
    assert!(matches!(error, MachineError::Deadline { .. }), "{error:?}");
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[test]
fn a_boot_that_shows_no_life_is_tried_again() {
    let script = r#"
        [[ $how ]] && real "$@"
        echo booted >"$here/how"
        while :; do read -rt 100 -u 4; done"#;
    let name = "fake::a_boot_that_shows_no_life_is_tried_again";
    let Some(fake) = Fake::new(name, script) else { return };
    let mut seen = Vec::new();
    let template = fake.blueprint().template_on(Accelerator::Tcg, &mut |step| seen.push(step));
    let boot = |attempt| Progress::Booting { attempt };
    assert_eq!(seen, [boot(1), boot(2), Progress::Saving]);
    template.unwrap().restore().unwrap().ready(SOON).unwrap();
}

#[test]
fn a_qemu_that_does_not_boot_or_save_says_why_and_leaves_nothing() {
    let script = r#"
        case $how in
        ends) echo "qemu-system-x86_64: -device: no such thing" >&2; exit 1 ;;
        garbage) echo "no JSON" >&4; real "$@" ;;
        endless) (while :; do printf 'no end of line '; done >&4) & real "$@" ;;
        mute) real "${@/socket,id=qmp,fd=4/null,id=qmp}" ;;
        esac"#;
    let name = "fake::a_qemu_that_does_not_boot_or_save_says_why_and_leaves_nothing";
    let Some(fake) = Fake::new(name, script) else { return };
    let fails = |how: &str| {
        fake.shall(how);
        let (made, took) =
            timed(|| fake.blueprint().template_on(Accelerator::Tcg, &mut |_| ()).unwrap_err());
        eprintln!("{how}: {made}, after {took:?}");
        let there: Vec<_> = fs::read_dir(fake.folder.join("machines")).unwrap().collect();
        assert_eq!(there.len(), 1, "only the lock, not {there:?}");
        (made, took)
    };
    let (error, took) = fails("ends");
    assert!(matches!(error, MachineError::QemuEnded { doing: "booting", .. }), "{error:?}");
    assert!(error.to_string().contains("no such thing"), "{error}");
    assert!(took < Duration::from_secs(3), "it is not tried again: {took:?}");
    for how in ["garbage", "endless"] {
        let (error, _) = fails(how);
        assert!(matches!(error, MachineError::Qmp { .. }), "{how}: {error:?}");
    }
    let (error, took) = fails("mute");
    assert!(matches!(error, MachineError::Deadline { doing: "being saved", .. }), "{error:?}");
    assert!(took < Duration::from_secs(40), "{took:?}");
}

/// Whether KVM is tried here at all.
fn kvm() -> bool {
    let there = fs::File::options().read(true).write(true).open("/dev/kvm").is_ok();
    if !there {
        eprintln!("not tried: /dev/kvm cannot be opened");
    }
    there
}

#[test]
fn kvm_that_is_faster_is_used_until_it_fails() {
    // What is asked of KVM, the translator does; and asked itself, it is slow to start.
    let script = r#"
        case $how in
        works)
            [[ " $* " == *accel=tcg* ]] && read -rt 30 -u 3
            real "${@/accel=kvm/accel=tcg}" ;;
        broken)
            [[ " $* " == *accel=kvm* ]] && { echo "qemu: failed to initialize kvm" >&2; exit 1; }
            real "$@" ;;
        esac"#;
    let name = "fake::kvm_that_is_faster_is_used_until_it_fails";
    if !kvm() {
        return;
    }
    let Some(fake) = Fake::new(name, script) else { return };
    let template = || fake.blueprint().template(&mut |_| ()).unwrap();
    fake.shall("works");
    let (first, took) = timed(template);
    assert_eq!(first.accelerator(), Accelerator::Kvm, "{:?}", fake.decision());
    assert!(took < Duration::from_secs(25), "the slower one is not waited for: {took:?}");
    assert!(fake.decision().unwrap().contains("\"kvm\""));
    assert!(template().made().is_none(), "it is found again");
    first.restore().unwrap().ready(SOON).unwrap();

    fake.shall("broken");
    let error = first.restore().unwrap().ready(SOON).unwrap_err();
    assert!(error.to_string().contains("failed to initialize kvm"), "{error}");
    first.discard().unwrap();
    let second = template();
    assert_eq!(second.accelerator(), Accelerator::Tcg);
    second.restore().unwrap().ready(SOON).unwrap();
    assert!(fake.decision().unwrap().contains("\"tcg\""));
}

#[test]
fn kvm_that_hangs_costs_no_more_than_the_first_boot() {
    let script = r#"
        [[ " $* " == *accel=kvm* ]] || real "$@"
        echo x >>"$here/tried"
        while :; do read -rt 100 -u 4; done"#;
    let name = "fake::kvm_that_hangs_costs_no_more_than_the_first_boot";
    if !kvm() {
        return;
    }
    let Some(fake) = Fake::new(name, script) else { return };
    let template = || fake.blueprint().template(&mut |_| ()).unwrap();
    let (first, took) = timed(template);
    assert_eq!(first.accelerator(), Accelerator::Tcg);
    let made = first.made().expect("made just now");
    assert!(took < made.boot + made.save + Duration::from_secs(3), "{took:?}, {made:?}");
    assert!(fake.decision().unwrap().contains("was not done by then"), "{:?}", fake.decision());
    first.discard().unwrap();
    assert_eq!(template().accelerator(), Accelerator::Tcg);
    assert_eq!(fs::read_to_string(fake.folder.join("tried")).unwrap(), "x\n", "tried once");
}
