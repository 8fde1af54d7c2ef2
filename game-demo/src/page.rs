//! The page, compiled into the program: the files of `web/`.
//!
//! Invariant: every file of `web/` is in the table; a test compares it with the directory.

/// Request paths and contents.
pub(crate) static FILES: [(&str, &[u8]); 28] = [
    ("/index.html", include_bytes!("../web/index.html")),
    ("/arsenal.js", include_bytes!("../web/arsenal.js")),
    ("/assist.js", include_bytes!("../web/assist.js")),
    ("/attract.js", include_bytes!("../web/attract.js")),
    ("/camera.js", include_bytes!("../web/camera.js")),
    ("/chat.js", include_bytes!("../web/chat.js")),
    ("/effects.js", include_bytes!("../web/effects.js")),
    ("/glow.js", include_bytes!("../web/glow.js")),
    ("/ground.js", include_bytes!("../web/ground.js")),
    ("/hud.css", include_bytes!("../web/hud.css")),
    ("/hud.js", include_bytes!("../web/hud.js")),
    ("/input.js", include_bytes!("../web/input.js")),
    ("/link.js", include_bytes!("../web/link.js")),
    ("/lobby.js", include_bytes!("../web/lobby.js")),
    ("/main.js", include_bytes!("../web/main.js")),
    ("/menu.css", include_bytes!("../web/menu.css")),
    ("/minimap.js", include_bytes!("../web/minimap.js")),
    ("/palette.js", include_bytes!("../web/palette.js")),
    ("/probe.js", include_bytes!("../web/probe.js")),
    ("/renderer.js", include_bytes!("../web/renderer.js")),
    ("/scoreboard.js", include_bytes!("../web/scoreboard.js")),
    ("/ships.js", include_bytes!("../web/ships.js")),
    ("/sound.js", include_bytes!("../web/sound.js")),
    ("/spectator.js", include_bytes!("../web/spectator.js")),
    ("/style.css", include_bytes!("../web/style.css")),
    ("/touch.css", include_bytes!("../web/touch.css")),
    ("/touch.js", include_bytes!("../web/touch.js")),
    ("/view.js", include_bytes!("../web/view.js")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::FILES;

    #[test]
    fn every_file_of_the_page_is_embedded() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/web");
        let entries = fs::read_dir(directory).expect("web/ is readable");
        let on_disk: BTreeSet<_> = entries
            .map(|entry| format!("/{}", entry.expect("an entry").file_name().to_string_lossy()))
            .collect();
        let embedded: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(on_disk, embedded);
    }
}
