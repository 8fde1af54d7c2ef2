//! Derive macros of `tickwire-netcode`: `Replicate`, `Input`, `Event`, `Command`.
//!
//! They turn a type and its `#[rep(...)]` attributes into the traits of `netcode::schema`. All they emit is a table of
//! declared fields and one line per field; what the table means is netcode's. Every misuse is a compile error at the
//! attribute or field, which says what to write.
//!
//! | attribute | on | meaning |
//! |---|---|---|
//! | `range = a..b`, `step = s` | `f32`, `Vec2`, `Vec3` | values from a to b, both included, in steps of s |
//! | `range = a..b`, `bits = n` | `f32`, `Vec2`, `Vec3` | 2^n values from a to b, both included |
//! | `range = a..b` or `a..=b` | integers | as in Rust: `..` leaves b out, `..=` does not; without it, the whole type |
//! | `angle`, `bits = n` | `f32` | radians that wrap, in 2^n steps; n is 1 to 24, without it 12 |
//! | `bits = n` | `Quat` | a rotation by three components of n bits; n is 4 to 20, without it 10 |
//! | `max = n` | `String` | at most n bytes, 1 to 255; without it 32 |
//! | `owner` | fields of classes | only the player that owns the entity sees it |
//! | `owner, exact` | `f32`, `Vec2`, `Vec3`, `Quat` of classes | everyone sees it quantized, its owner as it is, bit for bit |
//! | `velocity_of = "pos"` | `f32`, `Vec2`, `Vec3` of classes | it is the change of that field per second; of a `Quat` the angular velocity, a `Vec3` |
//! | `once` | fields of classes | it does not change while the entity lives |
//! | `edge` | `bool` of inputs | true in the input during which it was pressed |
//! | `edge, with = "aim"` | `bool` of inputs | an edge that is applied late brings the value of that field along, for its tick |
//! | `interpolate = "linear"` or `"none"` | numbers of classes | how it is drawn between snapshots; without it, linear for `f32`, `Vec2`, `Vec3` and `Quat` unless `once` |
//! | `snap = d` | numbers of classes | a change above d is drawn at once |
//! | `crate = path` | the type | where `netcode` is, if not at `::tickwire::netcode` |

mod attributes;
mod container;
mod emit;
mod field;

use container::Role;
use proc_macro::TokenStream;

/// A class of entities (a struct with named fields), or a field type (an enum without fields).
#[proc_macro_derive(Replicate, attributes(rep))]
pub fn replicate(input: TokenStream) -> TokenStream {
    derive(input, Role::Class)
}

/// The input of one tick: a struct with named fields that is also `Clone`, `Copy` and `Default`.
#[proc_macro_derive(Input, attributes(rep))]
pub fn input(input: TokenStream) -> TokenStream {
    derive(input, Role::Input)
}

/// An event, or an enum of events: its variants are records of their own.
#[proc_macro_derive(Event, attributes(rep))]
pub fn event(input: TokenStream) -> TokenStream {
    derive(input, Role::Event)
}

/// A command, or an enum of commands: its variants are records of their own.
#[proc_macro_derive(Command, attributes(rep))]
pub fn command(input: TokenStream) -> TokenStream {
    derive(input, Role::Command)
}

fn derive(input: TokenStream, role: Role) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    container::Container::parse(&input, role)
        .map(|container| emit::emit(&container))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
