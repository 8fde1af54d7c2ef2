//! What is emitted for a type with a mistake: its trait with empty functions.
//!
//! The program does not compile anyway; with the trait in place, the mistake is all that the compiler complains about.

use crate::container::{Role, parse_crate};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Path, parse_quote};

pub(crate) fn stub(input: &DeriveInput, role: Role) -> TokenStream {
    let krate = parse_crate(input).unwrap_or_else(|_| parse_quote!(::tickwire::netcode::schema));
    let (role, body, needed) = match (role, &input.data) {
        (Role::Class, Data::Enum(_)) => (quote!(Value), value(&krate), quote!(Sized)),
        (Role::Class, _) => (quote!(Replicate), record(&krate, &quote!()), quote!(Sized)),
        (Role::Input, _) => {
            (quote!(Input), record(&krate, &edges()), quote!(Copy + Default + Send + 'static))
        }
        (Role::Event, _) => (quote!(Event), choice(&krate), quote!(Send + 'static)),
        (Role::Command, _) => (quote!(Command), choice(&krate), quote!(Send + 'static)),
    };
    let ident = &input.ident;
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    // The traits ask for more than a parameter alone promises.
    let bounds = if input.generics.params.is_empty() {
        quote!(#bounds)
    } else {
        let given = bounds.map(|bounds| &bounds.predicates);
        quote!(where Self: #needed, #given)
    };
    quote! {
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            impl #parameters #krate::#role for #ident #arguments #bounds { #body }
        };
    }
}

fn record(krate: &Path, more: &TokenStream) -> TokenStream {
    quote! {
        const WORDS: usize = 0;
        fn record() -> #krate::Record { ::core::unimplemented!() }
        fn quantize(&self, _: &mut #krate::private::Vec<u32>, _: &mut u32) {}
        fn from_words(_: &[u32]) -> Self { ::core::unimplemented!() }
        #more
    }
}

fn edges() -> TokenStream {
    quote! {
        fn clear_edges(&mut self) {}
        fn edges(&self) -> bool { false }
        fn merge_edges(&mut self, _: &Self) {}
    }
}

fn choice(krate: &Path) -> TokenStream {
    quote! {
        fn records() -> #krate::private::Vec<#krate::Record> { ::core::unimplemented!() }
        fn quantize(&self, _: &mut #krate::private::Vec<u32>, _: &mut u32) -> u8 { 0 }
        fn from_words(_: u8, _: &[u32]) -> ::core::option::Option<Self> { ::core::option::Option::None }
    }
}

fn value(krate: &Path) -> TokenStream {
    quote! {
        const CODING: ::core::option::Option<#krate::Coding> = ::core::option::Option::Some(#krate::Coding::Flag);
        fn quantize(&self, _: &#krate::Coding, _: &mut #krate::private::Vec<u32>, _: &mut u32) {}
        fn from_words(_: &#krate::Coding, _: &[u32]) -> Self { ::core::unimplemented!() }
    }
}
