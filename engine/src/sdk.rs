//! The TypeScript SDK as pages load it, compiled into the server: `/sdk/index.js` and the modules it imports.
//!
//! The one table of these files. They are the committed output of the SDK's own build (`clients/typescript/dist`), with the
//! source maps that a browser's debugger asks for. Invariant: every module of that directory is in the table, see the test.

use crate::page::Page;

macro_rules! modules {
    ($($name:literal)*) => {
        /// Request path and content of each file.
        const FILES: &[(&str, &[u8])] = &[$(
            (
                concat!("/sdk/", $name, ".js"),
                include_bytes!(concat!("../../clients/typescript/dist/", $name, ".js")),
            ),
            (
                concat!("/sdk/", $name, ".js.map"),
                include_bytes!(concat!("../../clients/typescript/dist/", $name, ".js.map")),
            ),
        )*];
    };
}

modules!(
    "bincode" "bits" "close" "connect" "entity-table" "error" "hash" "held-slot" "index" "input-clock" "interpolation"
    "layout" "limits" "messages" "meter" "render-clock" "room" "rotation" "rtt" "schema" "session" "socket" "world"
);

/// The SDK's files.
pub(crate) fn page() -> Page {
    Page::embedded(FILES)
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_module_of_the_sdk_is_served() {
        let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/typescript/dist");
        let mut files: Vec<String> = std::fs::read_dir(dist)
            .expect("the SDK's output is committed")
            .map(|entry| {
                entry.expect("a readable directory").file_name().into_string().expect("an ASCII name")
            })
            .filter(|name| name.ends_with(".js") || name.ends_with(".js.map"))
            .map(|name| format!("/sdk/{name}"))
            .collect();
        files.sort();
        let mut served: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        served.sort_unstable();
        assert_eq!(served, files, "add or remove the module in this file's table");
    }
}
