//! What micro-VMs are made of, and whether KVM works for them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::super::facts::{Image, Kernels, Kvm, Program};
use crate::engine::vm::Vm;
use crate::error::Error;
use crate::kernels;
use crate::programs::Programs;

pub(super) fn kernels() -> Result<Kernels, Error> {
    let added = kernels::store()?.names().map_err(kernels::unable)?;
    Ok(Kernels { default: kernels::default()?, added, carried: kernels::carried(), image: image() })
}

/// The image of the running kernel, where distributions put it.
fn image() -> Option<Image> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let places = [format!("/boot/vmlinuz-{release}"), format!("/lib/modules/{release}/vmlinuz")];
    let path = places.into_iter().find(|path| Path::new(path).exists())?;
    Some(Image { readable: File::open(&path).is_ok(), path })
}

/// What is known of KVM; if that is nothing, and a machine can be made now, it is tried.
pub(super) fn kvm(
    cache: &Path,
    programs: &BTreeMap<String, Program>,
    kernels: &Kernels,
    built: Option<&Programs>,
    say: &mut dyn FnMut(&str),
) -> Kvm {
    let known = || microvm::Kvm::known(&cache.join("machines"));
    let missing = |what: &str| Kvm::Untried { why: format!("to try it takes {what}") };
    match known() {
        microvm::Kvm::Untried => {}
        other => return described(other),
    }
    for program in [microvm::program(), "setpriv"] {
        if !programs.contains_key(program) {
            return missing(program);
        }
    }
    if !kernels.added.contains(&kernels.default) {
        return missing(&format!("the kernel {}", kernels.default));
    }
    let Some(built) = built else { return missing("the course's programs, which are not built") };
    say("Trying whether KVM works; this takes a few seconds …");
    let vm = Vm::new(&kernels.default, built.path("labrunner-guest"));
    let tried = vm
        .blueprint(say)
        .map_err(|e| e.to_string())
        .and_then(|blueprint| blueprint.try_kvm(&mut |_| ()).map_err(|e| e.to_string()));
    match tried {
        Ok(()) => described(known()),
        Err(error) => {
            let first = error.lines().next().unwrap_or_default();
            Kvm::Untried { why: format!("the trial failed: {first}") }
        }
    }
}

fn described(known: microvm::Kvm) -> Kvm {
    match known {
        microvm::Kvm::Absent => Kvm::Absent,
        microvm::Kvm::Closed(why) => Kvm::Closed { why },
        microvm::Kvm::Untried => Kvm::Untried { why: "the trial had no end".into() },
        microvm::Kvm::Tried { used: true, because } => Kvm::Used { because },
        microvm::Kvm::Tried { used: false, because } => Kvm::Unused { because },
    }
}
