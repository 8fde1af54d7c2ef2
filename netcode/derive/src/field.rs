//! One field: which of its attributes fit its type and place, and the `Declared` expression they make.

use crate::attributes::{Attributes, Range};
use crate::container::Role;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, LitStr, Path, Result, Type};

/// Bits of an angle without `bits`: 0.09 degrees.
const ANGLE_BITS: u32 = 12;
/// Bits of a component of a rotation without `bits`: about a quarter of a degree.
const QUAT_BITS: u32 = 10;
/// Bytes of a text without `max`: a name.
const TEXT_BYTES: u32 = 32;
/// As in netcode's limits: checked here too, so that the error is at the name.
const NAME_BYTES_MAX: usize = 32;

/// A field that makes sense.
pub(crate) struct DeclaredField {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) edge: bool,
    pub(crate) exact: bool,
    /// Of a type that the macro does not know by its name: an enum of the game, an id, or a mistake.
    pub(crate) foreign: bool,
    /// The companion of an edge, and the field whose velocity this is, as written.
    pub(crate) with: Option<LitStr>,
    pub(crate) velocity_of: Option<LitStr>,
    /// An expression of type `Declared`.
    pub(crate) declared: TokenStream,
}

impl DeclaredField {
    /// `krate` is the path of `netcode::schema`.
    pub(crate) fn parse(field: &syn::Field, role: Role, krate: &Path) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "write named fields"))?;
        let name = checked_name(&ident)?;
        if role == Role::Class && (name == "id" || name == "own") {
            let message =
                format!("`{name}` is what clients call an entity's own id or ownership: choose another name");
            return Err(Error::new(ident.span(), message));
        }
        let attributes = Attributes::parse(field)?;
        let ty = field.ty.clone();
        let number = is_number(&ty);

        check_role(&attributes, role)?;
        let coding = coding(&ty, &attributes, krate)?;
        if let Some(span) = attributes.span("edge")
            && type_name(&ty).as_deref() != Some("bool")
        {
            return Err(Error::new(
                span,
                "`edge` is for bool: true in the input during which it was pressed",
            ));
        }
        if !number {
            attributes
                .refuse(&["interpolate", "snap"], "is for numbers: f32, Vec2, Vec3, Quat and integers")?;
        }
        check_relations(&attributes, &ty)?;

        let mut flags = quote!(#krate::Flags::NONE);
        for (attribute, flag) in [("owner", "OWNER"), ("exact", "EXACT"), ("once", "ONCE"), ("edge", "EDGE")]
        {
            if attributes.has(attribute) {
                let flag = Ident::new(flag, Span::call_site());
                flags = quote!(#flags.with(#krate::Flags::#flag));
            }
        }
        let moves = matches!(type_name(&ty).as_deref(), Some("f32" | "Vec2" | "Vec3" | "Quat"));
        let by_default = role == Role::Class && moves && !attributes.has("once");
        let linear = attributes.linear.unwrap_or(by_default);
        let interpolation = if linear { quote!(LINEAR) } else { quote!(NONE) };
        let snap = attributes.snap.as_ref().map_or(quote!(0.0), as_f64);
        let declared = quote! {
            #krate::Declared {
                name: #name,
                coding: #coding,
                flags: #flags,
                interpolation: #krate::Interpolation::#interpolation,
                snap: #snap,
                edge_with: ::core::option::Option::None,
                velocity_of: ::core::option::Option::None,
            }
        };
        let (edge, exact) = (attributes.has("edge"), attributes.has("exact"));
        let Attributes { with, velocity_of, .. } = attributes;
        let foreign = !number && !matches!(type_name(&ty).as_deref(), Some("bool" | "String"));
        Ok(Self { ident, ty, edge, exact, foreign, with, velocity_of, declared })
    }
}

/// The name of a record, field or variant, without `r#`.
pub(crate) fn checked_name(ident: &Ident) -> Result<String> {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    if name.len() > NAME_BYTES_MAX {
        let message = format!("the name has {} bytes on the wire: use at most {NAME_BYTES_MAX}", name.len());
        return Err(Error::new(ident.span(), message));
    }
    Ok(name.into())
}

/// `exact`, `with` and `velocity_of`, as far as the field alone tells.
fn check_relations(attributes: &Attributes, ty: &Type) -> Result<()> {
    let name = type_name(ty);
    if let Some(span) = attributes.span("exact") {
        if !attributes.has("owner") {
            let message = "`exact` goes with `owner`: write #[rep(owner, exact, ...)]; everyone else gets the quantized value";
            return Err(Error::new(span, message));
        }
        if !matches!(name.as_deref(), Some("f32" | "Vec2" | "Vec3" | "Quat")) {
            return Err(Error::new(span, "`exact` is for f32, Vec2, Vec3 and Quat: the others lose nothing"));
        }
    }
    if !attributes.has("edge") {
        attributes.refuse(&["with"], "is for edges: write #[rep(edge, with = \"aim\")]")?;
    }
    if !matches!(name.as_deref(), Some("f32" | "Vec2" | "Vec3")) || attributes.has("angle") {
        attributes.refuse(&["velocity_of"], "is for f32, Vec2 and Vec3 with a range")?;
    }
    Ok(())
}

fn check_role(attributes: &Attributes, role: Role) -> Result<()> {
    if role != Role::Class {
        attributes.refuse(
            &["owner", "exact", "once", "velocity_of"],
            "is for fields of classes: #[derive(Replicate)] on a struct",
        )?;
        attributes
            .refuse(&["interpolate", "snap"], "is for fields of classes: only they are drawn over time")?;
    }
    if role != Role::Input {
        attributes.refuse(&["edge", "with"], "is for fields of inputs: #[derive(Input)]")?;
    }
    Ok(())
}

fn coding(ty: &Type, attributes: &Attributes, krate: &Path) -> Result<TokenStream> {
    let span = attributes.first_span(ty.span());
    let numeric = ["range", "step", "bits", "angle", "max"];
    match type_name(ty).as_deref() {
        Some("f32") if attributes.has("angle") => {
            attributes.refuse(
                &["range", "step", "max"],
                "does not go with `angle`: write #[rep(angle, bits = n)]",
            )?;
            let bits = attributes.bits.as_ref().map_or(quote!(#ANGLE_BITS), |bits| quote!(#bits));
            let krate = placed(krate, span);
            Ok(quote_spanned!(span=> #krate::Coding::angle(#bits)))
        }
        Some("f32") => {
            let axis = axis(ty, attributes, krate, ", or #[rep(angle, bits = n)] for radians")?;
            Ok(quote!(#krate::Coding::Float(#axis)))
        }
        Some("Vec2") => {
            attributes.refuse(&["angle"], "is for f32")?;
            let axis = axis(ty, attributes, krate, "")?;
            Ok(quote!(#krate::Coding::Vec2 { x: #axis, y: #axis }))
        }
        Some("u8" | "i8" | "u16" | "i16" | "u32" | "i32") => {
            let message = "is not for integers: write #[rep(range = a..b)], or nothing for the whole type";
            attributes.refuse(&["step", "bits", "angle", "max"], message)?;
            match &attributes.range {
                Some(range) => Ok(integer(ty, range, span, krate)),
                None => Ok(quote!(#krate::Coding::required(<#ty as #krate::Value>::CODING))),
            }
        }
        Some("String") => {
            let message = "is not for String: write #[rep(max = n)], n bytes of UTF-8";
            attributes.refuse(&["range", "step", "bits", "angle"], message)?;
            let max = attributes.max.as_ref().map_or(quote!(#TEXT_BYTES), |max| quote!(#max));
            let krate = placed(krate, span);
            Ok(quote_spanned!(span=> #krate::Coding::text(#max)))
        }
        Some("f64") => Err(Error::new(ty.span(), "a value has at most 32 bits on the wire: use f32")),
        Some("u64" | "i64" | "u128" | "i128" | "usize" | "isize") => {
            Err(Error::new(ty.span(), "a value has at most 32 bits on the wire: use u32 or i32"))
        }
        Some("Vec3") => {
            attributes.refuse(&["angle"], "is for f32")?;
            let axis = axis(ty, attributes, krate, "")?;
            Ok(quote!(#krate::Coding::Vec3 { x: #axis, y: #axis, z: #axis }))
        }
        Some("Quat") => {
            let message = "is not for Quat: write #[rep(bits = n)], n bits of each of three components";
            attributes.refuse(&["range", "step", "angle", "max"], message)?;
            let bits = attributes.bits.as_ref().map_or(quote!(#QUAT_BITS), |bits| quote!(#bits));
            let krate = placed(krate, span);
            Ok(quote_spanned!(span=> #krate::Coding::quat(#bits)))
        }
        _ => {
            let message = "is for f32, Vec2, Vec3, Quat, integers and String, by their own names; an enum takes its bits from its variants";
            attributes.refuse(&numeric, message)?;
            // Of other types than this one, the table asks the type itself.
            Ok(quote!(#krate::Coding::Flag))
        }
    }
}

fn axis(ty: &Type, attributes: &Attributes, krate: &Path, or: &str) -> Result<TokenStream> {
    let span = attributes.first_span(ty.span());
    attributes.refuse(&["max"], "is for String")?;
    let name = type_name(ty).unwrap_or_default();
    let wanted = |span| {
        let message = format!(
            "{name} needs a range and a step: write #[rep(range = a..b, step = s)] or #[rep(range = a..b, bits = n)]{or}"
        );
        Error::new(span, message)
    };
    let range = attributes.range.as_ref().ok_or_else(|| wanted(span))?;
    let (first, last) = (as_f64(&range.first), as_f64(&range.last));
    let krate = placed(krate, span);
    match (&attributes.step, &attributes.bits) {
        (Some(step), None) => {
            let step = as_f64(step);
            Ok(quote_spanned!(span=> #krate::Axis::over(#first, #last, #step)))
        }
        (None, Some(bits)) => Ok(quote_spanned!(span=> #krate::Axis::with_bits(#first, #last, #bits))),
        (None, None) => Err(wanted(span)),
        (Some(_), Some(_)) => {
            let span = attributes.span("bits").unwrap_or(span);
            Err(Error::new(span, "`step` and `bits` say the same thing twice: write one of them"))
        }
    }
}

fn integer(ty: &Type, range: &Range, span: Span, krate: &Path) -> TokenStream {
    let Range { first, last, inclusive } = range;
    let krate = placed(krate, span);
    let last = if *inclusive { quote!((#last) as i64) } else { quote!((#last) as i64 - 1) };
    quote_spanned! {span=>
        #krate::Coding::integer((#first) as i64, #last, <#ty>::MIN as i64, <#ty>::MAX as i64)
    }
}

/// The same path, standing at `span`: errors of the constant functions are shown where their call begins.
pub(crate) fn placed(path: &Path, span: Span) -> TokenStream {
    let token = |mut token: TokenTree| {
        token.set_span(span.resolved_at(token.span()));
        token
    };
    path.to_token_stream().into_iter().map(token).collect()
}

fn as_f64(value: &Expr) -> TokenStream {
    quote!((#value) as f64)
}

fn is_number(ty: &Type) -> bool {
    let name = type_name(ty);
    matches!(
        name.as_deref(),
        Some("f32" | "Vec2" | "Vec3" | "Quat" | "u8" | "i8" | "u16" | "i16" | "u32" | "i32")
    )
}

/// The last name of a path: the macro sees no more of a type than how it is written.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(path.path.segments.last()?.ident.to_string()),
        Type::Group(group) => type_name(&group.elem),
        _ => None,
    }
}
