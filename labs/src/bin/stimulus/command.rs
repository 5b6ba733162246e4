//! One line of input: a word, then `key=value` pairs in any order.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Error, Result, anyhow, bail};
use labs::files;

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
    /// Make a file with these contents.
    File { path: PathBuf, text: String, uid: u32, mode: u32 },
    /// Open files for reading and close them again.
    Open { paths: Vec<PathBuf>, uid: u32, times: u32, processes: u32 },
    /// Change the permissions of a file.
    Chmod { path: PathBuf, mode: u32, uid: u32 },
    /// Try a TCP connection, and close it.
    Connect { address: Ipv4Addr, port: u16, uid: u32 },
}

impl FromStr for Command {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let mut words = line.split_ascii_whitespace();
        let verb = words.next().context("the line is empty")?;
        let mut pairs = Pairs::new();
        for word in words {
            let (key, value) =
                word.split_once('=').ok_or_else(|| anyhow!("`{word}` is not key=value"))?;
            pairs.entry(key).or_default().push(value);
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
            "file" => {
                let path = own(take(&mut pairs, "path")?.context("file wants path=...")?)?;
                let text = take(&mut pairs, "text")?.unwrap_or_default();
                let mode = mode(&mut pairs)?.unwrap_or(0o644);
                Self::File { path, text, uid: take(&mut pairs, "uid")?.unwrap_or(0), mode }
            }
            "open" => {
                let paths: Vec<PathBuf> = take_all(&mut pairs, "path")?;
                if paths.is_empty() {
                    bail!("open wants path=...");
                }
                let processes = take(&mut pairs, "processes")?.unwrap_or(1);
                Self::Open { paths, uid: take(&mut pairs, "uid")?.unwrap_or(0), times, processes }
            }
            "chmod" => {
                let path = own(take(&mut pairs, "path")?.context("chmod wants path=...")?)?;
                let mode = mode(&mut pairs)?.context("chmod wants mode=...")?;
                Self::Chmod { path, mode, uid: take(&mut pairs, "uid")?.unwrap_or(0) }
            }
            "connect" => {
                let address = take(&mut pairs, "address")?.unwrap_or(Ipv4Addr::LOCALHOST);
                let port = take(&mut pairs, "port")?.context("connect wants port=...")?;
                Self::Connect { address, port, uid: take(&mut pairs, "uid")?.unwrap_or(0) }
            }
            other => bail!("there is no command {other}"),
        };
        match pairs.keys().next() {
            Some(key) => bail!("{verb} takes no {key}"),
            None => Ok(command),
        }
    }
}

/// The values of each key, in the order given.
type Pairs<'a> = HashMap<&'a str, Vec<&'a str>>;

fn take<T: FromStr>(pairs: &mut Pairs<'_>, key: &str) -> Result<Option<T>> {
    let mut values = take_all(pairs, key)?;
    if values.len() > 1 {
        bail!("{key} is given twice");
    }
    Ok(values.pop())
}

fn take_all<T: FromStr>(pairs: &mut Pairs<'_>, key: &str) -> Result<Vec<T>> {
    let values = pairs.remove(key).unwrap_or_default().into_iter();
    values.map(|value| value.parse().map_err(|_| anyhow!("{key}={value} makes no sense"))).collect()
}

/// Octal digits, as chmod(1) takes them.
fn mode(pairs: &mut Pairs<'_>) -> Result<Option<u32>> {
    let Some(digits) = take::<String>(pairs, "mode")? else { return Ok(None) };
    match u32::from_str_radix(&digits, 8) {
        Ok(mode @ 0..=0o7777) => Ok(Some(mode)),
        _ => bail!("mode={digits} makes no sense"),
    }
}

/// A path that may be changed: files of the machine itself are left alone.
fn own(path: PathBuf) -> Result<PathBuf> {
    let inside = path.strip_prefix(files::FOLDER).ok().filter(|inside| *inside != Path::new(""));
    let plain =
        |inside: &Path| inside.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside.is_some_and(plain) {
        bail!("{} is not a path below {}", path.display(), files::FOLDER);
    }
    Ok(path)
}

/// The name of a process, as the kernel keeps it.
fn process_name(pairs: &mut Pairs<'_>, key: &str) -> Result<Option<String>> {
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
            (
                "file path=/tmp/a/b text= uid=7 mode=0600",
                Command::File { path: "/tmp/a/b".into(), text: String::new(), uid: 7, mode: 0o600 },
            ),
            (
                "open path=/etc/b path=/a times=2 processes=4",
                Command::Open {
                    paths: vec!["/etc/b".into(), "/a".into()],
                    uid: 0,
                    times: 2,
                    processes: 4,
                },
            ),
            (
                "chmod path=/tmp/a mode=4755 uid=7",
                Command::Chmod { path: "/tmp/a".into(), mode: 0o4755, uid: 7 },
            ),
            (
                "connect port=80 uid=7",
                Command::Connect { address: Ipv4Addr::LOCALHOST, port: 80, uid: 7 },
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
            ("open uid=1", "open wants path=..."),
            ("file path=/etc/passwd", "/etc/passwd is not a path below /tmp"),
            ("file path=/tmp", "/tmp is not a path below /tmp"),
            ("chmod path=/tmp/../etc/x mode=0", "/tmp/../etc/x is not a path below /tmp"),
            ("chmod path=/tmp/x mode=8", "mode=8 makes no sense"),
            ("chmod path=/tmp/x", "chmod wants mode=..."),
            ("syscall name=kill comm=0123456789abcdef", "the name of a process has 1 to 15 bytes"),
            ("exec-missing uid=1", "exec-missing takes no uid"),
            ("read", "read wants sizes=..."),
            ("read sizes=1,", "`` is no size: it goes from 0 to 1048576"),
            ("read sizes=1048577", "`1048577` is no size: it goes from 0 to 1048576"),
            ("connect address=127.0.0.1", "connect wants port=..."),
            ("connect port=65536", "port=65536 makes no sense"),
        ] {
            assert_eq!(line.parse::<Command>().unwrap_err().to_string(), error, "{line}");
        }
    }
}
