//! What labs need, and which of them go without.

use crate::course::Course;

/// What one lab needs of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The lab, such as `ch2 hello-map`.
    pub lab: String,
    /// Kernel features, as manifests name them.
    pub features: Vec<String>,
    /// Programs of the machine.
    pub tools: Vec<String>,
    /// Whether it has BPF C, which clang compiles.
    pub object: bool,
}

impl Needs {
    /// What the labs of a course need.
    pub fn of(course: &Course) -> Vec<Self> {
        let needs = |lab: &crate::course::Lab| Self {
            lab: lab.title(),
            features: lab.manifest.needs.clone(),
            tools: lab.manifest.tools.clone(),
            object: lab.manifest.object,
        };
        course.labs.iter().map(needs).collect()
    }
}

/// The labs for which this holds.
pub(super) fn labs(all: &[Needs], needs: impl Fn(&Needs) -> bool) -> Vec<String> {
    all.iter().filter(|lab| needs(lab)).map(|lab| lab.lab.clone()).collect()
}

/// The labs that need one of these kernel features.
pub(super) fn labs_with(all: &[Needs], features: &[&str]) -> Vec<String> {
    labs(all, |lab| lab.features.iter().any(|feature| features.contains(&feature.as_str())))
}

/// An option of the kernel's configuration, and the features that are not there without it.
pub(super) struct ConfigOption {
    pub(super) name: &'static str,
    pub(super) features: &'static [&'static str],
}

/// The features that ask for types of the kernel itself.
pub(super) const BTF: &[&str] =
    &["btf", "fentry", "lsm", "iter", "struct-ops", "task-kfunc", "kfunc", "number-iterator"];

/// The features whose programs the interpreter cannot run: they call kernel functions, or are called back.
pub(super) const JIT: &[&str] = &[
    "kfunc",
    "task-kfunc",
    "number-iterator",
    "struct-ops",
    "bpf-loop",
    "timer",
    "user-ringbuf",
    "arena",
];

const TRACING: &[&str] = &[
    "kprobe",
    "uprobe",
    "tracepoint",
    "raw-tracepoint",
    "perf-event",
    "trace-pipe",
    "fentry",
    "lsm",
];

/// The options that labs depend on. Without CONFIG_BPF_SYSCALL there is nothing at all.
pub(super) const OPTIONS: &[ConfigOption] = &[
    ConfigOption { name: "CONFIG_BPF_SYSCALL", features: &[] },
    ConfigOption { name: "CONFIG_DEBUG_INFO_BTF", features: BTF },
    ConfigOption { name: "CONFIG_BPF_JIT", features: JIT },
    ConfigOption { name: "CONFIG_BPF_EVENTS", features: TRACING },
    ConfigOption { name: "CONFIG_KPROBE_EVENTS", features: &["kprobe"] },
    ConfigOption { name: "CONFIG_UPROBE_EVENTS", features: &["uprobe"] },
    ConfigOption { name: "CONFIG_FTRACE_SYSCALLS", features: &["tracepoint"] },
    ConfigOption { name: "CONFIG_DYNAMIC_FTRACE", features: &["fentry", "lsm"] },
    ConfigOption { name: "CONFIG_BPF_LSM", features: &["lsm"] },
    ConfigOption { name: "CONFIG_PERF_EVENTS", features: &["perf-event", "perf-event-array"] },
    ConfigOption { name: "CONFIG_CGROUP_BPF", features: &["cgroup", "sockops"] },
    ConfigOption { name: "CONFIG_VETH", features: &["veth"] },
    ConfigOption { name: "CONFIG_NET_CLS_BPF", features: &["clsact"] },
    ConfigOption { name: "CONFIG_NET_SCH_INGRESS", features: &["clsact"] },
];
