//! scratch
use std::{env, fs, time::Duration};
use microvm::{Accelerator, Blueprint};
fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let kernels = env::home_dir().unwrap().join(".cache/labrunner/kernels").join(&words[1]);
    let bp = Blueprint { label: words[1].clone(), kernel: kernels.join("vmlinuz"), modules: Some(kernels.join("modules")), agent: words[0].clone().into(), memory_mib: 256, cache: env::temp_dir().join("measure-keep") };
    let mut m = bp.template_on(Accelerator::Tcg, &mut |_| ()).unwrap().restore().unwrap();
    m.ready(Duration::from_secs(10)).unwrap();
    m.put("/busybox", 0o755, fs::read("/bin/busybox").unwrap()).unwrap();
    for w in &words[2..] {
        let o = m.run(&["/busybox", "sh", "-c", w], &[], Duration::from_secs(20));
        println!("{w}: {:?}", o.map(|o| (o.status, String::from_utf8_lossy(&o.stdout).into_owned() + &String::from_utf8_lossy(&o.stderr))));
        println!("--- {:?}\n{}", m.trouble().map(|t| t.line), m.console());
    }
}
