//! What happens while a program is attached.

use std::fmt;
use std::net::Ipv4Addr;

use serde::Deserialize;

use super::Fault;

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
        /// In which group, if not the one with the user's number.
        gid: Option<u32>,
        /// How many.
        times: u32,
        /// Name of the process that starts them, as its `comm` shows.
        name: Option<String>,
        /// Another program than one that ends at once.
        path: Option<String>,
    },
    /// A process that was started before calls execve for a file that is not there, and ends: a
    /// control, for labs that are about the call and must not see what only a program's start makes.
    ExecMissing {
        /// How many.
        times: u32,
        /// Name of the process.
        name: Option<String>,
    },
    /// A system call is made.
    Syscall {
        /// Its name.
        name: String,
        /// How often.
        times: u32,
        /// By a program that is started for it by this user; without it, by the stimulus itself.
        uid: Option<u32>,
        /// Name of the process while it makes them, as its `comm` shows. One call more is made under
        /// this name, the prctl that takes it off again.
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
    /// Bytes are read from /dev/zero, by a process of the name `reader`.
    Read {
        /// How many bytes each call asks for.
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
            Self::Exit { times } | Self::ExecMissing { times, .. } => *times,
            _ => 0,
        }
    }

    /// How many processes for work with files must have been started for this step before the lab is.
    pub fn workers(&self) -> u32 {
        match self {
            Self::File { .. } | Self::Chmod { .. } => 1,
            Self::Open { processes, .. } => *processes,
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
    pub(super) fn check(&self) -> Result<(), Fault> {
        let names = match self {
            Self::Exec { name, .. } | Self::ExecMissing { name, .. } => vec![name.as_deref()],
            Self::Syscall { name, comm, .. } => vec![Some(name.as_str()), comm.as_deref()],
            _ => Vec::new(),
        };
        if let Some(name) =
            names.into_iter().flatten().find(|name| !(1..=15).contains(&name.len()) || !word(name))
        {
            let message =
                format!("{name:?} is no name of a process: 1 to 15 characters without white space");
            return Err(Fault::new(name, message));
        }
        let words: Vec<&str> = match self {
            Self::Exec { path: Some(path), .. } => vec![path],
            Self::File { path, text, .. } => vec![path, text],
            Self::Chmod { path, .. } => vec![path],
            Self::Open { paths, .. } => paths.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(bad) = words.into_iter().find(|bad| !word(bad)) {
            let message = format!("{bad:?} has white space, which the stimulus cannot read");
            return Err(Fault::new(bad, message));
        }
        let mode = match self {
            Self::File { mode, .. } | Self::Chmod { mode, .. } => mode,
            _ => return Ok(()),
        };
        match u32::from_str_radix(mode, 8) {
            Ok(0..=0o7777) => Ok(()),
            _ => {
                let message =
                    format!("{mode:?} is no mode of a file: octal digits, such as \"0644\"");
                Err(Fault::new(mode, message))
            }
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
            Self::Exec { uid, gid, times, name, path } => {
                write!(f, "exec times={times} uid={uid}")?;
                gid.iter().try_for_each(|gid| write!(f, " gid={gid}"))?;
                name.iter().try_for_each(|name| write!(f, " name={name}"))?;
                path.iter().try_for_each(|path| write!(f, " path={path}"))
            }
            Self::ExecMissing { times, name } => {
                write!(f, "exec-missing times={times}")?;
                name.iter().try_for_each(|name| write!(f, " name={name}"))
            }
            Self::Syscall { name, times, uid, comm } => {
                write!(f, "syscall name={name} times={times}")?;
                uid.iter().try_for_each(|uid| write!(f, " uid={uid}"))?;
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
                let sizes: Vec<_> = sizes.iter().map(u32::to_string).collect();
                write!(f, "read sizes={}", sizes.join(","))
            }
            Self::Connect { address, port, uid, .. } => {
                write!(f, "connect address={address} port={port} uid={uid}")
            }
            Self::Enter => Ok(()),
        }
    }
}
