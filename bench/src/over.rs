//! `Over`: the flags of a scenario that runs another one, beside the flags of that one.

/// `search` or `slow` over `arena`, `echo` or `fanout`.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Over<O: clap::Args, S: clap::Args> {
    #[command(flatten)]
    pub(crate) own: O,

    #[command(flatten)]
    pub(crate) scenario: S,
}
