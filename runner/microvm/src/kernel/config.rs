//! What a kernel must have been built with.

use std::fs;
use std::path::Path;

use super::KernelError;
use crate::modules::ModuleTree;

/// An option of the kernel's configuration and what it is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its name, such as `CONFIG_BPF_SYSCALL`.
    pub option: &'static str,
    /// Half a sentence on what does not work without it.
    pub purpose: &'static str,
}

/// What every kernel needs; `y` or `m` will do where it can be a module.
const REQUIRED: [Requirement; 8] = [
    Requirement { option: "CONFIG_BPF_SYSCALL", purpose: "loading BPF programs" },
    Requirement { option: "CONFIG_DEBUG_INFO_BTF", purpose: "BTF, the types of the kernel" },
    Requirement { option: "CONFIG_BPF_EVENTS", purpose: "BPF programs on kprobes and tracepoints" },
    Requirement { option: "CONFIG_KPROBES", purpose: "kprobes" },
    Requirement { option: "CONFIG_BLK_DEV_INITRD", purpose: "starting from an initramfs" },
    Requirement { option: "CONFIG_DEVTMPFS", purpose: "device files" },
    Requirement { option: "CONFIG_VIRTIO_PCI", purpose: "devices of the machine" },
    Requirement { option: "CONFIG_VIRTIO_CONSOLE", purpose: "the channel to the machine" },
];

/// Of the above what can be a module that the machine cannot start without, with the module's name.
const MODULES: [(&str, &str); 2] =
    [("CONFIG_VIRTIO_PCI", "virtio_pci"), ("CONFIG_VIRTIO_CONSOLE", "virtio_console")];

/// The needed options that are not set in the text of a configuration (`CONFIG_NAME=y` lines).
pub fn missing_options(config: &str) -> Vec<Requirement> {
    let is_set = |option: &str| {
        config.lines().any(|line| {
            line.strip_prefix(option).is_some_and(|value| matches!(value.trim_end(), "=y" | "=m"))
        })
    };
    REQUIRED.into_iter().filter(|need| !is_set(need.option)).collect()
}

/// Reads a configuration file; an error names every needed option that it does not set.
pub fn check_config(config: &Path) -> Result<(), KernelError> {
    let text = fs::read_to_string(config).map_err(KernelError::io("read", config))?;
    match missing_options(&text) {
        missing if missing.is_empty() => Ok(()),
        missing => Err(KernelError::Config { config: config.to_owned(), missing }),
    }
}

/// An error names the modules of the machine's channel that the configuration has, and the folder has not.
pub(super) fn check_modules(config: &Path, folder: &Path) -> Result<(), KernelError> {
    let text = fs::read_to_string(config).map_err(KernelError::io("read", config))?;
    let tree = ModuleTree::open(folder).map_err(KernelError::modules(folder))?;
    let is_module = |option: &str| {
        text.lines().any(|line| line.strip_prefix(option).is_some_and(|value| value.trim() == "=m"))
    };
    let missing = MODULES.iter().filter(|(option, name)| is_module(option) && !tree.has(name));
    match missing.map(|(_, name)| *name).collect::<Vec<_>>() {
        missing if missing.is_empty() => Ok(()),
        missing => Err(KernelError::NoModules { config: config.to_owned(), missing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> String {
        REQUIRED.map(|need| format!("{}=y\n", need.option)).concat()
    }

    fn missing(config: &str) -> Vec<&'static str> {
        missing_options(config).iter().map(|need| need.option).collect()
    }

    #[test]
    fn all_options_set_is_fine_also_as_modules() {
        assert!(missing(&full()).is_empty());
        assert!(missing(&full().replace("VIRTIO_CONSOLE=y", "VIRTIO_CONSOLE=m")).is_empty());
    }

    #[test]
    fn an_option_that_is_not_set_is_named() {
        let config =
            full().replace("CONFIG_DEBUG_INFO_BTF=y", "# CONFIG_DEBUG_INFO_BTF is not set");
        assert_eq!(missing(&config), ["CONFIG_DEBUG_INFO_BTF"]);
    }

    #[test]
    fn an_option_whose_name_begins_the_same_does_not_count() {
        let config = full().replace("CONFIG_KPROBES=y", "CONFIG_KPROBES_ON_FTRACE=y");
        assert_eq!(missing(&config), ["CONFIG_KPROBES"]);
    }

    #[test]
    fn nothing_set_names_everything() {
        assert_eq!(missing("").len(), REQUIRED.len());
    }
}
