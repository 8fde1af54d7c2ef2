//! Derive macros of `tickwire-netcode`: `Replicate`, `Input`, `Event`, `Command`.
//!
//! They turn a type and its `#[rep(...)]` attributes into the traits of `netcode::schema`. All they emit is a table of
//! declared fields and one line per field; what the table means is netcode's. Every misuse is a compile error at the
//! attribute or field, which says what to write.
//!
//! The attributes are listed at each macro.

mod attributes;
mod container;
mod emit;
mod field;
mod stub;

use container::Role;
use proc_macro::TokenStream;

/// A class of entities (a struct with named fields), or a field type (an enum without fields).
///
/// A field is a `bool`, an integer of at most 32 bits, `f32`, `Vec2`, `Vec3`, `Quat`, `String`, `EntityId`, `PlayerId`, or an enum
/// without fields that derives `Replicate` itself. `f32`, `Vec2` and `Vec3` need a range and a step (or bits, or `angle`), the
/// others nothing. Attributes, as `#[rep(...)]` on a field:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `range = a..b`, `step = s` | `f32`, `Vec2`, `Vec3` | values from a to b, both included, in steps of s |
/// | `range = a..b`, `bits = n` | `f32`, `Vec2`, `Vec3` | 2^n values from a to b, both included |
/// | `range = a..b` or `a..=b` | integers | as in Rust: `..` leaves b out, `..=` does not; without it, the whole type |
/// | `angle`, `bits = n` | `f32` | radians that wrap, in 2^n steps; n is 1 to 24, without it 12 |
/// | `bits = n` | `Quat` | a rotation by three components of n bits; n is 4 to 20, without it 10 |
/// | `max = n` | `String` | at most n bytes, 1 to 255; without it 32 |
/// | `owner` | any | only the player that owns the entity sees it: show it with `Scene::put_owned` |
/// | `owner, exact` | `f32`, `Vec2`, `Vec3`, `Quat` | everyone sees it quantized, its owner as it is, bit for bit |
/// | `velocity_of = "pos"` | `f32`, `Vec2`, `Vec3` | it is the change of that field per second; of a `Quat` the angular velocity, a `Vec3` |
/// | `once` | any | it does not change while the entity lives |
/// | `interpolate = "linear"` or `"none"` | numbers | how it is drawn between snapshots; without it, linear for `f32`, `Vec2`, `Vec3` and `Quat` unless `once` |
/// | `snap = d` | numbers | a change above d is drawn at once |
/// | `crate = path` | the type | where `netcode` is, if not at `::tickwire::netcode` |
#[proc_macro_derive(Replicate, attributes(rep))]
pub fn replicate(input: TokenStream) -> TokenStream {
    derive(input, Role::Class)
}

/// The input of one tick: a struct with named fields that is also `Clone`, `Copy` and `Default`.
///
/// Fields have the types that they may have in a class, see `Replicate`. Attributes, as `#[rep(...)]` on a field:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `range = a..b`, `step = s` | `f32`, `Vec2`, `Vec3` | values from a to b, both included, in steps of s |
/// | `range = a..b`, `bits = n` | `f32`, `Vec2`, `Vec3` | 2^n values from a to b, both included |
/// | `range = a..b` or `a..=b` | integers | as in Rust: `..` leaves b out, `..=` does not; without it, the whole type |
/// | `angle`, `bits = n` | `f32` | radians that wrap, in 2^n steps; n is 1 to 24, without it 12 |
/// | `bits = n` | `Quat` | a rotation by three components of n bits; n is 4 to 20, without it 10 |
/// | `max = n` | `String` | at most n bytes, 1 to 255; without it 32 |
/// | `edge` | `bool` | true in the input during which it was pressed |
/// | `edge, with = "aim"` | `bool` | an edge that is applied late brings the value of that field along, for its tick |
/// | `crate = path` | the type | where `netcode` is, if not at `::tickwire::netcode` |
#[proc_macro_derive(Input, attributes(rep))]
pub fn input(input: TokenStream) -> TokenStream {
    derive(input, Role::Input)
}

/// An event, or an enum of events: its variants are records of their own.
///
/// Fields have the types that they may have in a class, see `Replicate`. Attributes, as `#[rep(...)]` on a field:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `range = a..b`, `step = s` | `f32`, `Vec2`, `Vec3` | values from a to b, both included, in steps of s |
/// | `range = a..b`, `bits = n` | `f32`, `Vec2`, `Vec3` | 2^n values from a to b, both included |
/// | `range = a..b` or `a..=b` | integers | as in Rust: `..` leaves b out, `..=` does not; without it, the whole type |
/// | `angle`, `bits = n` | `f32` | radians that wrap, in 2^n steps; n is 1 to 24, without it 12 |
/// | `bits = n` | `Quat` | a rotation by three components of n bits; n is 4 to 20, without it 10 |
/// | `max = n` | `String` | at most n bytes, 1 to 255; without it 32 |
/// | `crate = path` | the type | where `netcode` is, if not at `::tickwire::netcode` |
#[proc_macro_derive(Event, attributes(rep))]
pub fn event(input: TokenStream) -> TokenStream {
    derive(input, Role::Event)
}

/// A command, or an enum of commands: its variants are records of their own.
///
/// Fields have the types that they may have in a class, see `Replicate`. Attributes, as `#[rep(...)]` on a field:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `range = a..b`, `step = s` | `f32`, `Vec2`, `Vec3` | values from a to b, both included, in steps of s |
/// | `range = a..b`, `bits = n` | `f32`, `Vec2`, `Vec3` | 2^n values from a to b, both included |
/// | `range = a..b` or `a..=b` | integers | as in Rust: `..` leaves b out, `..=` does not; without it, the whole type |
/// | `angle`, `bits = n` | `f32` | radians that wrap, in 2^n steps; n is 1 to 24, without it 12 |
/// | `bits = n` | `Quat` | a rotation by three components of n bits; n is 4 to 20, without it 10 |
/// | `max = n` | `String` | at most n bytes, 1 to 255; without it 32 |
/// | `crate = path` | the type | where `netcode` is, if not at `::tickwire::netcode` |
#[proc_macro_derive(Command, attributes(rep))]
pub fn command(input: TokenStream) -> TokenStream {
    derive(input, Role::Command)
}

fn derive(input: TokenStream, role: Role) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    let code = match container::Container::parse(&input, role) {
        Ok(container) => emit::emit(&container),
        Err(error) => {
            let (error, stub) = (error.into_compile_error(), stub::stub(&input, role));
            quote::quote!(#error #stub)
        }
    };
    code.into()
}
