//! The commands that mend things, on each distribution.

use super::facts::{Facts, PackageManager};

/// A program's package under apt, dnf, pacman and zypper.
struct Package {
    program: &'static str,
    names: [&'static str; 4],
}

const PACKAGES: &[Package] = &[
    Package { program: "clang", names: ["clang", "clang", "clang", "clang"] },
    Package {
        program: "qemu-system-x86_64",
        names: ["qemu-system-x86", "qemu-system-x86-core", "qemu-system-x86", "qemu-x86"],
    },
    Package {
        program: "qemu-system-aarch64",
        names: ["qemu-system-arm", "qemu-system-aarch64-core", "qemu-system-aarch64", "qemu-arm"],
    },
    Package { program: "setpriv", names: ["util-linux", "util-linux", "util-linux", "util-linux"] },
    Package { program: "git", names: ["git", "git", "git", "git"] },
    Package { program: "cargo", names: ["cargo", "cargo", "rust", "cargo"] },
    Package { program: "bpftool", names: ["bpftool", "bpftool", "bpf", "bpftool"] },
    Package { program: "strace", names: ["strace", "strace", "strace", "strace"] },
    Package { program: "ip", names: ["iproute2", "iproute", "iproute2", "iproute2"] },
    Package { program: "sudo", names: ["sudo", "sudo", "sudo", "sudo"] },
];

/// The command that installs a program.
pub(super) fn install(facts: &Facts, program: &str) -> String {
    let found = PACKAGES.iter().find(|package| package.program == program);
    let Some((manager, package)) = facts.system.packages.zip(found) else {
        return format!("install {program} as this system installs programs");
    };
    let (command, index) = match manager {
        PackageManager::Apt => ("apt-get install", 0),
        PackageManager::Dnf => ("dnf install", 1),
        PackageManager::Pacman => ("pacman -S", 2),
        PackageManager::Zypper => ("zypper install", 3),
    };
    let mut name = package.names[index];
    if program == "bpftool" && facts.system.ubuntu {
        name = "linux-tools-generic";
    }
    as_root(facts, &format!("{command} {name}"))
}

/// A command, with sudo before it unless this is root already; by su where there is no sudo.
pub(super) fn as_root(facts: &Facts, command: &str) -> String {
    if facts.rights.root {
        command.into()
    } else if facts.program("sudo").is_some() {
        format!("sudo {command}")
    } else if command.contains(['"', '\'']) {
        format!("as root: {command}")
    } else {
        format!("su -c '{command}'")
    }
}

/// How an argument is added to the kernel's command line, with effect from the next boot.
pub(super) fn add_to_command_line(facts: &Facts, argument: &str) -> String {
    if facts.system.wsl {
        return format!(
            "under [wsl2] in %UserProfile%\\.wslconfig of Windows: kernelCommandLine = {argument}\n\
             in Windows: wsl --shutdown"
        );
    }
    let edit = format!("s/^GRUB_CMDLINE_LINUX=\"[^\"]*/& {argument}/");
    change_command_line(facts, &edit, &format!("--args={argument}"))
        .unwrap_or_else(|| format!("add {argument} to the kernel's command line, and start again"))
}

/// How what begins with `name=` is taken off it.
pub(super) fn take_off_command_line(facts: &Facts, name: &str) -> String {
    let edit = format!("/^GRUB_CMDLINE_LINUX/s/ *{name}=[^ \"]*//g");
    change_command_line(facts, &edit, &format!("--remove-args={name}"))
        .unwrap_or_else(|| format!("take {name}=… off the kernel's command line, and start again"))
}

/// By GRUB's settings and an edit of them by sed(1), or by grubby(8) where there is that; `None` where neither is.
fn change_command_line(facts: &Facts, edit: &str, argument: &str) -> Option<String> {
    let update = match facts.system.packages? {
        PackageManager::Dnf => {
            let command = format!("grubby --update-kernel=ALL {argument}");
            return Some(format!("{}\n{}", as_root(facts, &command), as_root(facts, "reboot")));
        }
        PackageManager::Apt => "update-grub",
        PackageManager::Pacman => "grub-mkconfig -o /boot/grub/grub.cfg",
        PackageManager::Zypper => "grub2-mkconfig -o /boot/grub2/grub.cfg",
    };
    let edit = as_root(facts, &format!("sed -i '{edit}' /etc/default/grub"));
    Some(format!("{edit}\n{}\n{}", as_root(facts, update), as_root(facts, "reboot")))
}
