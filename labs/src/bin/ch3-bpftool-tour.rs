//! bpftool-tour: the program of hello-xdp, as bpftool and ip see it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::tool::{replaced, show};
use labs::{Lab, Usage, Wake, bpffs, network};
use libbpf_rs::query::{ProgInfoIter, Tag};
use libbpf_rs::{MapInfo, Program};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Loads the program of hello-xdp, attaches it to a loopback interface of its own, and shows what\n\
            bpftool and ip say of it. Lines that begin with # are different on each machine.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!("ch3-hello-xdp"), bpftool_tour)
}

fn bpftool_tour(lab: &Lab) -> Result<()> {
    bpffs::own()?;
    network::leave()?; // nobody else's packets are counted
    let object = lab.load(lab.open()?)?;
    let lo = network::loopback_index()?;
    let _link = lab.attach_with(&object, "hello", |program| program.attach_xdp(lo))?;
    let mut program =
        object.progs_mut().find(|program| program.name() == "hello").context("hello")?;
    program.pin(format!("{}/hello", bpffs::PLACE)).context("cannot pin the program")?;

    let id = Program::id_from_fd(program.as_fd())?;
    let tag = tag_of(id).context("the program is gone")?;
    let bss = MapInfo::new(lab.map(&object, ".bss")?.as_fd())?.info.id;
    let mut wakeups = lab.observe()?;
    network::send_packets(3)?;
    writeln!(
        io::stdout(),
        "# here, the program's ID is {id}, its TAG {tag}; the map's ID is {bss}"
    )?;
    programs(id, &tag)?;
    maps(bss)?;
    networks(id)?;
    // By hand there is time to look around yourself, until Ctrl-C.
    while wakeups.wait(None)? != Wake::End {}
    Ok(())
}

fn tag_of(id: u32) -> Option<String> {
    let Tag(bytes) = ProgInfoIter::default().find(|program| program.id == id)?.tag;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn programs(id: u32, tag: &str) -> Result<()> {
    let shown = |line: &str| entry(line, id);
    show("bpftool prog show name hello", "bpftool prog show name hello", shown)?;
    show(&format!("bpftool prog show id {id}"), "bpftool prog show id ID", shown)?;
    show(&format!("bpftool prog show tag {tag}"), "bpftool prog show tag TAG", shown)?;
    let pinned = "bpftool prog show pinned /sys/fs/bpf/hello";
    show(pinned, pinned, shown)?;

    let xlated = |line: &str| Some(instruction(line));
    show(&format!("bpftool prog dump xlated id {id}"), "bpftool prog dump xlated id ID", xlated)?;
    // Machine code, and not every bpftool can take it apart.
    show(&format!("bpftool prog dump jited id {id}"), "bpftool prog dump jited id ID", |_| None)
}

fn maps(id: u32) -> Result<()> {
    let shown = |line: &str| entry(line, id);
    show(&format!("bpftool map show id {id}"), "bpftool map show id ID", shown)?;
    let as_it_is = |line: &str| Some(line.to_owned());
    show(&format!("bpftool map dump id {id}"), "bpftool map dump id ID", as_it_is)
}

fn networks(id: u32) -> Result<()> {
    let attached = |line: &str| {
        (line == "xdp:" || line.ends_with(&format!(" id {id}"))).then(|| replaced(line, "id", "ID"))
    };
    show("bpftool net list", "bpftool net list", attached)?;
    show("ip link show dev lo", "ip link show dev lo", link)
}

/// What of `bpftool prog show` and `map show` does not depend on the machine.
fn entry(line: &str, id: u32) -> Option<String> {
    if let Some(rest) = line.strip_prefix(&format!("{id}: ")) {
        return Some(format!("ID: {}", replaced(rest, "tag", "TAG")));
    }
    let line = line.trim_start();
    let stable = ["xlated ", "key "].iter().any(|beginning| line.starts_with(beginning));
    let end = ["  jited", "  memlock"].iter().filter_map(|word| line.find(word)).min();
    stable.then(|| format!("\t{}", &line[..end.unwrap_or(line.len())]))
}

/// An instruction without the number of a map, and without the distance to a helper.
fn instruction(line: &str) -> String {
    let line = match line.split_once("map[id:") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}map[id:ID{after}")
        }
        None => line.to_owned(),
    };
    match line.split_once('#') {
        Some((call, _)) if call.contains(" call ") => call.to_owned(),
        _ => line,
    }
}

/// Of `ip link`, the words that are about XDP.
fn link(line: &str) -> Option<String> {
    match line.split_once(" xdpgeneric ") {
        Some((name, _)) => {
            let name: Vec<_> = name.split(' ').take(2).collect();
            Some(format!("{} … xdpgeneric …", name.join(" ")))
        }
        None => line.contains("prog/xdp id ").then(|| "    prog/xdp id ID …".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_lose_what_differs() {
        for (line, expected) in [
            ("7: xdp  name hello  tag eb25  gpl", Some("ID: xdp  name hello  tag TAG  gpl")),
            ("8: xdp  name hello  tag eb25  gpl", None),
            ("\tloaded_at 2026-11-20T16:28:07+0000  uid 0", None),
            ("\txlated 96B  jited 62B  memlock 4096B  map_ids 4,3", Some("\txlated 96B")),
            (
                "\tkey 4B  value 4B  max_entries 1  memlock 8192B",
                Some("\tkey 4B  value 4B  max_entries 1"),
            ),
        ] {
            assert_eq!(entry(line, 7).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn instructions_lose_what_differs() {
        assert_eq!(
            instruction("   0: (18) r6 = map[id:41][0]+0"),
            "   0: (18) r6 = map[id:ID][0]+0"
        );
        let call = "   6: (85) call bpf_trace_printk#-60704";
        assert_eq!(instruction(call), "   6: (85) call bpf_trace_printk");
        assert_eq!(instruction("; x # y"), "; x # y");
    }

    #[test]
    fn the_link_keeps_what_is_about_xdp() {
        let line = "1: lo: <LOOPBACK,UP> mtu 65536 xdpgeneric qdisc noqueue";
        assert_eq!(link(line).as_deref(), Some("1: lo: … xdpgeneric …"));
        assert_eq!(link("    prog/xdp id 7 name hello").as_deref(), Some("    prog/xdp id ID …"));
        assert_eq!(link("    link/loopback 00:00"), None);
    }
}
