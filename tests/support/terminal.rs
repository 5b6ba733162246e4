//! A real terminal, in which somebody types: tmux.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::course::CourseCopy;
use crate::run::Labrunner;

/// How long something may take to appear: a machine may have to boot, and others may be at work.
const APPEARS: Duration = Duration::from_secs(60);

/// A terminal with a shell in the folder of a course. `$labrunner` is the program there.
pub struct Terminal {
    socket: String,
}

impl Terminal {
    /// One of so many columns and rows. The shell's environment has these variables, too.
    pub fn new(
        course: &CourseCopy,
        state: &Path,
        (columns, rows): (u16, u16),
        env: &[(&str, &str)],
    ) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let socket = format!("labrunner-test-{}-{number}", std::process::id());
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let wrapper = ["tmux", "-L", &socket, "-f", "/dev/null", "new-session", "-d"];
        let size = ["-x", &columns, "-y", &rows];
        // A shell that does not touch the terminal's settings itself.
        let shell = ["sh", "-c", "labrunner=$0 PS1='$ ' exec dash -i"];
        let wrapper = [&wrapper[..], &size, &shell].concat();
        let mut command = Labrunner::through::<&str>(&wrapper, [])
            .within(course.path())
            .env("XDG_STATE_HOME", state)
            .env("TERM", "screen")
            .env("LC_ALL", "C.UTF-8");
        for (name, value) in env {
            command = command.env(name, value);
        }
        let done = command.run();
        assert_eq!(done.code, 0, "{done}");
        let terminal = Self { socket };
        terminal.wait_for("$");
        terminal
    }

    fn tmux(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(words).output().expect("tmux starts")
    }

    /// Types this text.
    pub fn text(&self, text: &str) {
        assert!(self.tmux(&["send-keys", "-l", text]).status.success());
    }

    /// Presses a key that has a name, such as `C-c`.
    pub fn key(&self, name: &str) {
        assert!(self.tmux(&["send-keys", name]).status.success());
    }

    /// Types a command.
    pub fn command(&self, line: &str) {
        self.text(line);
        self.key("Enter");
    }

    /// Gives it another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let done = self.tmux(&["resize-window", "-x", &columns, "-y", &rows]);
        assert!(done.status.success(), "{done:?}");
    }

    /// All that is on it and has scrolled out of it, without blanks at the ends.
    pub fn everything(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]);
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").trim_end().to_string()
    }

    /// The same with the sequences that make colours.
    pub fn colours(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p", "-e", "-S", "-"]);
        String::from_utf8_lossy(&shown.stdout).into_owned()
    }

    /// The last line that is not empty.
    pub fn last_line(&self) -> String {
        self.everything().lines().last().unwrap_or_default().to_string()
    }

    /// Waits until this text is there.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |all| all.contains(text));
    }

    /// Waits until this text is there so many times; then that is how often it must be there.
    pub fn wait_for_number(&self, text: &str, number: usize) {
        self.wait_until(text, |all| all.matches(text).count() >= number);
        assert_eq!(self.everything().matches(text).count(), number, "{}", self.everything());
    }

    /// Waits until the line of the status begins with this.
    pub fn wait_for_status(&self, beginning: &str) {
        self.wait_until(beginning, |all| {
            all.lines().last().is_some_and(|line| line.starts_with(beginning))
        });
    }

    /// Waits until what is there is as it should be; `what` is for the message.
    pub fn wait_until(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + APPEARS;
        while !is_it(&self.everything()) {
            assert!(
                Instant::now() < deadline,
                "{what:?} did not appear in:\n{}",
                self.everything()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The process that the shell has started.
    pub fn child(&self) -> u32 {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let shell = String::from_utf8(shell.stdout).unwrap();
        let shell = shell.trim();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        children.split_whitespace().next().expect("a child of the shell").parse().unwrap()
    }

    /// The settings, as stty prints them; asked from outside.
    pub fn settings(&self) -> String {
        let tty = self.tmux(&["display-message", "-p", "#{pane_tty}"]);
        let tty = String::from_utf8(tty.stdout).unwrap();
        let done = Command::new("stty").args(["-a", "-F", tty.trim()]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
