//! The arguments of `labrunner grade`.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::seconds;
use crate::grade::shard::Shard;

/// Grade submissions, or put parts together.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct GradeArgs {
    /// What to do other than grade.
    #[command(subcommand)]
    pub action: Option<GradeAction>,

    /// What is graded, and how.
    #[command(flatten)]
    pub run: GradeRunArgs,
}

/// What is not grading itself.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum GradeAction {
    /// Put the results of parts (`--shard`) together.
    Merge(MergeArgs),
}

/// Which results.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MergeArgs {
    /// Folders of results, as `--out` named them.
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,

    /// Folder for the results of all.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,

    /// Throw away the results that are in that folder.
    #[arg(long)]
    pub overwrite: bool,
}

/// What is graded, and how.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GradeRunArgs {
    /// Submissions, or folders that hold one submission in each of their folders.
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,

    /// Grade this lab, such as `ch2/hello-map`; may be given several times.
    #[arg(long = "lab", value_name = "LAB")]
    pub labs: Vec<String>,

    /// Grade this exercise, such as `ch2/hello-map:gid`; may be given several times. With neither labs
    /// nor exercises, whatever a submission has changed is graded.
    #[arg(long = "exercise", value_name = "LAB:NAME")]
    pub exercises: Vec<String>,

    /// Tasks and their points from a TOML file: `title`, `kernel`, and for each task a table
    /// `[[task]]` with `lab`, `exercise`, `points` and `program`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["labs", "exercises", "program"])]
    pub assignment: Option<PathBuf>,

    /// Run the learner's own program, `bin/chN-NAME`, in place of the course's. It must be linked
    /// statically. It prints what is compared, so it can print what it likes: read its source, too.
    #[arg(long)]
    pub program: bool,

    /// Kernel series of the micro-VMs.
    #[arg(long, value_name = "SERIES")]
    pub kernel: Option<String>,

    /// How many machines run at a time. If this is not given, as many as there are processors, and as
    /// fit into the free memory at 600 MB each.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,

    /// How long a program may run in its machine, in seconds. If this is not given, what its lab
    /// needs at most: 20 in general.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<Duration>,

    /// Folder for the results.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,

    /// Go on from the results in that folder: what is graded there, from the same files, is not
    /// graded again.
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,

    /// Throw away the results that are in that folder.
    #[arg(long)]
    pub overwrite: bool,

    /// Grade one part of the class: 0/8 is the first of eight.
    #[arg(long, value_name = "INDEX/COUNT")]
    pub shard: Option<Shard>,
}
