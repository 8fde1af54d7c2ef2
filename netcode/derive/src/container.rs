//! The type that a macro stands on: which shapes each macro takes, and the container's attributes.

use crate::field::{DeclaredField, checked_name};
use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Ident, LitStr, Path, Result, parse_quote};

/// Which macro it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Class,
    Input,
    Event,
    Command,
}

/// A record's name and fields.
pub(crate) struct DeclaredRecord {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) fields: Vec<DeclaredField>,
}

/// What the type is to the schema.
pub(crate) enum Shape {
    /// One record.
    Struct(DeclaredRecord),
    /// A record per variant.
    Choice(Vec<DeclaredRecord>),
    /// A field type: the variants and their names.
    Value(Vec<(Ident, String)>),
}

/// A type that a macro stands on.
pub(crate) struct Container {
    pub(crate) ident: Ident,
    pub(crate) role: Role,
    /// The path of `netcode::schema`.
    pub(crate) krate: Path,
    pub(crate) shape: Shape,
}

impl Container {
    pub(crate) fn parse(input: &DeriveInput, role: Role) -> Result<Self> {
        if !input.generics.params.is_empty() {
            let message = "a replicated type has no generics or lifetimes: its record must be one for all; write a struct for each";
            return Err(Error::new(input.generics.span(), message));
        }
        let krate = parse_crate(input)?;
        let ident = input.ident.clone();
        let record = |ident: &Ident, fields: &Fields| record(ident, fields, role, &krate);
        let shape = match (&input.data, role) {
            (Data::Struct(data), _) => Shape::Struct(record(&ident, &data.fields)?),
            (Data::Enum(data), Role::Class) => Shape::Value(value(&ident, data)?),
            (Data::Enum(_), Role::Input) => {
                let message =
                    "an input is a struct: one value for each thing that a player can hold or press";
                return Err(Error::new(ident.span(), message));
            }
            (Data::Enum(data), Role::Event | Role::Command) if data.variants.is_empty() => {
                return Err(Error::new(ident.span(), "an enum without variants: use `()` for none"));
            }
            (Data::Enum(data), Role::Event | Role::Command) => {
                let records = data.variants.iter().map(|variant| record(&variant.ident, &variant.fields));
                Shape::Choice(records.collect::<Result<_>>()?)
            }
            (Data::Union(_), _) => {
                return Err(Error::new(ident.span(), "a union cannot be replicated: use a struct"));
            }
        };
        Ok(Self { ident, role, krate, shape })
    }
}

pub(crate) fn parse_crate(input: &DeriveInput) -> Result<Path> {
    let mut krate: Path = parse_quote!(::tickwire::netcode);
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("rep")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(
                    meta.error("on a type, rep knows `crate = path`; the other attributes go on fields")
                );
            }
            krate = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        })?;
    }
    Ok(parse_quote!(#krate::schema))
}

fn record(ident: &Ident, fields: &Fields, role: Role, krate: &Path) -> Result<DeclaredRecord> {
    let mut fields: Vec<DeclaredField> = match fields {
        Fields::Named(fields) => {
            fields.named.iter().map(|field| DeclaredField::parse(field, role, krate)).collect()
        }
        Fields::Unit => Ok(Vec::new()),
        Fields::Unnamed(fields) => {
            Err(Error::new(fields.span(), "fields need names, clients see them: write { name: Type }"))
        }
    }?;
    relate(&mut fields, krate)?;
    Ok(DeclaredRecord { ident: ident.clone(), name: checked_name(ident)?, fields })
}

/// Turns the names of other fields into their indices.
fn relate(fields: &mut [DeclaredField], krate: &Path) -> Result<()> {
    let idents: Vec<(Ident, bool)> = fields.iter().map(|field| (field.ident.clone(), field.edge)).collect();
    let index_of = |name: &Option<LitStr>, own: &Ident, no_edges: bool, wanted: &str| {
        let Some(name) = name else { return Ok(quote!(::core::option::Option::None)) };
        let fits =
            |(ident, edge): &(Ident, bool)| *ident == name.value() && ident != own && !(no_edges && *edge);
        let index = idents.iter().position(fits).ok_or_else(|| Error::new(name.span(), wanted))? as u8;
        Result::Ok(quote!(::core::option::Option::Some(#index)))
    };
    for field in fields {
        let companion = "`with` names another field of this struct that is not an edge";
        let edge_with = index_of(&field.with, &field.ident, true, companion)?;
        let place = "`velocity_of` names another field of this struct";
        let velocity_of = index_of(&field.velocity_of, &field.ident, false, place)?;
        let declared = &field.declared;
        field.declared = quote! {
            #krate::Declared { edge_with: #edge_with, velocity_of: #velocity_of, ..#declared }
        };
    }
    Ok(())
}

fn value(ident: &Ident, data: &DataEnum) -> Result<Vec<(Ident, String)>> {
    let count = data.variants.len();
    if !(1..=256).contains(&count) {
        return Err(Error::new(ident.span(), format!("an enum of {count} variants: use 1 to 256")));
    }
    let named = |variant: &syn::Variant| match variant.fields {
        Fields::Unit => Ok((variant.ident.clone(), checked_name(&variant.ident)?)),
        _ => Err(Error::new(
            variant.fields.span(),
            "a replicated enum has no fields: move them to the struct, or derive Event or Command instead",
        )),
    };
    data.variants.iter().map(named).collect()
}

/// Where generated names come from: they must not meet the user's.
pub(crate) fn mixed(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
