//! The features, and how each is tried.

use std::fs::File;
use std::io::Read;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::newer;
use anyhow::{Context, Result, ensure};
use labs::cgroup::Cgroup;
use labs::own_function::offset_in_file;
use labs::topology::{self, End, Namespace, cable};
use labs::{Tracefs, cpu_clock, network, own_cgroup};
use libbpf_rs::{
    Iter, Link, MapCore, MapFlags, Object, ObjectBuilder, PerfBufferBuilder, ProgramMut,
    RingBufferBuilder, TC_INGRESS, TcHookBuilder,
};
use rustix::net::{AddressFamily, SocketType, netdevice, socket};

/// Something that a kernel has or has not.
pub(crate) struct Feature {
    /// As manifests of labs name it.
    pub(crate) name: &'static str,
    /// Tries it. The error's chain reads as a phrase: what did not work, and why.
    pub(crate) check: fn() -> Result<()>,
}

pub(crate) const FEATURES: &[Feature] = &[
    Feature { name: "btf", check: btf },
    Feature { name: "kprobe", check: kprobe },
    Feature { name: "tracepoint", check: tracepoint },
    Feature { name: "raw-tracepoint", check: raw_tracepoint },
    Feature { name: "fentry", check: fentry },
    Feature { name: "lsm", check: lsm },
    Feature { name: "xdp", check: xdp },
    Feature { name: "ringbuf", check: ringbuf },
    Feature { name: "perf-event-array", check: perf_event_array },
    Feature { name: "trace-pipe", check: trace_pipe },
    Feature { name: "bpf-loop", check: bpf_loop },
    Feature { name: "number-iterator", check: number_iterator },
    Feature { name: "task-kfunc", check: task_kfunc },
    Feature { name: "cgroup", check: cgroup },
    Feature { name: "veth", check: veth },
    Feature { name: "iter", check: iter },
    Feature { name: "uprobe", check: uprobe },
    Feature { name: "perf-event", check: perf_event },
    Feature { name: "clsact", check: clsact },
    Feature { name: "sockops", check: sockops },
    Feature { name: "struct-ops", check: struct_ops },
    Feature { name: "timer", check: newer::timer },
    Feature { name: "dynptr", check: newer::dynptr },
    Feature { name: "kfunc", check: newer::kfunc },
    Feature { name: "user-ringbuf", check: newer::user_ringbuf },
    Feature { name: "arena", check: newer::arena },
];

fn btf() -> Result<()> {
    ensure!(
        Path::new("/sys/kernel/btf/vmlinux").exists(),
        "this kernel carries no types of its own (CONFIG_DEBUG_INFO_BTF)"
    );
    Ok(())
}

fn kprobe() -> Result<()> {
    // The kernel's list of event sources: without this one libbpf would have to go through tracefs,
    // where a probe outlives its maker.
    ensure!(
        Path::new("/sys/bus/event_source/devices/kprobe").exists(),
        "this kernel is built without kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)"
    );
    let object = load("try_kprobe", "kprobe")?;
    let _link = attach(&object, "kprobe", |program| program.attach_ksyscall(false, "getppid"))?;
    call_getppid();
    ensure_hit(&object, "kprobes")
}

fn tracepoint() -> Result<()> {
    // libbpf looks the numbers of the tracepoints up there.
    ensure!(
        Tracefs::find()?.is_mounted(),
        "tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)"
    );
    let object = load("try_tracepoint", "tracepoint")?;
    let _link = attach(&object, "tracepoint", |program| program.attach())?;
    call_getppid();
    ensure_hit(&object, "tracepoints")
}

fn raw_tracepoint() -> Result<()> {
    let object = load("try_raw_tracepoint", "raw tracepoint")?;
    let _link = attach(&object, "raw tracepoint", |program| program.attach())?;
    call_getppid();
    ensure_hit(&object, "raw tracepoints")
}

fn fentry() -> Result<()> {
    btf()?;
    let object = load("try_fentry", "fentry")?;
    let _link = attach(&object, "fentry", |program| program.attach())?;
    File::open("/dev/zero")?.read_exact(&mut [0])?;
    ensure_hit(&object, "fentry")
}

fn lsm() -> Result<()> {
    btf()?;
    let object = load("try_lsm", "LSM")?;
    let _link = attach(&object, "LSM", |program| program.attach())?;
    File::open("/dev/zero")?;
    ensure!(
        hits(&object)? > 0,
        "LSM programs attach, but are not asked: `bpf` is missing in the lsm= list of the kernel's \
         command line"
    );
    Ok(())
}

fn xdp() -> Result<()> {
    let object = load("try_xdp", "XDP")?;
    // Not on the machine's own interface: somebody else's program may be on it, and packets pass it.
    network::leave()?;
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    let lo = netdevice::name_to_index(any, "lo").context("there is no loopback interface")?;
    attach(&object, "XDP", |program| program.attach_xdp(lo as i32)).map(drop)
}

fn ringbuf() -> Result<()> {
    let object = load("ringbuf", "ring buffer")?;
    let map = map(&object, "ringbuf")?;
    let mut builder = RingBufferBuilder::new();
    builder.add(&map, |_| 0)?;
    builder.build().context("ring buffers cannot be mapped").map(drop)
}

fn perf_event_array() -> Result<()> {
    let object = load("perf_event_array", "perf event array")?;
    let map = map(&object, "perf_event_array")?;
    let buffer = PerfBufferBuilder::new(&map).sample_cb(|_, _| ()).pages(1).build();
    buffer.context("perf buffers are refused").map(drop)
}

/// The pipe is opened, but not read: what is in it belongs to somebody else.
fn trace_pipe() -> Result<()> {
    let tracefs = Tracefs::find()?;
    tracefs.trace_pipe()?;
    ensure!(tracefs.text("tracing_on").trim() != "0", "tracing is switched off (tracing_on is 0)");
    Ok(())
}

fn cgroup() -> Result<()> {
    let object = load("try_cgroup", "cgroup")?;
    let cgroup = Cgroup::create()?;
    let fd = cgroup.fd().as_raw_fd();
    let attached = attach(&object, "cgroup", |program| program.attach_cgroup(fd)).map(drop);
    cgroup.remove()?;
    attached
}

/// Interfaces in pairs, one in each of two network namespaces.
fn veth() -> Result<()> {
    let (here, there) = (Namespace::new("here")?, Namespace::new("there")?);
    let end = |namespace, last| End {
        namespace,
        interface: "end",
        address: Ipv4Addr::new(10, 8, 0, last),
    };
    cable(&end(&here, 1), &end(&there, 2)).context("there are no veth interfaces").map(drop)
}

fn iter() -> Result<()> {
    btf()?;
    let object = load("try_iter", "iterator")?;
    let link = attach(&object, "iterator", |program| program.attach())?;
    Iter::new(&link)?.read_to_end(&mut Vec::new()).context("iterators cannot be read")?;
    ensure_hit(&object, "iterators")
}

fn uprobe() -> Result<()> {
    // As with kprobes: without it libbpf would have to go through tracefs.
    ensure!(
        Path::new("/sys/bus/event_source/devices/uprobe").exists(),
        "this kernel is built without uprobes (CONFIG_UPROBES, CONFIG_UPROBE_EVENTS)"
    );
    let object = load("try_uprobe", "uprobe")?;
    let offset = offset_in_file(probed as extern "C" fn() as usize)?;
    let this = std::process::id() as i32;
    let at =
        |program: &ProgramMut<'_>| program.attach_uprobe(false, this, "/proc/self/exe", offset);
    let _link = attach(&object, "uprobe", at)?;
    std::hint::black_box(probed as extern "C" fn())();
    ensure_hit(&object, "uprobes")
}

fn perf_event() -> Result<()> {
    let object = load("try_perf_event", "perf event")?;
    let clock = cpu_clock::of_this_thread(Duration::from_millis(1))
        .context("there is no clock for performance events")?;
    let fd = clock.as_raw_fd();
    let _link = attach(&object, "perf event", |program| program.attach_perf_event(fd))?;
    let start = Instant::now();
    while hits(&object)? == 0 && start.elapsed() < Duration::from_secs(1) {}
    ensure_hit(&object, "perf events")
}

#[inline(never)]
extern "C" fn probed() {
    std::hint::black_box(());
}

/// Filters of traffic control, of the classic kind.
fn clsact() -> Result<()> {
    let object = load("try_tc", "tc")?;
    network::leave()?;
    let lo = topology::index_of("lo")?;
    let program = object.progs_mut().find(|program| program.autoload());
    let program = program.context("no program for tc")?;
    let mut hook = TcHookBuilder::new(program.as_fd()).ifindex(lo as i32).hook(TC_INGRESS);
    hook.create().context("interfaces cannot have clsact (CONFIG_NET_SCH_INGRESS)")?;
    hook.attach().context("BPF programs cannot be filters (CONFIG_NET_CLS_BPF)")?;
    Ok(())
}

fn sockops() -> Result<()> {
    let object = load("try_sockops", "sockops")?;
    let cgroup = own_cgroup::open()?;
    let fd = cgroup.as_raw_fd();
    attach(&object, "sockops", |program| program.attach_cgroup(fd)).map(drop)
}

/// Loaded, and not registered: the name of an algorithm is seen by everybody.
fn struct_ops() -> Result<()> {
    btf()?;
    let object = ObjectBuilder::default().open_memory(labs::object!("struct-ops"))?;
    object.load().context("structures of programs (struct_ops) are refused").map(drop)
}

fn bpf_loop() -> Result<()> {
    at_system_calls("try_bpf_loop", "bpf_loop")
}

fn number_iterator() -> Result<()> {
    at_system_calls("try_number_iterator", "number iterator")
}

/// Kernel functions that give references to tasks.
fn task_kfunc() -> Result<()> {
    btf()?;
    at_system_calls("try_task_kfunc", "bpf_task_from_pid")
}

/// A program at the begin of each system call, which counts when it did what it is about.
fn at_system_calls(program: &str, kind: &str) -> Result<()> {
    let object = load(program, kind)?;
    let _link = attach(&object, kind, |program| program.attach())?;
    call_getppid();
    ensure_hit(&object, &format!("{kind} programs"))
}

/// Loads one program, or creates one map, of the embedded object.
fn load(only: &str, kind: &str) -> Result<Object> {
    let mut object = ObjectBuilder::default().open_memory(labs::object!())?;
    for mut program in object.progs_mut() {
        program.set_autoload(program.name() == only);
    }
    for mut map in object.maps_mut() {
        let name = map.name().to_string_lossy().into_owned();
        map.set_autocreate(name == only || name.ends_with(".bss"))?;
    }
    let is_map = object.maps().any(|map| map.name() == only);
    let what = if is_map { "maps" } else { "programs" };
    object.load().with_context(|| format!("{kind} {what} are refused"))
}

/// Attaches the one program that was loaded.
fn attach(
    object: &Object,
    kind: &str,
    how: impl FnOnce(&ProgramMut<'_>) -> libbpf_rs::Result<Link>,
) -> Result<Link> {
    let program = object.progs_mut().find(|program| program.autoload());
    let program = program.with_context(|| format!("no program for {kind}"))?;
    how(&program).with_context(|| format!("{kind} programs load, but cannot be attached"))
}

/// The event for programs at system calls.
fn call_getppid() {
    let _ = rustix::process::getppid();
}

fn ensure_hit(object: &Object, kind: &str) -> Result<()> {
    ensure!(hits(object)? > 0, "{kind} attach, but the program is not run");
    Ok(())
}

fn hits(object: &Object) -> Result<u32> {
    let bss = object.maps().find(|map| map.name().to_string_lossy().ends_with(".bss"));
    let bss = bss.context("the probe object has no globals")?;
    let value = bss.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    value.and_then(|value| labs::record::u32_at(&value, 0)).context("the globals cannot be read")
}

fn map<'a>(object: &'a Object, name: &str) -> Result<libbpf_rs::Map<'a>> {
    object.maps().find(|map| map.name() == name).with_context(|| format!("no map {name}"))
}
