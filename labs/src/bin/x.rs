//! x
fn main(){ println!("{}", libbpf_rs::num_possible_cpus().unwrap()); let _=libbpf_rs::ObjectBuilder::default().open_file("/x"); }
