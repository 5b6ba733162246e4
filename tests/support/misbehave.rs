//! A lab that misbehaves, in the way that its last argument names.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

fn main() {
    let how = std::env::args().next_back().unwrap_or_default();
    let before_last = || std::env::args().rev().nth(1).unwrap_or_default();
    let say = |text: &[u8]| {
        let _ = std::io::stdout().write_all(text);
        let _ = std::io::stdout().flush();
    };
    let mark = |stage: &str| eprintln!("@{stage}");
    match how.as_str() {
        // Hangs before it opens anything, and after it was attached.
        "hang-open" => forever(),
        "hang-observe" => {
            ["open", "load", "attach", "observe"].into_iter().for_each(mark);
            say(b"attached\n");
            forever();
        }
        // Leaves a child behind that keeps its streams open.
        "forgotten-child" => {
            let this = std::env::current_exe().expect("/proc is there");
            #[expect(clippy::zombie_processes, reason = "it is to be forgotten")]
            std::process::Command::new(this).arg("hang-open").spawn().expect("a child starts");
        }
        // Prints 100 MB.
        "flood" => (0..1000).for_each(|_| say(&[b"all work and no play\n".repeat(5000)].concat())),
        // Prints bytes that are no text, and what would clear a terminal.
        "binary" => {
            ["open", "load", "attach", "observe"].into_iter().for_each(mark);
            say(b"caf\xe9 \x1b[2J\n\n\n");
        }
        "crash" => std::process::abort(),
        // Prints its last argument but one, and that is all.
        "print" => say(before_last().as_bytes()),
        // The same, and makes the kernel warn: it has not as much memory as this asks for at once.
        "warn" if Path::new("/sys/class/virtio-ports").is_dir() => {
            let _ = std::fs::write("/proc/irq/default_smp_affinity", vec![0; 8 << 20]);
            say(before_last().as_bytes());
        }
        // Takes the kernel down: only in a micro-VM of ours.
        "panic" if Path::new("/sys/class/virtio-ports").is_dir() && Path::new("/init").exists() => {
            std::fs::write("/proc/sysrq-trigger", "c").expect("the machine crashes");
        }
        other => eprintln!("error: cannot misbehave like `{other}`"),
    }
}

fn forever() {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}
