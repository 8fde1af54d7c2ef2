//! The variable that says which tools must be here.

use tickwire_tests::tools::{REQUIRE, Required};

#[test]
fn the_tools_that_the_environment_requires_are_known_words() {
    let value = std::env::var(REQUIRE).ok();
    if let Err(unknown) = Required::parse(value.as_deref()) {
        panic!("{unknown}");
    }
}
