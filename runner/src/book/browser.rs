//! Opens a page in the learner's browser.

use std::io::IsTerminal;

/// Opens the address, where somebody is there to see it; whether a browser took it.
pub fn open(address: &str) -> bool {
    is_there() && open::that_detached(address).is_ok()
}

/// A person at a terminal, and a display. Without a display, the programs that open pages may start a
/// browser in the terminal itself, over what is running there.
fn is_there() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let display = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(is_set);
    std::io::stdout().is_terminal() && display
}
