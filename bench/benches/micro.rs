//! Time of single operations by criterion, and their repetition for callgrind.
//!
//! `cargo bench -p tickwire-bench --bench micro [-- NAME]` measures time; `bench/callgrind.sh [NAME]` counts instructions: it
//! runs this program as `micro --repeat NAME COUNT`, which does nothing else.

mod operations;
mod world;

use criterion::{Criterion, Throughput};
use operations::Operation;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = operations::all();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--names"] => all.iter().for_each(|operation| println!("{} {}", operation.name, operation.per_call)),
        ["--repeat", name, count] => repeat(&all, name, count),
        _ => measure(&all),
    }
}

fn measure(all: &[Operation]) {
    let mut criterion = Criterion::default().configure_from_args();
    for operation in all {
        let mut group = criterion.benchmark_group(operation.name);
        group.throughput(Throughput::Elements(u64::from(operation.per_call)));
        let mut run = (operation.prepare)();
        group.bench_function("one", |bencher| bencher.iter(&mut run));
        group.finish();
    }
    criterion.final_summary();
}

/// Whoever counts subtracts a run of one count from one of another, so that preparing is not in it.
fn repeat(all: &[Operation], name: &str, count: &str) {
    let operation = all.iter().find(|operation| operation.name == name).expect("a name that --names tells");
    let count: u32 = count.parse().expect("a count");
    let mut run = (operation.prepare)();
    (0..count).for_each(|_| run());
}
