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
