//! One line of input: a word, then `key=value` pairs in any order.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::str::FromStr;

use anyhow::{Context, Error, Result, anyhow, bail};

/// The most bytes that one `read` asks for.
const MOST_READ: usize = 1 << 20;

/// What to do, and how many times.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Start a program, as a user and group when they are given, by a process of the given name.
    Exec {
        times: u32,
        uid: Option<u32>,
        gid: Option<u32>,
        name: Option<String>,
        path: Option<String>,
    },
    /// Try to start a program that is not there, by a process that was started before.
    ExecMissing { times: u32, name: Option<String> },
    /// Make a system call; as a user, and by a process of the given name.
    Syscall { times: u32, name: String, uid: Option<u32>, comm: Option<String> },
    /// Read this many bytes each from /dev/zero.
    Read { sizes: Vec<usize> },
    /// Make very many system calls (getppid).
    Burst { times: u32 },
    /// End a process that was started before the stimulus was ready.
    Exit { times: u32 },
    /// Send ICMP echo requests.
    Ping { times: u32, address: Ipv4Addr },
}

impl FromStr for Command {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let mut words = line.split_ascii_whitespace();
        let verb = words.next().context("the line is empty")?;
        let mut pairs = HashMap::new();
        for word in words {
            let (key, value) =
                word.split_once('=').ok_or_else(|| anyhow!("`{word}` is not key=value"))?;
            if pairs.insert(key, value).is_some() {
                bail!("{key} is given twice");
            }
        }

        let times = take(&mut pairs, "times")?.unwrap_or(1);
        let command = match verb {
            "exec" => {
                let (uid, gid) = (take(&mut pairs, "uid")?, take(&mut pairs, "gid")?);
                let path = take(&mut pairs, "path")?;
                Self::Exec { times, uid, gid, name: process_name(&mut pairs, "name")?, path }
            }
            "exec-missing" => Self::ExecMissing { times, name: process_name(&mut pairs, "name")? },
            "syscall" => {
                let name = take(&mut pairs, "name")?.context("syscall wants name=...")?;
                let comm = process_name(&mut pairs, "comm")?;
                Self::Syscall { times, name, uid: take(&mut pairs, "uid")?, comm }
            }
            "read" => {
                let sizes: String = take(&mut pairs, "sizes")?.context("read wants sizes=...")?;
                let size = |size: &str| match size.parse() {
                    Ok(size) if size <= MOST_READ => Ok(size),
                    _ => bail!("`{size}` is no size: it goes from 0 to {MOST_READ}"),
                };
                Self::Read { sizes: sizes.split(',').map(size).collect::<Result<_>>()? }
            }
            "burst" => Self::Burst { times },
            "exit" => Self::Exit { times },
            "ping" => {
                let address = take(&mut pairs, "address")?.unwrap_or(Ipv4Addr::LOCALHOST);
                Self::Ping { times, address }
            }
            other => bail!("there is no command {other}"),
        };
        match pairs.keys().next() {
            Some(key) => bail!("{verb} takes no {key}"),
            None => Ok(command),
        }
    }
}

fn take<T: FromStr>(pairs: &mut HashMap<&str, &str>, key: &str) -> Result<Option<T>> {
    let Some(value) = pairs.remove(key) else { return Ok(None) };
    let parsed = value.parse().map_err(|_| anyhow!("{key}={value} makes no sense"))?;
    Ok(Some(parsed))
}

/// The name of a process, as the kernel keeps it.
fn process_name(pairs: &mut HashMap<&str, &str>, key: &str) -> Result<Option<String>> {
    let name: Option<String> = take(pairs, key)?;
    if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > 15) {
        bail!("the name of a process has 1 to 15 bytes");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let name = |name: &str| Some(name.to_owned());
        for (line, command) in [
            (
                "exec path=/x",
                Command::Exec { times: 1, uid: None, gid: None, name: None, path: name("/x") },
            ),
            (
                "exec times=3 uid=1000 gid=5 name=bash",
                Command::Exec {
                    times: 3,
                    uid: Some(1000),
                    gid: Some(5),
                    name: name("bash"),
                    path: None,
                },
            ),
            ("exec-missing times=2", Command::ExecMissing { times: 2, name: None }),
            (
                "syscall name=getppid times=2",
                Command::Syscall { times: 2, name: "getppid".to_owned(), uid: None, comm: None },
            ),
            (
                "syscall name=kill uid=5 comm=fixed",
                Command::Syscall {
                    times: 1,
                    name: "kill".to_owned(),
                    uid: Some(5),
                    comm: name("fixed"),
                },
            ),
            ("read sizes=1,4096", Command::Read { sizes: vec![1, 4096] }),
            ("burst times=100000", Command::Burst { times: 100_000 }),
            ("exit times=2", Command::Exit { times: 2 }),
            (" ping  times=3 ", Command::Ping { times: 3, address: Ipv4Addr::LOCALHOST }),
            (
                "ping address=10.0.0.2",
                Command::Ping { times: 1, address: Ipv4Addr::new(10, 0, 0, 2) },
            ),
        ] {
            assert_eq!(line.parse::<Command>().unwrap(), command, "{line}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (line, error) in [
            ("", "the line is empty"),
            ("dance", "there is no command dance"),
            ("exec 3", "`3` is not key=value"),
            ("exec times=x", "times=x makes no sense"),
            ("exec times=1 times=2", "times is given twice"),
            ("exec name=0123456789abcdef", "the name of a process has 1 to 15 bytes"),
            ("burst uid=0", "burst takes no uid"),
            ("exit name=bash", "exit takes no name"),
            ("syscall times=1", "syscall wants name=..."),
            ("syscall name=kill comm=0123456789abcdef", "the name of a process has 1 to 15 bytes"),
            ("exec-missing uid=1", "exec-missing takes no uid"),
            ("read", "read wants sizes=..."),
            ("read sizes=1,", "`` is no size: it goes from 0 to 1048576"),
            ("read sizes=1048577", "`1048577` is no size: it goes from 0 to 1048576"),
        ] {
            assert_eq!(line.parse::<Command>().unwrap_err().to_string(), error, "{line}");
        }
    }
}
