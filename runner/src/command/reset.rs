//! `labrunner reset`: the files of labs as the course ships them, after a copy of the learner's.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{chosen, course, print, progress};
use crate::backup::{Backup, replace};
use crate::cli::ResetArgs;
use crate::course::Course;
use crate::error::{Error, PASSED};
use crate::shipped::Shipped;

/// Puts files back, or undoes that.
pub fn run(args: &ResetArgs) -> Result<u8, Error> {
    let course = course()?;
    if args.undo {
        return undo(&course);
    }
    let shipped = Shipped::find(&course)?;
    let (what, files) = if args.all {
        ("Every lab".into(), shipped.changed_in_all()?)
    } else {
        let lab = chosen(&course, &progress(), &args.lab)?;
        (lab.title(), shipped.changed(lab)?)
    };
    if files.is_empty() {
        print(&format!("{what} is as the course ships it.\n"))?;
        return Ok(PASSED);
    }
    // All of them are read before the first is written.
    let texts = files.iter().map(|file| shipped.file(file)).collect::<Result<Vec<_>, _>>()?;
    let backup = Backup::make(&course.root, &files)?;
    for (file, text) in files.iter().zip(texts) {
        replace(&course.root.join(file), &text)?;
    }
    print(&told("As shipped again", &files, &backup.folder))?;
    Ok(PASSED)
}

fn undo(course: &Course) -> Result<u8, Error> {
    let Some(backup) = Backup::newest(&course.root)? else {
        return Err(Error::Usage(format!(
            "There is no reset of {} to undo.",
            course.root.display()
        )));
    };
    let (files, now) = backup.restore()?;
    print(&told("As before the reset", &files, &now.folder))?;
    Ok(PASSED)
}

fn told(what: &str, files: &[PathBuf], backup: &Path) -> String {
    let mut text = format!("{what}:\n");
    for file in files {
        let _ = writeln!(text, "  {}", file.display());
    }
    let backup = backup.display();
    let _ = write!(text, "What was there is in {backup}.\nUndo: labrunner reset --undo\n");
    text
}
