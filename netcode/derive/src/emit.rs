//! The code that the macros emit: a constant table of fields, and one line per field and function.

use crate::container::{Container, DeclaredRecord, Role, Shape, mixed};
use crate::field::{DeclaredField, placed};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path};

pub(crate) fn emit(container: &Container) -> TokenStream {
    let Container { ident, role, krate, shape } = container;
    let body = match (shape, role) {
        (Shape::Value(variants), _) => value(ident, variants, krate),
        (Shape::Struct(record), Role::Class) => {
            structure(ident, record, krate, &quote!(Replicate), &first_clamped(record, krate))
        }
        (Shape::Struct(record), Role::Input) => {
            structure(ident, record, krate, &quote!(Input), &edges(record))
        }
        (Shape::Struct(record), Role::Event | Role::Command) => {
            choice(ident, std::slice::from_ref(record), *role, krate, true)
        }
        (Shape::Choice(records), _) => choice(ident, records, *role, krate, false),
    };
    quote! {
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = { #body };
    }
}

/// `const FIELDS: [Declared; n] = [...];`, after a constant for each foreign field: what its type is as a value.
fn table(name: &Ident, record: &DeclaredRecord, krate: &Path) -> TokenStream {
    let (mut values, mut declared) = (Vec::new(), Vec::new());
    for (index, field) in record.fields.iter().enumerate() {
        let (ty, declaration) = (&field.ty, &field.declared);
        if !field.foreign {
            declared.push(declaration.clone());
            continue;
        }
        let value = value_name(name, index);
        let placed = placed(krate, ty.span());
        // The only place that asks for the trait: a type without it is reported once.
        let of = quote_spanned!(ty.span()=> #placed::private::value_of::<#ty>());
        let coding = quote_spanned!(ty.span()=> #placed::Coding::required(#value.coding));
        values.push(quote!(const #value: #krate::private::ValueOf<#ty> = #of;));
        declared.push(quote!(#krate::Declared { coding: #coding, ..#declaration }));
    }
    let count = record.fields.len();
    quote!(#(#values)* const #name: [#krate::Declared; #count] = [#(#declared),*];)
}

fn value_name(table: &Ident, index: usize) -> Ident {
    mixed(&format!("{table}_VALUE_{index}"))
}

/// A line for each field: its value, as `values` names it, to words.
fn quantize_lines(
    record: &DeclaredRecord,
    table: &Ident,
    krate: &Path,
    values: &[TokenStream],
) -> Vec<TokenStream> {
    let line = |(index, (field, value)): (usize, (&DeclaredField, &TokenStream))| {
        let (ty, place) = (&field.ty, Literal::usize_unsuffixed(index));
        if field.foreign {
            let own = value_name(table, index);
            return quote!((#own.quantize)(#value, const { &#table[#place].coding }, out, clamped););
        }
        let exact =
            field.exact.then(|| quote_spanned!(ty.span()=> <#ty as #krate::Exact>::exact(#value, out);));
        quote_spanned! {ty.span()=>
            <#ty as #krate::Value>::quantize(#value, const { &#table[#place].coding }, out, clamped);
            #exact
        }
    };
    record.fields.iter().zip(values).enumerate().map(line).collect()
}

/// `name: words.next(...)` for each field.
fn from_words_lines(record: &DeclaredRecord, table: &Ident) -> Vec<TokenStream> {
    let line = |(index, field): (usize, &DeclaredField)| {
        let (name, ty, place) = (&field.ident, &field.ty, Literal::usize_unsuffixed(index));
        let coding = quote!(const { &#table[#place].coding });
        if field.foreign {
            let own = value_name(table, index);
            return quote!(#name: words.next_by(#coding, #own.from_words),);
        }
        let next = if field.exact { quote!(next_exact) } else { quote!(next) };
        quote!(#name: words.#next::<#ty>(#coding),)
    };
    record.fields.iter().enumerate().map(line).collect()
}

/// The lines that look for a number that was clamped; foreign types have no range of their own.
fn clamped_lines(
    record: &DeclaredRecord,
    table: &Ident,
    krate: &Path,
    values: &[TokenStream],
) -> Vec<TokenStream> {
    let name = &record.name;
    let fields = record.fields.iter().zip(values).enumerate().filter(|(_, (field, _))| !field.foreign);
    fields
        .map(|(index, (_, value))| {
            let place = Literal::usize_unsuffixed(index);
            quote! {
                if let ::core::option::Option::Some(clamped) =
                    #krate::private::clamped(#name, #value, &#table[#place])
                {
                    return ::core::option::Option::Some(clamped);
                }
            }
        })
        .collect()
}

/// The table of a struct.
const FIELDS: &str = "FIELDS";

fn first_clamped(record: &DeclaredRecord, krate: &Path) -> TokenStream {
    let values: Vec<_> =
        record.fields.iter().map(|field| &field.ident).map(|name| quote!(&self.#name)).collect();
    let lines = clamped_lines(record, &mixed(FIELDS), krate, &values);
    quote! {
        #[cold]
        fn first_clamped(&self) -> ::core::option::Option<#krate::Clamped> {
            #(#lines)*
            ::core::option::Option::None
        }
    }
}

fn structure(
    ident: &Ident,
    record: &DeclaredRecord,
    krate: &Path,
    role: &TokenStream,
    more: &TokenStream,
) -> TokenStream {
    let fields = mixed(FIELDS);
    let (table, name) = (table(&fields, record, krate), &record.name);
    let values: Vec<_> =
        record.fields.iter().map(|field| &field.ident).map(|name| quote!(&self.#name)).collect();
    let to = quantize_lines(record, &fields, krate, &values);
    let from = from_words_lines(record, &fields);
    quote! {
        #table
        impl #krate::#role for #ident {
            const WORDS: usize = #krate::Declared::words(&#fields);
            fn record() -> #krate::Record {
                #krate::Record::declared(#name, &#fields)
            }
            #[allow(unused_variables)]
            fn quantize(&self, out: &mut #krate::private::Vec<u32>, clamped: &mut u32) {
                #(#to)*
            }
            #[allow(unused_variables, unused_mut)]
            fn from_words(words: &[u32]) -> Self {
                let mut words = #krate::Words::new(words);
                Self { #(#from)* }
            }
            #more
        }
    }
}

fn edges(record: &DeclaredRecord) -> TokenStream {
    let edges = || record.fields.iter().filter(|field| field.edge);
    let names: Vec<_> = edges().map(|field| &field.ident).collect();
    let named = |name: &syn::LitStr| record.fields.iter().find(|field| field.ident == name.value());
    let pairs = edges().filter_map(|edge| Some((&edge.ident, &named(edge.with.as_ref()?)?.ident)));
    let (with, companions): (Vec<_>, Vec<_>) = pairs.unzip();
    quote! {
        fn clear_edges(&mut self) {
            #(self.#names = false;)*
        }
        fn edges(&self) -> bool {
            false #(|| self.#names)*
        }
        #[allow(unused_variables)]
        fn merge_edges(&mut self, other: &Self) {
            #(self.#names |= other.#names;)*
            #(if other.#with { self.#companions = other.#companions; })*
        }
    }
}

fn choice(
    ident: &Ident,
    records: &[DeclaredRecord],
    role: Role,
    krate: &Path,
    is_struct: bool,
) -> TokenStream {
    let role = if role == Role::Event { quote!(Event) } else { quote!(Command) };
    let tables: Vec<Ident> = (0..records.len()).map(|index| mixed(&format!("FIELDS_{index}"))).collect();
    let consts = records.iter().zip(&tables).map(|(record, name)| table(name, record, krate));
    let declared = records.iter().zip(&tables).map(|(record, table)| {
        let name = &record.name;
        quote!(#krate::Record::declared(#name, &#table))
    });
    let (mut arms, mut clamped_arms) = (Vec::new(), Vec::new());
    for (index, (record, table)) in records.iter().zip(&tables).enumerate() {
        let names: Vec<_> = record.fields.iter().map(|field| &field.ident).collect();
        let bound: Vec<_> = (0..names.len()).map(|place| format_ident!("__field_{place}")).collect();
        let values: Vec<_> = bound.iter().map(|name| quote!(#name)).collect();
        let lines = quantize_lines(record, table, krate, &values);
        let path = path_of(record, is_struct);
        let index = index as u8;
        arms.push(quote!(#path { #(#names: #bound),* } => { #(#lines)* #index }));
        let lines = clamped_lines(record, table, krate, &values);
        clamped_arms.push(quote!(#path { #(#names: #bound),* } => { #(#lines)* }));
    }
    let from = records.iter().zip(&tables).enumerate().map(|(index, (record, table))| {
        let lines = from_words_lines(record, table);
        let path = path_of(record, is_struct);
        let index = index as u8;
        quote!(#index => #path { #(#lines)* },)
    });
    quote! {
        #(#consts)*
        impl #krate::#role for #ident {
            fn records() -> #krate::private::Vec<#krate::Record> {
                #krate::private::Vec::from([#(#declared),*])
            }
            #[allow(unused_variables)]
            fn quantize(&self, out: &mut #krate::private::Vec<u32>, clamped: &mut u32) -> u8 {
                match self { #(#arms)* }
            }
            #[cold]
            #[allow(unused_variables)]
            fn first_clamped(&self) -> ::core::option::Option<#krate::Clamped> {
                match self { #(#clamped_arms)* }
                ::core::option::Option::None
            }
            #[allow(unused_variables, unused_mut)]
            fn from_words(index: u8, words: &[u32]) -> ::core::option::Option<Self> {
                let mut words = #krate::Words::new(words);
                ::core::option::Option::Some(match index {
                    #(#from)*
                    _ => return ::core::option::Option::None,
                })
            }
        }
    }
}

fn path_of(record: &DeclaredRecord, is_struct: bool) -> TokenStream {
    let variant = &record.ident;
    if is_struct { quote!(Self) } else { quote!(Self::#variant) }
}

fn value(ident: &Ident, variants: &[(Ident, String)], krate: &Path) -> TokenStream {
    let (idents, names): (Vec<_>, Vec<_>) = variants.iter().map(|(ident, name)| (ident, name)).unzip();
    let words: Vec<_> = (0..variants.len()).map(|index| Literal::u32_unsuffixed(index as u32)).collect();
    let (rest, rest_words) = (&idents[1..], &words[1..]);
    let first = idents[0];
    quote! {
        impl #krate::Value for #ident {
            const CODING: ::core::option::Option<#krate::Coding> =
                ::core::option::Option::Some(#krate::Coding::Enum { variants: &[#(#names),*] });
            fn quantize(&self, _: &#krate::Coding, out: &mut #krate::private::Vec<u32>, _: &mut u32) {
                out.push(match self { #(Self::#idents => #words,)* });
            }
            fn from_words(_: &#krate::Coding, words: &[u32]) -> Self {
                match words.first() {
                    #(::core::option::Option::Some(#rest_words) => Self::#rest,)*
                    _ => Self::#first,
                }
            }
        }
    }
}
