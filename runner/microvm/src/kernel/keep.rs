//! Which files of a kernel's package are worth their room in the cache.

use std::path::{Component, Path};

/// Below `lib/modules/RELEASE/kernel/`: what a virtual machine with virtio devices, and the networks and
/// file systems that one would set up in it, can need.
const KEPT: &[&str] = &[
    "arch/x86/crypto/",
    "arch/arm64/crypto/",
    "crypto/",
    "drivers/block/loop",
    "drivers/block/null_blk",
    "drivers/block/virtio_blk",
    "drivers/char/hw_random/virtio",
    "drivers/char/virtio_console",
    "drivers/net/",
    "drivers/virtio/",
    "fs/9p/",
    "fs/fuse/",
    "fs/overlayfs/",
    "lib/",
    "net/",
];

/// Exceptions: drivers of hardware that the machine does not have, networks that need such, and large
/// protocols that are for clusters.
const DROPPED: &[&str] = &[
    "drivers/net/arcnet/",
    "drivers/net/can/",
    "drivers/net/dsa/",
    "drivers/net/ethernet/",
    "drivers/net/fddi/",
    "drivers/net/hyperv/",
    "drivers/net/ieee802154/",
    "drivers/net/mdio/",
    "drivers/net/phy/",
    "drivers/net/usb/",
    "drivers/net/wan/",
    "drivers/net/wireless/",
    "drivers/net/wwan/",
    "drivers/net/xen-",
    "net/atm/",
    "net/batman-adv/",
    "net/bluetooth/",
    "net/can/",
    "net/ceph/",
    "net/dccp/",
    "net/ieee802154/",
    "net/mac80211/",
    "net/netfilter/ipset/",
    "net/netfilter/ipvs/",
    "net/nfc/",
    "net/rds/",
    "net/rxrpc/",
    "net/sctp/",
    "net/smc/",
    "net/sunrpc/",
    "net/tipc/",
    "net/wireless/",
];

/// A file of a package that is kept, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The image; it can be in two places, of which `boot` counts.
    Image,
    /// The configuration.
    Config,
    /// A file of the modules folder, by its path there.
    Modules(String),
}

/// Judges a file by its path in the package, such as `./boot/vmlinuz-6.1.0-53-cloud-amd64`.
pub(super) fn in_package(path: &Path) -> Option<Kept> {
    let mut parts = vec![];
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name.to_str()?),
            _ => return None,
        }
    }
    // The folders of / were moved below /usr in later packages.
    let parts = match parts.as_slice() {
        ["usr", rest @ ..] => rest,
        all => all,
    };
    match parts {
        ["boot", name] if is_image(name) => Some(Kept::Image),
        ["boot", name] if name.starts_with("config-") => Some(Kept::Config),
        ["lib", "modules", _release, name] if is_image(name) => Some(Kept::Image),
        ["lib", "modules", _release, "config"] => Some(Kept::Config),
        ["lib", "modules", _release, rest @ ..] => in_modules(&rest.join("/")).map(Kept::Modules),
        _ => None,
    }
}

/// The same path if a file of `lib/modules/RELEASE` is kept.
pub(super) fn in_modules(path: &str) -> Option<String> {
    let is_kept = path == "modules.builtin"
        || path.strip_prefix("kernel/").is_some_and(|path| {
            KEPT.iter().any(|start| path.starts_with(start))
                && !DROPPED.iter().any(|start| path.starts_with(start))
        });
    is_kept.then(|| path.to_owned())
}

fn is_image(name: &str) -> bool {
    name == "vmlinuz" || name.starts_with("vmlinuz-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_package_are_sorted() {
        let modules = |path: &str| Some(Kept::Modules(path.to_owned()));
        let table = [
            ("./boot/vmlinuz-6.1.0-53-cloud-amd64", Some(Kept::Image)),
            ("usr/lib/modules/7.3.1+deb14-cloud-amd64/vmlinuz", Some(Kept::Image)),
            ("./boot/config-6.1.0-53-cloud-amd64", Some(Kept::Config)),
            ("./boot/System.map-6.1.0-53-cloud-amd64", None),
            ("./lib/modules/6.1.0/modules.builtin", modules("modules.builtin")),
            ("./lib/modules/6.1.0/modules.order", None),
            (
                "./usr/lib/modules/6.1.0/kernel/net/sched/cls_bpf.ko.xz",
                modules("kernel/net/sched/cls_bpf.ko.xz"),
            ),
            (
                "./lib/modules/6.1.0/kernel/drivers/net/veth.ko",
                modules("kernel/drivers/net/veth.ko"),
            ),
            ("./lib/modules/6.1.0/kernel/drivers/net/ethernet/intel/e1000.ko", None),
            ("./lib/modules/6.1.0/kernel/fs/ext4/ext4.ko", None),
            ("./usr/share/doc/linux-image/copyright", None),
        ];
        for (path, expected) in table {
            assert_eq!(in_package(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_not_kept() {
        for path in
            ["/boot/vmlinuz-1", "./lib/modules/1/kernel/net/../../../../x.ko", "../boot/vmlinuz-1"]
        {
            assert_eq!(in_package(Path::new(path)), None, "{path}");
        }
    }
}
