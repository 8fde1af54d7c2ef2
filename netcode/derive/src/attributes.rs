//! The `#[rep(...)]` attributes of one field, as written: which there are is known here, which make sense is `field`'s.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprRange, Field, LitStr, RangeLimits, Result};

/// `first..last` or `first..=last`.
pub(crate) struct Range {
    pub(crate) first: Expr,
    pub(crate) last: Expr,
    pub(crate) inclusive: bool,
}

/// Everything that was written on one field.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) range: Option<Range>,
    pub(crate) step: Option<Expr>,
    pub(crate) bits: Option<Expr>,
    pub(crate) max: Option<Expr>,
    pub(crate) snap: Option<Expr>,
    /// Names of other fields.
    pub(crate) with: Option<LitStr>,
    pub(crate) velocity_of: Option<LitStr>,
    /// Whether `"linear"`, if it was written.
    pub(crate) linear: Option<bool>,
    /// Each name in order, with its place in the source.
    written: Vec<(String, Span)>,
}

impl Attributes {
    pub(crate) fn parse(field: &Field) -> Result<Self> {
        let mut attributes = Self::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("rep")) {
            attribute.parse_nested_meta(|meta| {
                let span = meta.path.span();
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match name.as_str() {
                    "angle" | "owner" | "exact" | "once" | "edge" => {}
                    "range" => attributes.range = Some(parse_range(meta.value()?)?),
                    "step" => attributes.step = Some(meta.value()?.parse()?),
                    "bits" => attributes.bits = Some(meta.value()?.parse()?),
                    "max" => attributes.max = Some(meta.value()?.parse()?),
                    "snap" => attributes.snap = Some(meta.value()?.parse()?),
                    "interpolate" => attributes.linear = Some(parse_interpolation(meta.value()?)?),
                    "with" => attributes.with = Some(meta.value()?.parse()?),
                    "velocity_of" => attributes.velocity_of = Some(meta.value()?.parse()?),
                    _ => {
                        let known = "range, step, bits, angle, max, owner, exact, once, edge, with, velocity_of, interpolate, snap";
                        return Err(Error::new(span, format!("unknown attribute: rep knows {known}")));
                    }
                }
                if attributes.has(&name) {
                    return Err(Error::new(span, format!("`{name}` is written twice")));
                }
                attributes.written.push((name, span));
                Ok(())
            })?;
        }
        Ok(attributes)
    }

    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.written.iter().find(|(written, _)| written == name).map(|(_, span)| *span)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.span(name).is_some()
    }

    /// The place of the first attribute, or `other`.
    pub(crate) fn first_span(&self, other: Span) -> Span {
        self.written.first().map_or(other, |(_, span)| *span)
    }

    /// Refuses these names with a message.
    pub(crate) fn refuse(&self, names: &[&str], message: &str) -> Result<()> {
        match self.written.iter().find(|(written, _)| names.contains(&written.as_str())) {
            Some((name, span)) => Err(Error::new(*span, format!("`{name}` {message}"))),
            None => Ok(()),
        }
    }
}

fn parse_range(value: ParseStream<'_>) -> Result<Range> {
    let expression: Expr = value.parse()?;
    let span = expression.span();
    match expression {
        Expr::Range(ExprRange { start: Some(first), end: Some(last), limits, .. }) => {
            Ok(Range { first: *first, last: *last, inclusive: matches!(limits, RangeLimits::Closed(_)) })
        }
        _ => Err(Error::new(span, "write a range: `range = a..b`")),
    }
}

fn parse_interpolation(value: ParseStream<'_>) -> Result<bool> {
    let word: LitStr = value.parse()?;
    match word.value().as_str() {
        "linear" => Ok(true),
        "none" => Ok(false),
        _ => Err(Error::new(word.span(), "write interpolate = \"linear\" or interpolate = \"none\"")),
    }
}
