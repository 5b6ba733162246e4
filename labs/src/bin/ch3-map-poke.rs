//! map-poke: a map is read and changed from outside, byte by byte, while the program runs.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use labs::record::u64_at;
use labs::renames::{rename, set_subject};
use labs::{Flag, Lab, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags, MapHandle, MapInfo, Object};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Runs a program whose map another process changes; or, with --map, is that other process.",
    flags: &[
        Flag { name: "map", value: "ID", default: "0", help: "the map to poke" },
        Flag {
            name: "do",
            value: "WORDS",
            default: "show",
            help: "show; lookup key BYTES; update key BYTES value BYTES; delete key BYTES",
        },
        Flag {
            name: "then",
            value: "WORDS",
            default: "",
            help: "more to do while the program runs, divided by semicolons",
        },
    ],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), |lab| match lab.parsed("map")? {
        0 => map_poke(lab),
        map => poke(map, lab.flag("do")),
    })
}

/// What is done to the map, in order; three renames follow each update.
const POKES: [&str; 9] = [
    "show",
    "lookup key 0 0 0 0",
    "update key 0 0 0 0 value 10 0 0 0",
    "update key 0 0 0 0 value 0xe8 0x03 0 0",
    "lookup key 255 0 0 0",
    "update key 255 0 0 0 value 1 2 0 0",
    "lookup key 0xff 0 0 0",
    "update key 255 value 1 0 0 0",
    "update key 256 0 0 0 value 1 0 0 0",
];

fn map_poke(lab: &Lab) -> Result<()> {
    let mut opened = lab.open()?;
    set_subject(&mut opened, std::process::id())?;
    let object = lab.load(opened)?;
    let config = lab.map(&object, "config")?;
    let key = vec![0; config.key_size() as usize];
    config.update(&key, &1u32.to_ne_bytes(), MapFlags::ANY).context("cannot set the step to 1")?;
    let id = MapInfo::new(config.as_fd())?.info.id;

    let _links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    rename_and_print(lab, &object)?;
    let more = lab.flag("then").split(';').map(str::trim).filter(|words| !words.is_empty());
    for words in POKES.into_iter().chain(more) {
        writeln!(io::stdout(), "\npoke: {words}")?;
        // Another process. It has nothing of ours but the map's number, which everybody may know.
        let status = Command::new("/proc/self/exe")
            .args(["--map", &id.to_string(), "--do", words])
            .env_remove("LAB_STAGES")
            .status()
            .context("cannot start the other process")?;
        ensure!(status.success(), "the other process failed");
        if words.starts_with("update") {
            rename_and_print(lab, &object)?;
        }
    }
    // By hand there is time to poke it yourself, until Ctrl-C.
    while wakeups.wait(None)? != Wake::End {}
    Ok(())
}

fn rename_and_print(lab: &Lab, object: &Object) -> Result<()> {
    rename(3)?;
    let globals = lab.map(object, ".bss")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let total = globals.and_then(|globals| u64_at(&globals, 0)).context("cannot read total")?;
    Ok(writeln!(io::stdout(), "after 3 renames: total={total}")?)
}

// ANCHOR: poke
/// What the other process does. A poke that is refused is an answer, too.
fn poke(map: u32, words: &str) -> Result<()> {
    let map = MapHandle::from_map_id(map).context("cannot open the map")?;
    let answer =
        obey(&map, words).unwrap_or_else(|error| format!("refused: {}", labs::phrase(&error)));
    Ok(writeln!(io::stdout(), "{answer}")?)
}

fn obey(map: &MapHandle, words: &str) -> Result<String> {
    let words: Vec<_> = words.split_ascii_whitespace().collect();
    let (verb, rest) = words.split_first().context("nothing to do")?;
    if *verb == "show" {
        let (name, kind) = (map.name().display().to_string(), map.map_type());
        let (key, value, most) = (map.key_size(), map.value_size(), map.max_entries());
        return Ok(format!(
            "{name}: {kind:?}, key {key} bytes, value {value} bytes, {most} entries at most"
        ));
    }
    let (key, value) = rest.split_at(rest.iter().position(|w| *w == "value").unwrap_or(rest.len()));
    let key = bytes_behind("key", key, map.key_size())?;
    match *verb {
        "lookup" => match map.lookup(&key, MapFlags::ANY)? {
            Some(value) => Ok(format!("key {} value {}", shown(&key), shown(&value))),
            None => Ok(format!("key {} is not there", shown(&key))),
        },
        "update" => {
            let value = bytes_behind("value", value, map.value_size())?;
            map.update(&key, &value, MapFlags::ANY)?;
            Ok("done".into())
        }
        "delete" => map.delete(&key).map(|()| "done".into()).context("cannot delete it"),
        other => bail!("there is no `{other}`: use show, lookup, update or delete"),
    }
}

/// The bytes that follow a word, each decimal or, with 0x in front, hexadecimal. There must be as many
/// as the map wants: the kernel would take whatever lies behind them.
fn bytes_behind(name: &str, words: &[&str], wanted: u32) -> Result<Vec<u8>> {
    let Some((&first, numbers)) = words.split_first() else { bail!("the {name} is missing") };
    ensure!(first == name, "`{first}` stands where `{name}` is wanted");
    let bytes = numbers.iter().map(|word| byte(word)).collect::<Result<Vec<_>>>()?;
    ensure!(
        bytes.len() == wanted as usize,
        "bytes of the {name}: {} here, {wanted} in this map",
        bytes.len()
    );
    Ok(bytes)
}

fn byte(word: &str) -> Result<u8> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.ok().with_context(|| format!("`{word}` is no byte: 0 to 255, or 0x00 to 0xff"))
}
// ANCHOR_END: poke

/// The bytes in their order in memory, and the number that this machine takes them for.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x} ");
    }
    match bytes.try_into() {
        Ok(four) => format!("{text}({})", u32::from_ne_bytes(four)),
        Err(_) => text.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimal_or_hexadecimal() {
        assert_eq!(
            bytes_behind("key", &["key", "255", "0xff", "0x0a"], 3).unwrap(),
            [255, 255, 10]
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (words, error) in [
            (["key", "1"].as_slice(), "bytes of the key: 1 here, 4 in this map"),
            (&["key", "256", "0", "0", "0"], "`256` is no byte: 0 to 255, or 0x00 to 0xff"),
            (&["key", "-1", "0", "0", "0"], "`-1` is no byte: 0 to 255, or 0x00 to 0xff"),
            (&["value", "1"], "`value` stands where `key` is wanted"),
            (&[], "the key is missing"),
        ] {
            assert_eq!(bytes_behind("key", words, 4).unwrap_err().to_string(), error);
        }
    }
}
