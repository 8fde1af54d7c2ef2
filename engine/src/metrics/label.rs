//! Labels: closed sets of causes, so that no peer can make a new series.

/// A closed set whose members count into one series each.
pub(crate) trait Label: Copy + 'static {
    /// All members, in the order of their indices.
    const ALL: &'static [Self];

    /// Place of this member in [`ALL`](Self::ALL).
    fn index(self) -> usize;

    /// The label's value: lower case and underscores.
    fn text(self) -> &'static str;
}

/// Declares an enum of unit variants with the text of each as a label.
macro_rules! labels {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// How many members there are.
            #[allow(dead_code, reason = "not every set has a counter per member")]
            pub(crate) const COUNT: usize = <Self as $crate::metrics::label::Label>::ALL.len();
        }

        impl $crate::metrics::label::Label for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn index(self) -> usize {
                self as usize
            }

            fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

pub(crate) use labels;
