//! `labrunner watch` in a terminal: a verdict after each save, keys, and a terminal that is given back.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use course_tests::{CourseCopy, Terminal, processes_with};
use insta::assert_snapshot;

const SOURCE: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

/// How long a run may take to be seen to its end, or to be called off, where others are at work, too.
const SOON: Duration = Duration::from_secs(5);

/// A learner who watches `ch2 hello-map`.
struct Learner {
    course: CourseCopy,
    state: tempfile::TempDir,
    terminal: Terminal,
}

impl Learner {
    fn watching(size: (u16, u16), env: &[(&str, &str)]) -> Self {
        Self::in_course(CourseCopy::new(), size, env, "$labrunner watch ch2 hello-map")
    }

    fn in_course(course: CourseCopy, size: (u16, u16), env: &[(&str, &str)], line: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let terminal = Terminal::new(&course, state.path(), size, env);
        terminal.command(line);
        Self { course, state, terminal }
    }

    fn path(&self) -> PathBuf {
        self.course.path().join(SOURCE)
    }

    /// A save that the compiler takes, or does not.
    fn save(&self, last_line: &str) {
        let text = fs::read_to_string(self.path()).unwrap();
        fs::write(self.path(), format!("{text}{last_line}\n")).unwrap();
    }

    /// What processes of this watch have in their environment.
    fn mark(&self) -> String {
        format!("XDG_STATE_HOME={}", self.state.path().display())
    }
}

/// The text without times, and with one release for all.
fn without_times(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let is_time = line.contains(" s: ") || line.contains(" s after the save: ");
        lines.push(match (is_time, line.strip_prefix("Linux ")) {
            (true, _) => {
                let letters = |char: &char| !char.is_ascii_digit() && *char != '.';
                let text: String = line.chars().filter(letters).collect();
                // Building or not depends on who tests first, waiting on how busy the machine is.
                text.replace("build  ms · ", "").replace(" s: wait  ms · ", " s: ")
            }
            (_, Some(rest)) => format!("Linux RELEASE {}", rest.split_once(' ').unwrap().1),
            _ => line.to_string(),
        });
    }
    lines.join("\n")
}

#[test]
fn a_save_gives_a_verdict_below_what_was_there() {
    let learner = Learner::watching((100, 60), &[]);
    let terminal = &learner.terminal;
    terminal.wait_for_status(" PASS  ch2 hello-map");
    let saved = Instant::now();
    learner.save("int x");
    terminal.wait_for_status(" FAIL  ch2 hello-map");
    assert!(saved.elapsed() < SOON, "{:?}", saved.elapsed());
    terminal.key("q");
    terminal.wait_until("the prompt", |all| all.ends_with("hello-map.\n$"));
    assert_snapshot!(without_times(&terminal.everything()), @r"
    $ $labrunner watch ch2 hello-map

    ch2 hello-map · Count program starts per user in a hash map
      program   labs-bpf/ch2/hello-map/hello-map.bpf.c

    ── labrunner ch2 hello-map · first run ────────────────────────────────────────────────────────────
    ch2 hello-map · Count program starts per user in a hash map
    Linux RELEASE in a fresh micro-VM

    The lab printed:

      uid=0 execs=3

      uid=0 execs=3
      uid=1000 execs=5

      uid=0 execs=4
      uid=105 execs=2
      uid=1000 execs=5

    PASS
    A map is memory that BPF programs and user space share: the program counts in it, user space reads it whenever it likes.
     s: compile  ms · restore  ms · run  ms
    n goes on to ch2 hello-perf · x: 2 exercises are left here

    ── labrunner ch2 hello-map · hello-map.bpf.c saved ────────────────────────────────────────────────
    labs-bpf/ch2/hello-map/hello-map.bpf.c:32:6: error: expected ';' after top level declarator
    int x
         ^
         ;
    1 error generated.
    FAIL  at compile: it does not compile
     s after the save: wait  ms · compile  ms
    labrunner watch goes on with ch2 hello-map.
    $
    ");
}

/// Keys, a mistake that was chosen from a list, and the hint of a failure, on a small screen.
#[test]
fn what_keys_show_on_a_screen_of_eighty_columns() {
    let learner = Learner::watching((80, 200), &[]);
    let terminal = &learner.terminal;
    terminal.wait_for_status(" PASS  ch2 hello-map");
    terminal.text("?");
    terminal.wait_for("Your files are only read.");
    terminal.text("b");
    terminal.wait_for_status(" Which mistake?");
    terminal.key("Escape");
    terminal.wait_for_status(" PASS  ch2 hello-map");
    terminal.text("h");
    terminal.wait_for("1/3");
    terminal.key("q");
    terminal.wait_until("the prompt", |all| all.ends_with("hello-map.\n$"));
    let all = without_times(&terminal.everything());
    let (_, after) = all.split_once("are left here\n").expect("the end of the first run");
    assert_snapshot!(after, @r"

    Keys:
      n  the next lab                     r  run once more
      h  one hint more                    d  all that the last run printed
      x  choose an exercise, or the lab   c  the commands that do the same by hand
      b  run a known mistake in a copy    l  all labs, and choose one
      e  open the program in your editor  q  leave; it goes on where you left
    Each save runs it. Your files are only read.

       1   null-check  Use the looked-up pointer without testing it for NULL
       2   key-size    Give the map a key of 8 bytes, the lookup one of 4

    1/3 Look at the key that count_execs looks up, and at the value it adds to.
    labrunner watch goes on with ch2 hello-map.
    $
    ");
}

#[test]
fn the_terminal_is_given_back_whatever_happens() {
    let learner = Learner::watching((100, 30), &[]);
    let terminal = &learner.terminal;
    terminal.wait_for_status(" PASS");
    terminal.key("q");
    terminal.wait_for("goes on with");
    terminal.command("echo \"q $?\"");
    terminal.wait_for("q 0");
    let before = terminal.settings();
    assert!(before.contains(" icanon") && before.contains(" echo "), "{before}");
    // Stopped by Ctrl-Z, and continued.
    terminal.command("tput clear; $labrunner watch ch2 hello-map");
    terminal.wait_for_status(" PASS");
    terminal.key("C-z");
    terminal.wait_until("the prompt", |all| all.ends_with("\n$"));
    assert_eq!(terminal.settings(), before, "while it is stopped");
    terminal.command("fg");
    terminal.wait_for_status(" PASS");
    assert!(terminal.settings().contains("-icanon"), "when it goes on");
    terminal.key("q");
    terminal.wait_for("goes on with");
    for (how, code) in [("INT", 130), ("TERM", 130), ("HUP", 130), ("ABRT", 134), ("KILL", 137)] {
        terminal.command("tput clear; $labrunner watch ch2 hello-map");
        terminal.wait_for_status(" PASS");
        let during = terminal.settings();
        assert!(during.contains("-icanon") && during.contains("-echo "), "{during}");
        match how {
            "INT" => terminal.key("C-c"),
            how => send(how, terminal.child()),
        }
        wait_until_only_the_shell_is_left(&learner);
        assert_eq!(terminal.settings(), before, "after {how}");
        terminal.command("echo \"code $?\"");
        terminal.wait_for(&format!("code {code}"));
    }
}

fn send(signal: &str, to: u32) {
    let kill = std::process::Command::new("kill").args(["-s", signal, &to.to_string()]).status();
    assert!(kill.unwrap().success());
}

/// The machine and the guard end with the watch.
fn wait_until_only_the_shell_is_left(learner: &Learner) {
    let deadline = Instant::now() + SOON;
    loop {
        let left = processes_with(&learner.mark());
        let others = left.iter().filter(|name| !name.ends_with(" dash") && !name.contains("tmux"));
        if others.clone().count() == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{left:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_second_save_calls_the_first_off_and_only_the_last_counts() {
    // Each run would go on until its deadline.
    let course = CourseCopy::with_misbehaving_lab("hang-observe");
    let line = "$labrunner watch ch2 hello-map";
    let learner = Learner::in_course(course, (100, 60), &[], line);
    let terminal = &learner.terminal;
    let runs = |number: usize| {
        let count =
            || processes_with(&learner.mark()).iter().filter(|n| n.contains("qemu")).count();
        let deadline = Instant::now() + SOON;
        while count() != number {
            assert!(Instant::now() < deadline, "{} machines", count());
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    terminal.wait_for_status(" CHECKING  ch2 hello-map  1 s");
    runs(1);
    learner.save("/* once more */");
    terminal.wait_until("a run from the beginning", |all| !all.ends_with("1 s"));
    terminal.wait_for_status(" CHECKING  ch2 hello-map  1 s");
    runs(1);
    let saved = Instant::now();
    learner.save("int x");
    terminal.wait_for_status(" FAIL");
    assert!(saved.elapsed() < SOON, "{:?}", saved.elapsed());
    runs(1); // The spare one for the next save.
    let all = terminal.everything();
    assert_eq!(all.matches("── labrunner").count(), 1, "one verdict, for the last save: {all}");
}

#[test]
fn a_burst_of_saves_ends_with_the_verdict_of_the_last_one() {
    let learner = Learner::watching((100, 200), &[]);
    learner.terminal.wait_for_status(" PASS");
    for number in 0..12 {
        learner.save(if number == 11 { "int x" } else { "/* more */" });
        std::thread::sleep(Duration::from_millis(35 * number));
    }
    learner.terminal.wait_for_status(" FAIL");
    std::thread::sleep(Duration::from_secs(2));
    let all = learner.terminal.everything();
    assert!(all.lines().last().unwrap().starts_with(" FAIL"), "{all}");
    assert!(all.matches("── labrunner").count() < 10, "{all}");
}

#[test]
fn keys_do_what_they_say() {
    let editor = "sed -i s/counter/counter/";
    let learner = Learner::watching((100, 300), &[("EDITOR", editor)]);
    let terminal = &learner.terminal;
    terminal.wait_for_status(" PASS  ch2 hello-map  n next");
    for (keys, expected) in [
        ("?", "open the program in your editor"),
        ("h", "1/3 Look at the key"),
        ("h", "2/3"),
        ("d", "uid=0 execs=3"),
        ("c", "bpftool"),
        ("z", "PASS"),
    ] {
        terminal.text(keys);
        terminal.wait_for(expected);
    }
    // An editor that has the terminal; what it saves is checked.
    terminal.text("e");
    terminal.wait_for(&format!("$ {editor}"));
    terminal.wait_for_number("hello-map.bpf.c saved", 1);
    terminal.wait_for_status(" PASS");
    terminal.text("r");
    terminal.wait_for("── labrunner ch2 hello-map · once more");
    terminal.wait_for_status(" PASS");

    terminal.text("b");
    terminal.wait_for_status(" Which mistake?");
    terminal.text("null");
    terminal.wait_for_status(" Which mistake? Number or name, Enter for none: null");
    terminal.key("Enter");
    terminal.wait_for("PASS  it fails as it should");
    terminal.wait_for("your own program is checked at the next save");

    terminal.text("x");
    terminal.wait_for("2   gid      Count by user and group");
    terminal.text("9");
    terminal.key("Enter");
    terminal.wait_for("There is no exercise of ch2 hello-map named `9`");
    terminal.text("x2");
    terminal.key("Enter");
    terminal.wait_for_status(" FAIL  ch2 hello-map --exercise gid");
    terminal.text("h");
    terminal.wait_for("1/");
    terminal.text("x");
    terminal.wait_for_status(" Which exercise?");
    terminal.key("Escape");
    terminal.wait_for_status(" FAIL  ch2 hello-map --exercise gid");
    terminal.text("q");
    terminal.wait_for("goes on with ch2 hello-map");
    // From another folder, and without a name: where it was left.
    terminal.command("cd /; $labrunner watch");
    terminal.wait_for_status(" FAIL  ch2 hello-map --exercise gid");
    terminal.text("l");
    terminal.wait_for_status(" Which lab?");
    terminal.text("ch3 hello-xdp");
    terminal.key("Enter");
    terminal.wait_for_status(" PASS  ch3 hello-xdp");
    terminal.text("n");
    terminal.wait_until("another lab", |all| !all.contains(" PASS  ch3 hello-xdp  n"));
    terminal.text("q");
    terminal.wait_for("goes on with");
}
