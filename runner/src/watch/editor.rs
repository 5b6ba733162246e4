//! The learner's editor.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use microvm::find_program;

/// Editors with a window of their own: they are not waited for.
const WINDOWS: [&str; 20] = [
    "atom",
    "clion",
    "code",
    "code-insiders",
    "codium",
    "cursor",
    "gedit",
    "gnome-text-editor",
    "gvim",
    "idea",
    "kate",
    "kwrite",
    "mousepad",
    "notepad",
    "pluma",
    "rustrover",
    "subl",
    "xed",
    "zed",
    "zeditor",
];

/// Those that take a line as `+LINE` before the file.
const PLUS: [&str; 12] = [
    "ed",
    "emacs",
    "emacsclient",
    "gvim",
    "jed",
    "joe",
    "kak",
    "mg",
    "micro",
    "nano",
    "nvim",
    "vim",
];

/// Those that take it after the file, as `FILE:LINE`, perhaps with an option before that.
const COLON: [(&str, &str); 7] = [
    ("code", "-g"),
    ("code-insiders", "-g"),
    ("codium", "-g"),
    ("cursor", "-g"),
    ("hx", ""),
    ("subl", ""),
    ("zed", ""),
];

/// What is tried where no editor is named.
const USUAL: [&str; 5] = ["sensible-editor", "nano", "vim", "vi", "ed"];

/// A command that opens a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    /// As `$EDITOR` has it: a program, perhaps with options.
    command: String,
    /// What follows.
    arguments: Vec<String>,
}

impl Editor {
    /// The command that opens this file, at a line: of `$VISUAL`, `$EDITOR`, or the first editor that is
    /// there. `None` if there is none.
    pub fn find(file: &Path, line: Option<u32>) -> Option<Self> {
        let named = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
        let mut named = named.filter(|command| !command.trim().is_empty());
        let usual = || USUAL.into_iter().find(|name| find_program(name).is_some());
        let command = named.next().or_else(|| usual().map(str::to_string))?;
        Some(Self::of(command, file, line))
    }

    fn of(command: String, file: &Path, line: Option<u32>) -> Self {
        let name = name(&command);
        let file = file.to_string_lossy().into_owned();
        let colon = COLON.into_iter().find(|(editor, _)| *editor == name);
        let arguments = match (line, colon) {
            (Some(line), Some((_, ""))) => vec![format!("{file}:{line}")],
            (Some(line), Some((_, option))) => vec![option.into(), format!("{file}:{line}")],
            (Some(line), None) if name == "vi" || PLUS.contains(&name) => {
                vec![format!("+{line}"), file]
            }
            _ => vec![file],
        };
        Self { command, arguments }
    }

    /// As one would type it.
    pub fn shown(&self) -> String {
        format!("{} {}", self.command, self.arguments.join(" "))
    }

    /// Whether it has a window of its own, and the terminal stays ours.
    pub fn has_window(&self) -> bool {
        WINDOWS.contains(&name(&self.command))
    }

    /// Runs it in this folder, to its end if it has no window of its own. What is wrong, if something is.
    pub fn run(&self, folder: &Path) -> Option<String> {
        let mut command = Command::new("sh");
        // As git and others do: what the variable holds is a command of the shell.
        command.args(["-c", &format!("{} \"$@\"", self.command), "sh"]).args(&self.arguments);
        command.current_dir(folder);
        if self.has_window() {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = command.process_group(0).spawn();
            let mut child = match started {
                Ok(child) => child,
                Err(error) => return Some(format!("{} does not start: {error}.", self.command)),
            };
            std::thread::spawn(move || child.wait());
            return None;
        }
        match command.status() {
            Ok(status) if status.success() => None,
            Ok(status) if status.code() == Some(127) => {
                Some(format!("{} is not there. Set EDITOR to an editor that is.", self.command))
            }
            Ok(status) => Some(format!("{} ended with {status}.", self.command)),
            Err(error) => Some(format!("{} does not start: {error}.", self.command)),
        }
    }
}

/// The program's name without its folder and options.
fn name(command: &str) -> &str {
    let program = command.split_whitespace().next().unwrap_or_default();
    program.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_named_as_the_editor_wants_it() {
        for (command, line, expected, window) in [
            ("vim", Some(25), "vim +25 x.c", false),
            ("/usr/bin/nano -l", Some(25), "/usr/bin/nano -l +25 x.c", false),
            ("code -w", Some(25), "code -w -g x.c:25", true),
            ("hx", Some(25), "hx x.c:25", false),
            ("unknown", Some(25), "unknown x.c", false),
            ("vi", None, "vi x.c", false),
            ("gedit", None, "gedit x.c", true),
        ] {
            let editor = Editor::of(command.into(), Path::new("x.c"), line);
            assert_eq!((editor.shown().as_str(), editor.has_window()), (expected, window));
        }
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let run =
            |command: &str| Editor::of(command.into(), Path::new("file"), None).run(folder.path());
        assert_eq!(run("touch"), None);
        assert!(folder.path().join("file").exists());
        assert!(run("no-such-editor 2>/dev/null").unwrap().contains("Set EDITOR"));
        assert_eq!(run("false").unwrap(), "false ended with exit status: 1.");
    }
}
