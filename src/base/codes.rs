//! Tables of codes: one row says everything about one of them.

/// Makes an enum of codes from one table: a row is its documentation, `Variant = number, "code", "sentence", "what to do";`.
///
/// A number is given once and stays with its code. The row of a code that is gone goes, and its number is never given to another:
/// numbers stand in records that outlive the program. Zero is no number, so that a zeroed record says nothing.
macro_rules! code_table {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $code:literal, $clause:literal, $remedy:literal;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nNumber ", stringify!($number), ", code `", $code, "`.")]
                $variant,
            )+
        }

        impl $name {
            /// Every one, in the order of the numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable number, never 0 and never given to another code.
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The one of a number; `None` for 0 and for every number that is none, which is no allow.
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The stable code, for logs and metrics.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The one of a code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// What is the matter as a clause, without names.
            pub const fn clause(self) -> &'static str {
                match self {
                    $(Self::$variant => $clause,)+
                }
            }

            /// What to do about it, for whoever runs the program.
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use code_table;

/// Makes the faults of one error, and the kinds that a program tells them apart by: a row is the message of the fault,
/// `Variant(…) => Kind, "code"`. The kinds carry no values, so they can be matched on and logged.
macro_rules! fault_table {
    (
        $(#[$kind_meta:meta])*
        pub enum $kind:ident;

        $(#[$meta:meta])*
        $vis:vis enum $fault:ident {
            $(
                #[error($($message:tt)*)]
                $variant:ident $(($($tuple:tt)*))? $({$($fields:tt)*})? => $kind_variant:ident, $code:literal,
            )+
        }
    ) => {
        $(#[$meta])*
        $vis enum $fault {
            $(
                #[error($($message)*)]
                $variant $(($($tuple)*))? $({$($fields)*})?,
            )+
        }

        impl $fault {
            $vis const fn kind(&self) -> $kind {
                match self {
                    $(Self::$variant { .. } => $kind::$kind_variant,)+
                }
            }
        }

        $(#[$kind_meta])*
        ///
        /// Codes are stable; later versions add some.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $kind {
            $(
                #[doc = concat!("`", $code, "`.")]
                $kind_variant,
            )+
        }

        impl $kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind_variant),+];

            /// The stable code, for logs and metrics.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind_variant => $code,)+
                }
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use fault_table;
