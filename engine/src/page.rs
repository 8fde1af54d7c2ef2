//! `Page`: the files a server hands to browsers, compiled in or read from a directory.
//!
//! Owns which request path names which file. Does not own the HTTP around it (`net/http.rs`). Invariant: nothing
//! outside the table or the directory is ever read, whatever the path says.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::net::http::Response;
use crate::net::limits::PAGE_FILE_BYTES_MAX;

/// Files for browsers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Page {
    source: Arc<Source>,
}

#[derive(Debug)]
enum Source {
    Embedded(Vec<Asset>),
    /// Canonical.
    Directory(PathBuf),
}

#[derive(Debug)]
struct Asset {
    path: &'static str,
    bytes: &'static [u8],
    etag: String,
}

impl Page {
    /// Files compiled into the program, as pairs of path (`/index.html`) and content (`include_bytes!`).
    pub fn embedded(files: &'static [(&'static str, &'static [u8])]) -> Self {
        let asset = |&(path, bytes): &(&'static str, &'static [u8])| Asset { path, bytes, etag: etag(bytes) };
        Self { source: Arc::new(Source::Embedded(files.iter().map(asset).collect())) }
    }

    /// Files of a directory, read anew at each request so that edits show on reload. For development: the I/O thread
    /// waits for the disk.
    ///
    /// # Errors
    /// When `root` is missing or no directory, or has no `index.html`.
    pub fn directory(root: impl AsRef<Path>) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        if !root.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        if !root.join("index.html").is_file() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it has no index.html"));
        }
        Ok(Self { source: Arc::new(Source::Directory(root)) })
    }

    /// The answer to a GET of `path` (which starts with `/`), if there is such a file.
    ///
    /// A path that ends with `/` names its `index.html`. Percent-encoded names are not decoded.
    pub fn serve(&self, path: &str, if_none_match: Option<&[u8]>) -> Option<Response> {
        let index;
        let path = if path.ends_with('/') {
            index = format!("{path}index.html");
            &index
        } else {
            path
        };
        let content_type = content_type(path);
        match &*self.source {
            Source::Embedded(assets) => {
                let asset = assets.iter().find(|asset| asset.path == path)?;
                Some(answer(content_type, asset.etag.clone(), if_none_match, || {
                    Response::new(200, content_type, asset.bytes)
                }))
            }
            Source::Directory(root) => {
                let bytes = read_below(root, path)?;
                let etag = etag(&bytes);
                Some(answer(content_type, etag, if_none_match, || Response::new(200, content_type, bytes)))
            }
        }
    }
}

fn answer(
    content_type: &'static str,
    etag: String,
    if_none_match: Option<&[u8]>,
    whole: impl FnOnce() -> Response,
) -> Response {
    if if_none_match.is_some_and(|list| matches_etag(list, &etag)) {
        Response::new(304, content_type, &b""[..]).with_etag(etag)
    } else {
        whole().with_etag(etag)
    }
}

/// RFC 9110 section 13.1.2, weak comparison.
fn matches_etag(list: &[u8], etag: &str) -> bool {
    list.split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|item| item == b"*" || item.strip_prefix(b"W/").unwrap_or(item) == etag.as_bytes())
}

/// The file `path` names below `root`; `None` for everything else. Checks in order: each segment, links, kind, size.
fn read_below(root: &Path, path: &str) -> Option<Vec<u8>> {
    let mut file = root.to_path_buf();
    for segment in path.strip_prefix('/')?.split('/') {
        // A leading dot covers `.`, `..` and hidden files; the others are separators and drives elsewhere.
        if segment.is_empty() || segment.starts_with('.') || segment.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(segment);
    }
    // Links may point around inside the directory, not out of it.
    let file = fs::canonicalize(file).ok()?;
    let size = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?.len();
    if !file.starts_with(root) || size > PAGE_FILE_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    File::open(file).ok()?.take(PAGE_FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// FNV-1a, 64 bits: tells versions of one file apart, protects against nothing.
fn etag(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::Page;

    /// A directory of its own below the system's temporary one, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("tickwire-page-{}-{name}", std::process::id()));
            fs::create_dir_all(path.join("web/sub")).expect("a writable temporary directory");
            fs::write(path.join("web/index.html"), "top").expect("write");
            fs::write(path.join("web/sub/index.html"), "below").expect("write");
            fs::write(path.join("web/.env"), "hidden").expect("write");
            fs::write(path.join("secret"), "secret").expect("write");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_directory_serves_its_files_and_nothing_else() {
        let scratch = Scratch::new("files");
        let page = Page::directory(scratch.0.join("web")).expect("a directory");
        for (path, want) in [
            ("/", Some("top")),
            ("/index.html", Some("top")),
            ("/sub/", Some("below")),
            ("/sub/index.html", Some("below")),
            ("/sub", None),
            ("/../secret", None),
            ("/sub/../../secret", None),
            ("/./index.html", None),
            ("//index.html", None),
            ("/.env", None),
            ("/..\\secret", None),
            ("/%2e%2e/secret", None),
            ("/index.html\0", None),
            ("index.html", None),
        ] {
            let got = page.serve(path, None);
            assert_eq!(got.as_ref().map(|r| r.body()), want.map(str::as_bytes), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_directory_are_not_followed() {
        let scratch = Scratch::new("links");
        let web = scratch.0.join("web");
        std::os::unix::fs::symlink(scratch.0.join("secret"), web.join("out.txt")).expect("link");
        std::os::unix::fs::symlink(web.join("index.html"), web.join("in.html")).expect("link");
        let page = Page::directory(&web).expect("a directory");
        assert!(page.serve("/out.txt", None).is_none());
        assert_eq!(page.serve("/in.html", None).expect("inside").body(), b"top");
    }

    #[test]
    fn edits_show_at_the_next_request() {
        let scratch = Scratch::new("edits");
        let page = Page::directory(scratch.0.join("web")).expect("a directory");
        let before = page.serve("/", None).expect("served");
        fs::write(scratch.0.join("web/index.html"), "new").expect("write");
        let after = page.serve("/", None).expect("served");
        assert_ne!(before, after);
        assert_eq!(after.body(), b"new");
    }

    #[test]
    fn a_missing_directory_is_an_error_at_start() {
        assert!(Page::directory("/nonexistent/surely").is_err());
    }

    #[test]
    fn a_directory_without_an_index_is_an_error_at_start() {
        let scratch = Scratch::new("bare");
        let error = Page::directory(&scratch.0).expect_err("no index").to_string();
        assert_eq!(error, "it has no index.html");
        assert!(Page::directory(scratch.0.join("web/index.html")).is_err(), "a file is no directory");
    }
}
