//! Derive macros.
use proc_macro::TokenStream;
/// x
#[proc_macro_derive(Replicate, attributes(rep))]
pub fn replicate(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// x
#[proc_macro_derive(Input, attributes(rep))]
pub fn input(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// x
#[proc_macro_derive(Event, attributes(rep))]
pub fn event(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// x
#[proc_macro_derive(Command, attributes(rep))]
pub fn command(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
