//! Runs a static program with a file in a fresh machine:
//!
//! `cargo run -p microvm --example run -- IMAGE MODULES AGENT PROGRAM [ARGUMENT…]`

use std::{env, error::Error, fs, io::Write, time::Duration};

use microvm::Blueprint;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [kernel, modules, agent, program, arguments @ ..] = &words[..] else {
        return Err("usage: run IMAGE MODULES AGENT PROGRAM [ARGUMENT…]".into());
    };
    let blueprint = Blueprint {
        label: "example".into(),
        kernel: kernel.into(),
        modules: Some(modules.into()),
        agent: agent.into(),
        memory_mib: 256,
        cache: env::temp_dir().join("microvm-example"),
    };
    // Boots and saves the machine the first time; finds it the next.
    let template = blueprint.template(&mut |progress| eprintln!("{progress:?}"))?;
    let mut machine = template.restore()?;
    let release = machine.ready(Duration::from_secs(10))?;
    let name = format!("/work/{}", program.rsplit('/').next().unwrap_or("program"));
    machine.put(&name, 0o755, fs::read(program)?)?;
    machine.put("/work/greeting", 0o644, format!("Hello from Linux {release}\n").into_bytes())?;
    let argv: Vec<&str> =
        [name.as_str()].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let output = machine.run(&argv, &[("LANG", "C")], Duration::from_secs(10))?;
    std::io::stdout().write_all(&output.stdout)?;
    std::io::stderr().write_all(&output.stderr)?;
    println!("It ended with {}.", output.status);
    Ok(())
}
