//! The page, compiled into the program: the files of `web/`.
//!
//! Invariant: every file of `web/` is in the table; a test compares it with the directory.

/// Request paths and contents.
pub(crate) static FILES: [(&str, &[u8]); 11] = [
    ("/index.html", include_bytes!("../web/index.html")),
    ("/style.css", include_bytes!("../web/style.css")),
    ("/main.js", include_bytes!("../web/main.js")),
    ("/camera.js", include_bytes!("../web/camera.js")),
    ("/effects.js", include_bytes!("../web/effects.js")),
    ("/hud.js", include_bytes!("../web/hud.js")),
    ("/input.js", include_bytes!("../web/input.js")),
    ("/link.js", include_bytes!("../web/link.js")),
    ("/palette.js", include_bytes!("../web/palette.js")),
    ("/renderer.js", include_bytes!("../web/renderer.js")),
    ("/view.js", include_bytes!("../web/view.js")),
];
