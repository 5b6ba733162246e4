//! Adds a real kernel through this machine's apt. Takes seconds and a network.

use std::time::Instant;

use microvm::kernel::{AptMachine, KernelError, Store, check_config, inspect_image};
use microvm::modules::ModuleTree;

/// What the machine needs for its channel and the labs for their networks, where the kernel has it as
/// a module.
const WANTED: [&str; 8] = [
    "virtio_pci",
    "virtio_console",
    "virtio_net",
    "veth",
    "dummy",
    "cls_bpf",
    "act_bpf",
    "sch_ingress",
];

#[test]
fn a_kernel_of_this_machines_distribution() {
    let series = std::env::var("MICROVM_TEST_SERIES").unwrap_or_else(|_| "6.1".to_owned());
    let machine = AptMachine::of_this_machine().unwrap();
    if !machine.known_series().unwrap().contains(&series) {
        return eprintln!("skipped: this machine's distribution does not carry kernel {series}");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let start = Instant::now();
    let kernel = match store.add(&series, &mut |sentence| eprintln!("{sentence}")) {
        Ok(kernel) => kernel,
        Err(error @ (KernelError::NoApt(_) | KernelError::Network { .. })) => {
            return eprintln!("skipped: {error}");
        }
        Err(error) => panic!("{error}"),
    };
    eprintln!("{:.1} s, {} bytes", start.elapsed().as_secs_f64(), kernel.bytes);
    eprintln!("{kernel:#?}");
    assert!(kernel.bytes < 40 << 20);
    assert!(kernel.release.starts_with(&format!("{series}.")));
    check_config(kernel.config.as_deref().unwrap()).unwrap();
    assert_eq!(inspect_image(&kernel.image).unwrap().release.unwrap(), kernel.release);

    let tree = ModuleTree::open(&kernel.modules).unwrap();
    assert_eq!(tree.release().unwrap().unwrap(), kernel.release);
    let resolved = tree.resolve(&WANTED).unwrap();
    assert_eq!(resolved.missing, []);
    let names: Vec<_> = resolved.load.iter().map(|module| module.name.as_str()).collect();
    eprintln!("load {names:?}, built in {:?}", resolved.builtin);

    assert_eq!(store.get(&series).unwrap(), kernel);
    assert_eq!(store.list().unwrap().len(), 1);
    // Nothing of apt's is left beside the kernel but the lock.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
