//! One line of input: a word, then `key=value` pairs in any order.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::str::FromStr;

use anyhow::{Context, Error, Result, anyhow, bail};

/// What to do, and how many times.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Start a program, as a user when one is given, by a process of the given name.
    Exec { times: u32, uid: Option<u32>, name: Option<String> },
    /// Make a system call.
    Syscall { times: u32, name: String },
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
                let name: Option<String> = take(&mut pairs, "name")?;
                if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > 15) {
                    bail!("the name of a process has 1 to 15 bytes");
                }
                Self::Exec { times, uid: take(&mut pairs, "uid")?, name }
            }
            "syscall" => {
                let name = take(&mut pairs, "name")?.context("syscall wants name=...")?;
                Self::Syscall { times, name }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let name = |name: &str| Some(name.to_owned());
        for (line, command) in [
            ("exec", Command::Exec { times: 1, uid: None, name: None }),
            (
                "exec times=3 uid=1000 name=bash",
                Command::Exec { times: 3, uid: Some(1000), name: name("bash") },
            ),
            (
                "syscall name=getppid times=2",
                Command::Syscall { times: 2, name: "getppid".to_owned() },
            ),
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
        ] {
            assert_eq!(line.parse::<Command>().unwrap_err().to_string(), error, "{line}");
        }
    }
}
