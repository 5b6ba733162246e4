//! The learner's editor.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::editor::command_line;

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

/// A command that opens a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    program: String,
    arguments: Vec<String>,
}

impl Editor {
    /// The command that opens this file, at a line, in the learner's editor.
    pub fn find(file: &Path, line: Option<u32>) -> Self {
        Self::of(command_line(|name| std::env::var(name).ok()), file, line)
    }

    fn of(mut words: Vec<String>, file: &Path, line: Option<u32>) -> Self {
        let program = words.remove(0);
        let mut arguments = words;
        let name = name(&program);
        let file = file.to_string_lossy().into_owned();
        let colon = COLON.into_iter().find(|(editor, _)| *editor == name);
        match (line, colon) {
            (Some(line), Some((_, ""))) => arguments.push(format!("{file}:{line}")),
            (Some(line), Some((_, option))) => {
                arguments.extend([option.into(), format!("{file}:{line}")]);
            }
            (Some(line), None) if name == "vi" || PLUS.contains(&name) => {
                arguments.extend([format!("+{line}"), file]);
            }
            _ => arguments.push(file),
        }
        Self { program, arguments }
    }

    /// As one would type it.
    pub fn shown(&self) -> String {
        format!("{} {}", self.program, self.arguments.join(" "))
    }

    /// Whether it has a window of its own, and the terminal stays ours.
    pub fn has_window(&self) -> bool {
        WINDOWS.contains(&name(&self.program))
    }

    /// Runs it in this folder, to its end if it has no window of its own. What is wrong, if something is.
    pub fn run(&self, folder: &Path) -> Option<String> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(folder);
        if self.has_window() {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.process_group(0);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let program = &self.program;
                return Some(format!(
                    "The editor `{program}` cannot be started: {error}. Name one that is there: export EDITOR=vi"
                ));
            }
        };
        if self.has_window() {
            std::thread::spawn(move || child.wait());
            return None;
        }
        match child.wait() {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("The editor `{}` ended with {status}.", self.program)),
            Err(error) => Some(format!("The editor `{}`: {error}.", self.program)),
        }
    }
}

/// The program's name without its folder.
fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        command_line(|_| Some(command.into()))
    }

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
            let editor = Editor::of(words(command), Path::new("x.c"), line);
            assert_eq!((editor.shown().as_str(), editor.has_window()), (expected, window));
        }
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let run =
            |command: &str| Editor::of(words(command), Path::new("file"), None).run(folder.path());
        assert_eq!(run("touch"), None);
        assert!(folder.path().join("file").exists());
        assert!(run("no-such-editor").unwrap().contains("export EDITOR=vi"));
        assert_eq!(run("false").unwrap(), "The editor `false` ended with exit status: 1.");
    }
}
