//! `--show-commands`: what the runner does, as commands to type.

use std::path::Path;

use microvm::Blueprint;

use crate::compile;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::manifest::Step;
use crate::programs;

/// The commands for a lab; `machine` is given where it runs in a micro-VM.
pub fn render(course: &Course, lab: &Lab, machine: Option<&Blueprint>) -> Result<String, Error> {
    let flags = compile::flags(&course.root)?.join(" ");
    let (source, object) = (lab.source(), format!("/tmp/{}.bpf.o", lab.name));
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let binary = Path::new("target").join(&triple).join("release").join(lab.binary());
    let binary = binary.display();
    let arguments: String =
        lab.manifest.args.iter().map(|argument| format!(" {argument}")).collect();
    let mut text = format!(
        "# In {root}\n\
         \n# Compile the BPF C\n\
         clang {flags} -c {source} -o {object}\n\
         \n# Look at it: sections, bytecode with source lines\n\
         llvm-objdump --section-headers {object}\n\
         llvm-objdump -S {object}\n\
         \n# Build the lab's program\n\
         {build}\n\
         \n# Load, attach and watch it on this machine's kernel; Ctrl-C ends it\n\
         sudo {binary} --object {object}{arguments}\n",
        root = course.root.display(),
        source = source.display(),
        build = programs::build_command(&triple).join(" "),
    );
    let steps: Vec<String> =
        lab.manifest.steps.iter().filter(|s| **s != Step::Enter).map(Step::to_string).collect();
    if !steps.is_empty() {
        let stimulus = binary.to_string().replace(&lab.binary(), "stimulus");
        text.push_str(&format!(
            "\n# In another terminal, make the events that the lab is about\n\
             printf '{}\\n' | sudo {stimulus}\n",
            steps.join("\\n"),
        ));
    }
    text.push_str(&format!(
        "\n# Meanwhile, or without the lab: what the kernel has loaded, and what the verifier says\n\
         sudo bpftool prog list\n\
         sudo bpftool map list\n\
         sudo bpftool --debug prog loadall {object} /sys/fs/bpf/{name}\n\
         sudo rm -r /sys/fs/bpf/{name}\n",
        name = lab.name,
    ));
    if let Some(blueprint) = machine {
        text.push_str(&format!(
            "\n# The kernel that the micro-VM runs; any initramfs will do to look around\n{}\n",
            blueprint.boot_command(Path::new("INITRAMFS"))
        ));
    }
    Ok(text)
}
