//! What happens while a program is attached.

use std::fmt;
use std::net::Ipv4Addr;

use serde::Deserialize;

/// One thing that happens while the program is attached. All but [`Step::Enter`] are done by the
/// `stimulus` program, which documents the commands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Programs are started.
    Exec {
        /// By which user.
        #[serde(default)]
        uid: u32,
        /// How many.
        times: u32,
        /// Name of the process that starts them, as its `comm` shows.
        name: Option<String>,
        /// Another program than one that ends at once; one that does not exist fails to start.
        path: Option<String>,
    },
    /// A system call is made.
    Syscall {
        /// Its name.
        name: String,
        /// How often.
        times: u32,
        /// Name of the process that makes it, as its `comm` shows.
        comm: Option<String>,
    },
    /// ICMP echo requests are sent and their replies awaited.
    Ping {
        /// Where to.
        #[serde(default = "loopback")]
        address: Ipv4Addr,
        /// How many.
        times: u32,
        /// See [`Step::is_reported`].
        #[serde(default)]
        report: bool,
    },
    /// Processes end that were started before: a control, for labs that must not see it.
    Exit {
        /// How many.
        times: u32,
    },
    /// Many cheap system calls in a row.
    Burst {
        /// How many.
        times: u32,
    },
    /// A file is made.
    File {
        /// Where.
        path: String,
        /// What is in it, one word.
        #[serde(default)]
        text: String,
        /// Whose it is.
        #[serde(default)]
        uid: u32,
        /// Its permissions, in octal.
        #[serde(default = "readable")]
        mode: String,
    },
    /// Files are opened for reading, and closed.
    Open {
        /// Which, in this order.
        #[serde(alias = "path", deserialize_with = "one_or_more")]
        paths: Vec<String>,
        /// By which user.
        #[serde(default)]
        uid: u32,
        /// How often each.
        #[serde(default = "once")]
        times: u32,
        /// By how many processes at the same time.
        #[serde(default = "once")]
        processes: u32,
        /// See [`Step::is_reported`].
        #[serde(default)]
        report: bool,
    },
    /// The permissions of a file are changed.
    Chmod {
        /// Which file.
        path: String,
        /// The permissions, in octal.
        mode: String,
        /// By which user.
        #[serde(default)]
        uid: u32,
        /// See [`Step::is_reported`].
        #[serde(default)]
        report: bool,
    },
    /// Bytes are read.
    Read {
        /// How many by each call.
        sizes: Vec<u32>,
    },
    /// A TCP connection is tried.
    Connect {
        /// Where to.
        #[serde(default = "loopback")]
        address: Ipv4Addr,
        /// Which port.
        port: u16,
        /// By which user.
        #[serde(default)]
        uid: u32,
        /// See [`Step::is_reported`].
        #[serde(default)]
        report: bool,
    },
    /// The learner presses Enter: the lab prints its table now, ended by an empty line.
    Enter,
}

fn loopback() -> Ipv4Addr {
    Ipv4Addr::LOCALHOST
}

fn readable() -> String {
    "0644".into()
}

fn once() -> u32 {
    1
}

/// One path, or a list of them.
fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a path or a list of paths")]
    enum Paths {
        One(String),
        More(Vec<String>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::More(paths) => paths,
    })
}

impl Step {
    /// How many processes must have been started for this step before the lab is.
    pub fn spare(&self) -> u32 {
        match self {
            Self::Exit { times } => *times,
            _ => 0,
        }
    }

    /// Whether what came of it, such as `ping 127.0.0.1: 3 sent, 0 received`, is part of the output that
    /// is compared.
    pub fn is_reported(&self) -> bool {
        match self {
            Self::Ping { report, .. }
            | Self::Open { report, .. }
            | Self::Chmod { report, .. }
            | Self::Connect { report, .. } => *report,
            _ => false,
        }
    }

    /// What is wrong with a step: its words are those of a line that the stimulus reads.
    pub(super) fn check(&self) -> Result<(), String> {
        let names = match self {
            Self::Exec { name, .. } => vec![name.as_deref()],
            Self::Syscall { name, comm, .. } => vec![Some(name.as_str()), comm.as_deref()],
            _ => Vec::new(),
        };
        if let Some(name) =
            names.into_iter().flatten().find(|name| !(1..=15).contains(&name.len()) || !word(name))
        {
            return Err(format!(
                "{name:?} is no name of a process: 1 to 15 characters without white space"
            ));
        }
        let words: Vec<&str> = match self {
            Self::Exec { path: Some(path), .. } => vec![path],
            Self::File { path, text, .. } => vec![path, text],
            Self::Chmod { path, .. } => vec![path],
            Self::Open { paths, .. } => paths.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(bad) = words.into_iter().find(|bad| !word(bad)) {
            return Err(format!("{bad:?} has white space, which the stimulus cannot read"));
        }
        let mode = match self {
            Self::File { mode, .. } | Self::Chmod { mode, .. } => mode,
            _ => return Ok(()),
        };
        match u32::from_str_radix(mode, 8) {
            Ok(0..=0o7777) => Ok(()),
            _ => Err(format!("{mode:?} is no mode of a file: octal digits, such as \"0644\"")),
        }
    }
}

fn word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

impl fmt::Display for Step {
    /// The line that the `stimulus` program understands; for [`Step::Enter`], the empty line that the
    /// lab gets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec { uid, times, name, path } => {
                write!(f, "exec times={times} uid={uid}")?;
                name.iter().try_for_each(|name| write!(f, " name={name}"))?;
                path.iter().try_for_each(|path| write!(f, " path={path}"))
            }
            Self::Syscall { name, times, comm } => {
                write!(f, "syscall name={name} times={times}")?;
                comm.iter().try_for_each(|comm| write!(f, " comm={comm}"))
            }
            Self::Ping { address, times, .. } => write!(f, "ping times={times} address={address}"),
            Self::Exit { times } => write!(f, "exit times={times}"),
            Self::Burst { times } => write!(f, "burst times={times}"),
            Self::File { path, text, uid, mode } => {
                write!(f, "file path={path} text={text} uid={uid} mode={mode}")
            }
            Self::Open { paths, uid, times, processes, .. } => {
                f.write_str("open")?;
                paths.iter().try_for_each(|path| write!(f, " path={path}"))?;
                write!(f, " uid={uid} times={times} processes={processes}")
            }
            Self::Chmod { path, mode, uid, .. } => {
                write!(f, "chmod path={path} mode={mode} uid={uid}")
            }
            Self::Read { sizes } => {
                f.write_str("read")?;
                sizes.iter().try_for_each(|size| write!(f, " size={size}"))
            }
            Self::Connect { address, port, uid, .. } => {
                write!(f, "connect address={address} port={port} uid={uid}")
            }
            Self::Enter => Ok(()),
        }
    }
}
