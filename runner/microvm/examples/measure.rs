//! scratch
use microvm::{Accelerator, Blueprint};
use std::time::{Duration, Instant};
use std::{env, fs};
fn median(v: &mut Vec<f64>) -> f64 {
    v.sort_by(f64::total_cmp);
    v[v.len() / 2]
}
fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let n: usize = words[2].parse().unwrap();
    for series in words[1].split(',') {
        let kernels = env::home_dir().unwrap().join(".cache/labrunner/kernels").join(series);
        let mut bp = Blueprint {
            label: series.into(),
            kernel: kernels.join("vmlinuz"),
            modules: Some(kernels.join("modules")),
            agent: words[0].clone().into(),
            memory_mib: 256,
            cache: env::temp_dir().join("measure"),
        };
        if words[3] == "race" || words[3] == "boot" {
            let (mut total, mut boot, mut save, mut size) = (vec![], vec![], vec![], 0);
            for _ in 0..n {
                let _ = fs::remove_dir_all(&bp.cache);
                let s = Instant::now();
                let t = if words[3] == "race" {
                    bp.template(&mut |_| ())
                } else {
                    bp.template_on(Accelerator::Tcg, &mut |_| ())
                }
                .unwrap();
                total.push(s.elapsed().as_secs_f64());
                let m = t.made().unwrap();
                boot.push(m.boot.as_secs_f64());
                save.push(m.save.as_secs_f64());
                size = t.file().size();
                if !m.warnings.is_empty() {
                    println!("{:?}", m.warnings);
                }
            }
            println!(
                "{series} {} n={n}: total {:.2} boot {:.2} save {:.2} size {:.1} MB",
                words[3],
                median(&mut total),
                median(&mut boot),
                median(&mut save),
                size as f64 / 1e6
            );
        } else {
            bp.cache = env::temp_dir().join("measure-keep");
            let t = bp.template_on(Accelerator::Tcg, &mut |_| ()).unwrap();
            let (mut start, mut ready, mut answer, mut pss, mut rss, mut drops) =
                (vec![], vec![], vec![], vec![], vec![], vec![]);
            for _ in 0..n {
                let s = Instant::now();
                let mut m = t.restore().unwrap();
                start.push(s.elapsed().as_secs_f64());
                m.ready(Duration::from_secs(10)).unwrap();
                ready.push(s.elapsed().as_secs_f64());
                let id = m.spawn(&["/nothing"], &[]).unwrap();
                while let Some(e) = m.next_event(Duration::from_secs(5)).unwrap() {
                    if matches!(e, microvm::Event::Failed { id: Some(i), .. } if i == id) {
                        break;
                    }
                }
                answer.push(s.elapsed().as_secs_f64());
                let me = std::process::id();
                for p in fs::read_dir("/proc").unwrap().flatten() {
                    let Ok(stat) = fs::read_to_string(p.path().join("stat")) else { continue };
                    let f: Vec<&str> =
                        stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
                    if f[1] == me.to_string() {
                        let roll = fs::read_to_string(p.path().join("smaps_rollup")).unwrap();
                        let get = |k: &str| {
                            roll.lines()
                                .find(|l| l.starts_with(k))
                                .unwrap()
                                .split_whitespace()
                                .nth(1)
                                .unwrap()
                                .parse::<f64>()
                                .unwrap()
                                / 1024.0
                        };
                        pss.push(get("Pss:"));
                        rss.push(get("Rss:"));
                    }
                }
                let s = Instant::now();
                drop(m);
                drops.push(s.elapsed().as_secs_f64());
            }
            println!(
                "{series} restore n={n}: spawned {:.3} ready {:.3} max {:.3} +request {:.3} drop {:.3} Pss {:.0} MiB Rss {:.0} MiB size {:.1} MB",
                median(&mut start),
                median(&mut ready),
                ready[n - 1],
                median(&mut answer),
                median(&mut drops),
                median(&mut pss),
                median(&mut rss),
                t.file().size() as f64 / 1e6
            );
        }
    }
}
