//! wrong-helper: which helper a program may call depends on its type.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::{Lab, Usage};
use libbpf_rs::libbpf_sys::{
    BPF_FUNC_get_current_comm, BPF_FUNC_get_current_pid_tgid, BPF_FUNC_get_socket_cookie,
    BPF_FUNC_get_stackid, BPF_FUNC_ktime_get_ns, BPF_FUNC_map_lookup_elem,
    BPF_FUNC_perf_event_output, BPF_FUNC_probe_read_kernel, BPF_FUNC_redirect,
    BPF_FUNC_send_signal, BPF_FUNC_skb_load_bytes, BPF_FUNC_skb_store_bytes,
    BPF_FUNC_xdp_adjust_head, bpf_func_id,
};
use libbpf_rs::{Object, ProgramInput, ProgramType};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Loads programs of three types, runs two of them on a packet, and shows which helpers the\n\
            running kernel gives to which types.",
    flags: &[],
};

const TYPES: [(&str, ProgramType); 5] = [
    ("kprobe", ProgramType::Kprobe),
    ("tracepoint", ProgramType::Tracepoint),
    ("xdp", ProgramType::Xdp),
    ("tc", ProgramType::SchedCls),
    ("cgroup_skb", ProgramType::CgroupSkb),
];

/// Helpers that these types have, or have not, since Linux 5.10.
const HELPERS: [(&str, bpf_func_id); 10] = [
    ("bpf_map_lookup_elem", BPF_FUNC_map_lookup_elem),
    ("bpf_ktime_get_ns", BPF_FUNC_ktime_get_ns),
    ("bpf_perf_event_output", BPF_FUNC_perf_event_output),
    ("bpf_probe_read_kernel", BPF_FUNC_probe_read_kernel),
    ("bpf_get_stackid", BPF_FUNC_get_stackid),
    ("bpf_skb_load_bytes", BPF_FUNC_skb_load_bytes),
    ("bpf_skb_store_bytes", BPF_FUNC_skb_store_bytes),
    ("bpf_get_socket_cookie", BPF_FUNC_get_socket_cookie),
    ("bpf_redirect", BPF_FUNC_redirect),
    ("bpf_xdp_adjust_head", BPF_FUNC_xdp_adjust_head),
];

/// Helpers that more types were given later: not the same on every kernel, so not compared.
const LATER: [(&str, bpf_func_id); 3] = [
    ("bpf_get_current_pid_tgid", BPF_FUNC_get_current_pid_tgid),
    ("bpf_get_current_comm", BPF_FUNC_get_current_comm),
    ("bpf_send_signal", BPF_FUNC_send_signal),
];

/// An Ethernet frame: two addresses, the type of IPv4, and 46 bytes of nothing.
const PACKET: [u8; 60] = {
    let mut packet = [0; 60];
    packet[12] = 0x08;
    packet
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), wrong_helper)
}

fn wrong_helper(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let _wakeups = lab.observe()?;
    let mut out = io::stdout().lock();
    for program in object.progs() {
        let (name, section) = (program.name().display(), program.section().display());
        writeln!(out, "{name} ({section}) is accepted")?;
    }

    for (name, variable) in [("at_skb", "found_by_tc"), ("at_packet", "found_by_xdp")] {
        let result = run(&object, name)?;
        let found = lab.variable(&object, ".bss", variable)?.context("a variable is missing")?;
        let found = u16::from_ne_bytes(found.try_into().unwrap_or_default());
        writeln!(out, "{name} returns {result}, found type 0x{found:04x}")?;
    }

    writeln!(out)?;
    let names = TYPES.map(|(name, _)| format!("{name:>10}")).join(" ");
    writeln!(out, "{:24} {names}", "helper")?;
    for helper in HELPERS {
        writeln!(out, "{}", row(helper)?)?;
    }
    for helper in LATER {
        writeln!(out, "# {}", row(helper)?)?;
    }
    Ok(())
}

// ANCHOR: ask
/// Runs a program once on the packet, without a network: `BPF_PROG_TEST_RUN`.
fn run(object: &Object, name: &str) -> Result<u32> {
    let program = object.progs_mut().find(|program| program.name() == name);
    let program = program.with_context(|| format!("the object has no program {name}"))?;
    let input = ProgramInput { data_in: Some(&PACKET), ..Default::default() };
    let output = program.test_run(input).with_context(|| format!("cannot run {name}"))?;
    Ok(output.return_value)
}

/// libbpf asks the kernel by loading a program that calls the helper and does nothing else.
fn row((name, helper): (&str, bpf_func_id)) -> Result<String> {
    let mut row = format!("{name:24}");
    for (kind, program_type) in TYPES {
        let has = program_type.is_helper_supported(helper);
        let has = has.with_context(|| format!("cannot try {name} in {kind}"))?;
        row += &format!(" {:>10}", if has { "yes" } else { "-" });
    }
    Ok(row)
}
// ANCHOR_END: ask
