//! Kernels, saved machines and programs for the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use microvm::kernel::{Kernel, Store};
use microvm::{Blueprint, Event, Machine, Output, ProcessId, Template};

/// Deadline for all that takes a fraction of a second.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Where the tests' program is in a machine.
pub(crate) const INSIDE: &str = "/test/inside";

/// The kernels that machines are tested with.
pub(crate) const SERIES: [&str; 2] = ["6.1", "6.12"];

/// What cargo has put into the target folder for the machine's side, built statically.
pub(crate) struct Built {
    pub(crate) agent: PathBuf,
    pub(crate) inside: PathBuf,
}

/// Builds the agent and the program that the tests run inside; once.
pub(crate) fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let fixed = ["build", "--release", "--config", "labs/static.toml", "--target", &triple];
        for what in [
            ["-p", "labrunner-guest", "--bins"].as_slice(),
            &["-p", "microvm", "--example", "inside"],
        ] {
            let status = Command::new("cargo").args(fixed).args(what).current_dir(root).status();
            assert!(status.expect("cargo starts").success(), "{what:?}");
        }
        let release = target.join(triple).join("release");
        Built { agent: release.join("labrunner-guest"), inside: release.join("examples/inside") }
    })
}

/// Where labrunner keeps kernels.
fn users_cache() -> PathBuf {
    let home = || std::env::home_dir().expect("a home folder").join(".cache");
    let parent = || std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    std::env::var_os("LABRUNNER_CACHE").map_or_else(|| parent().join("labrunner"), PathBuf::from)
}

/// A kernel from the user's cache, or else from one of the tests' own, fetched now.
pub(crate) fn kernel(series: &str) -> Kernel {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let users = Store::new(users_cache().join("kernels"));
    let own = Store::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels"));
    let there = users.get(series).or_else(|_| own.get(series));
    there.or_else(|_| own.add(series, &mut |said| eprintln!("{said}"))).unwrap()
}

/// What a test's machine is made of.
pub(crate) fn blueprint(series: &str, cache: &Path) -> Blueprint {
    let kernel = kernel(series);
    Blueprint {
        label: series.into(),
        kernel: kernel.image,
        modules: Some(kernel.modules),
        agent: built().agent.clone(),
        memory_mib: 256,
        cache: cache.into(),
    }
}

/// The saved machine of this series that all tests share.
pub(crate) fn template(series: &str) -> Template {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machines");
    blueprint(series, &cache).template(&mut |progress| eprintln!("{progress:?}")).unwrap()
}

/// A fresh machine that has the tests' program.
pub(crate) fn machine(series: &str) -> Machine {
    let mut machine = template(series).restore().unwrap();
    let release = machine.ready(SOON).unwrap();
    assert!(release.starts_with(&format!("{series}.")), "{release}");
    machine.put(INSIDE, 0o755, std::fs::read(&built().inside).unwrap()).unwrap();
    machine
}

/// Does the same on each kernel, on a fresh machine.
pub(crate) fn on_each(act: impl Fn(&mut Machine)) {
    for series in SERIES {
        eprintln!("on {series}");
        act(&mut machine(series));
    }
}

/// Runs the tests' program with these words.
pub(crate) fn run(machine: &mut Machine, words: &[&str]) -> Output {
    let argv: Vec<&str> = [INSIDE].iter().chain(words).copied().collect();
    machine.run(&argv, &[], SOON).unwrap()
}

/// Runs it, and expects these words on its standard output and nothing else.
pub(crate) fn says(machine: &mut Machine, words: &[&str]) -> String {
    let output = run(machine, words);
    assert!(output.status.success(), "{words:?}: {output:?}");
    assert_eq!(output.stderr, b"", "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Starts the tests' program and waits for its process number.
pub(crate) fn start(machine: &mut Machine, words: &[&str]) -> ProcessId {
    let argv: Vec<&str> = [INSIDE].iter().chain(words).copied().collect();
    let id = machine.spawn(&argv, &[]).unwrap();
    assert!(matches!(next(machine), Event::Started { id: started, .. } if started == id));
    id
}

/// The next event, which has to come.
pub(crate) fn next(machine: &mut Machine) -> Event {
    machine.next_event(SOON).unwrap().expect("something happens in time")
}
