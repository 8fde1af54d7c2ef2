//! Golden vectors of the bit streams, fields and updates: generated here, compared with `tests/vectors/*.json`, and read
//! by the TypeScript tests. `TICKWIRE_BLESS=1` writes the files anew; README.md beside them describes the format.
//!
//! Bytes that change need a new version of the protocol.

mod bits;
mod deltas;
mod fields;
mod json;
mod slots;

use std::path::Path;

/// Compares generated text with the file, or writes it.
#[track_caller]
fn check(file: &str, content: &json::Json) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    let text = format!("{content}\n");
    if std::env::var_os("TICKWIRE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).expect("the vectors can be written");
        return;
    }
    let golden = std::fs::read_to_string(&path).expect("the vectors are in tests/vectors");
    for (number, (golden, generated)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(golden, generated, "{file} line {}: the wire has changed", number + 1);
    }
    assert_eq!(golden, text, "{file}: the wire has changed");
}

/// The same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn u32(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.u32()) * u64::from(bound)) >> 32) as u32
    }
}
