//! Names that bots go by.

/// In the order in which they are given out; the twenty-fifth bot is "Altair 2".
const NAMES: [&str; 24] = [
    "Altair",
    "Vega",
    "Rigel",
    "Mira",
    "Sirius",
    "Castor",
    "Lyra",
    "Orion",
    "Antares",
    "Deneb",
    "Pollux",
    "Nova",
    "Spica",
    "Atlas",
    "Electra",
    "Hadar",
    "Maia",
    "Procyon",
    "Bellatrix",
    "Arcturus",
    "Capella",
    "Regulus",
    "Thuban",
    "Alcor",
];

/// The name of the bot with this index.
fn name(index: u32) -> String {
    let count = NAMES.len() as u32;
    let base = NAMES[(index % count) as usize];
    if index < count { base.to_owned() } else { format!("{base} {}", index / count + 1) }
}

/// The first name that is not among `taken`.
pub(crate) fn free<'a>(taken: &(impl Iterator<Item = &'a str> + Clone)) -> String {
    (0..).map(name).find(|name| taken.clone().all(|other| other != name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::free;

    #[test]
    fn names_are_given_in_order_and_never_twice() {
        let mut taken: Vec<String> = Vec::new();
        for _ in 0..60 {
            let next = free(&taken.iter().map(String::as_str));
            assert!(!taken.contains(&next), "{next}");
            taken.push(next);
        }
        assert_eq!(
            (taken[0].as_str(), taken[24].as_str(), taken[48].as_str()),
            ("Altair", "Altair 2", "Altair 3")
        );
        taken.remove(3);
        assert_eq!(free(&taken.iter().map(String::as_str)), "Mira");
    }
}
