//! Runs that are ended at some moment leave nothing behind.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use course_tests::{HostState, Labrunner, kernels, wait_until_gone};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How many runs are ended with a machine that is there, while it is made, and on the host.
const WARM: usize = 170;
const COLD: usize = 6;
const HOST: usize = 24;

/// How many go on at the same time.
const AT_ONCE: usize = 2;

/// A place for what runs keep, and nothing else: cache and temporary files.
struct Place {
    cache: TempDir,
    temporary: TempDir,
}

/// When and how a run is ended.
#[derive(Debug, Clone, Copy)]
struct End {
    number: usize,
    after: Duration,
    signal: Signal,
}

impl Place {
    fn new() -> Self {
        let (cache, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(kernels(), cache.path().join("kernels")).unwrap();
        Self { cache, temporary }
    }

    fn labrunner(&self, arguments: &[&str], mark: &str) -> Labrunner {
        Labrunner::new(arguments)
            .env("LABRUNNER_CACHE", self.cache.path())
            .env("TMPDIR", self.temporary.path())
            .env("LABRUNNER_TEST_MARK", mark)
    }

    /// Runs it to its end. How long that took, and its exit status.
    fn run(&self, arguments: &[&str]) -> (Duration, i32) {
        let done = self.labrunner(arguments, "to the end").run();
        assert!([0, 69].contains(&done.code), "{done}");
        (done.took, done.code)
    }

    /// Starts it, ends it, and looks for processes and files.
    fn end_it(&self, arguments: &[&str], end: End) {
        let mark = format!("{}.{};", std::process::id(), end.number);
        let mut child = self.labrunner(arguments, &mark).start();
        thread::sleep(end.after);
        kill_process(Pid::from_child(&child), end.signal).unwrap();
        let status = child.wait().unwrap();
        if end.signal == Signal::INT {
            assert!(matches!(status.code(), Some(130 | 0 | 69)), "{status}: {end:?}");
        }
        wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
        assert_eq!(names(self.temporary.path()), [""; 0], "{end:?}");
        assert_eq!(self.strangers(), [""; 0], "{end:?}");
    }

    /// Files beside the saved machines that are neither one nor belong to one.
    fn strangers(&self) -> Vec<String> {
        let known = |name: &String| {
            let endings = [".state", ".notes", ".lock"];
            name == "accelerator.json" || endings.iter().any(|ending| name.ends_with(ending))
        };
        let mut names = names(&self.cache.path().join("machines"));
        names.retain(|name| !known(name));
        names
    }
}

/// Names of what is in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Ends of a run at moments that are spread at random over what it takes to its end and a little
/// more, half of them by SIGKILL. The same for the same seed: xorshift64, see Marsaglia, 2003.
fn ends(count: usize, took: Duration, mut seed: u64) -> Vec<End> {
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count)
        .map(|number| End {
            number,
            after: took.mul_f64(random() * 1.1),
            signal: if random() < 0.5 { Signal::KILL } else { Signal::INT },
        })
        .collect()
}

#[test]
fn two_hundred_runs_ended_at_random_moments_leave_nothing() {
    let seed = std::env::var("COURSE_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(0x2545_f491_4f6c_dd1d);
    println!("COURSE_TEST_SEED={seed}");
    let (machine, host) = (["ch2", "hello-map"], ["ch3", "hello-xdp", "--on", "host"]);
    let (place, cold) = (Place::new(), Place::new());
    let begun = Instant::now();
    let (making, _) = place.run(&machine);
    let (warm, code) = place.run(&machine);
    assert_eq!(code, 0);
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("not tried on the host: not root");
    }
    let before = HostState::now();

    let hosts = if root { HOST } else { 0 };
    let on_host = if root { place.run(&host).0 } else { Duration::ZERO };
    let runs: Vec<(&Place, &[&str], End)> = []
        .into_iter()
        .chain(ends(COLD, making, seed ^ 1).into_iter().map(|end| (&cold, &machine[..], end)))
        .chain(ends(hosts, on_host, seed ^ 2).into_iter().map(|end| (&place, &host[..], end)))
        .chain(
            ends(WARM + HOST - hosts, warm, seed)
                .into_iter()
                .map(|end| (&place, &machine[..], end)),
        )
        .enumerate()
        .map(|(number, (place, arguments, end))| (place, arguments, End { number, ..end }))
        .collect();
    assert_eq!(runs.len(), 200);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((place, arguments, end)) =
                    runs.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    place.end_it(arguments, *end);
                }
            });
        }
    });

    let left = before.grown();
    assert!(left.is_empty(), "on the host: {left:#?}");
    for place in [&place, &cold] {
        assert_eq!(place.run(&machine).1, 0);
    }
    if root {
        place.run(&host);
    }
    println!("all in {:.0} s", begun.elapsed().as_secs_f64());
}
