//! Golden vectors of messages, schema and sessions: `tests/vectors/messages.json`, which the TypeScript tests read too.
//!
//! `TICKWIRE_BLESS=1 cargo test -p tickwire-netcode --test golden` writes the file anew. A change of bytes is a change
//! of the protocol version.

mod game;
mod json;
mod messages;
mod transcript;

use json::Json;
use tickwire_netcode::schema::hash;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/messages.json");

#[test]
fn messages_are_coded_as_the_golden_vectors_say() {
    let schema_bytes = game::schema_bytes();
    let file = Json::Object(vec![
        (
            "schema",
            Json::Object(vec![
                ("hex", Json::hex(&schema_bytes)),
                ("hash", Json::hex(&hash(&schema_bytes).0)),
                ("value", game::schema_json()),
            ]),
        ),
        ("messages", Json::List(messages::rows())),
        ("transcript", transcript::transcript()),
    ]);
    let mut text = String::new();
    file.write(0, &mut text);
    text.push('\n');
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(PATH).parent().unwrap()).unwrap();
        std::fs::write(PATH, &text).unwrap();
    }
    let golden = std::fs::read_to_string(PATH).unwrap();
    for (number, (line, want)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(line, want, "line {} of messages.json", number + 1);
    }
    assert_eq!(text.len(), golden.len(), "messages.json has more or fewer lines");
}
