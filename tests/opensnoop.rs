//! opensnoop under load: what it shows and what it says it lost is all that there was.

use course_tests::{CourseCopy, Finished, Labrunner};

/// 4 processes open a file 2500 times each.
const OPENS: usize = 10_000;

const PROGRAM: &str = "labs-bpf/ch5/opensnoop/opensnoop.bpf.c";
const MANIFEST: &str = "labs-bpf/ch5/opensnoop/lab.toml";

/// A course in which the last step of the lab is many opens of user 1001, whom alone it shows.
fn busy_course() -> CourseCopy {
    let course = CourseCopy::new();
    course.replace(
        MANIFEST,
        "paths = [\"/tmp/shared.txt\", \"/tmp/private.txt\"]\nuid = 1001\n",
        "paths = [\"/tmp/shared.txt\"]\nuid = 1001\ntimes = 2500\nprocesses = 4\n",
    );
    course.replace(MANIFEST, "keep =", "args = [\"--uid\", \"1001\"]\nkeep =");
    course
}

fn run(course: &CourseCopy) -> Finished {
    Labrunner::new(["ch5", "opensnoop", "--raw"]).within(course.path()).run()
}

/// How many opens were shown, and by how many processes. The rows that are compared have no number.
fn shown(done: &Finished) -> (usize, usize) {
    let rows = done.stdout.lines().filter(|line| line.ends_with("  3   0 /tmp/shared.txt"));
    let pid = |row: &str| row.split_whitespace().next()?.parse::<u32>().ok();
    let mut pids: Vec<u32> = rows.filter_map(pid).collect();
    let shown = pids.len();
    pids.sort_unstable();
    pids.dedup();
    (shown, pids.len())
}

fn lost(done: &Finished) -> usize {
    let line = done.stdout.lines().find(|line| line.contains(" opens were lost"));
    line.map_or(0, |line| line.split_whitespace().nth(1).unwrap().parse().unwrap())
}

#[test]
fn every_open_is_shown_or_counted_as_lost() {
    let done = run(&busy_course());
    let (shown, processes) = shown(&done);
    assert_eq!((shown + lost(&done), processes), (OPENS, 4), "{done}");
}

#[test]
fn with_hardly_any_room_most_are_lost_and_none_is_forgotten() {
    let course = busy_course();
    course.replace(PROGRAM, "1024 * 1024", "4096");
    let done = run(&course);
    let (shown, _) = shown(&done);
    assert!(shown > 0 && lost(&done) > 0, "{done}");
    assert_eq!(shown + lost(&done), OPENS, "{done}");
}
