//! The argument kinds as this package's programs call them, and random texts.
#![forbid(unsafe_code)]
#![allow(dead_code, unreachable_pub)]

pub mod draw;
pub mod shell;
pub mod places;

#[path = "."]
mod base {
    #[path = "../../../src/base/address.rs"]
    pub(crate) mod address;
    #[path = "../../../src/base/rule.rs"]
    pub(crate) mod rule;
}

#[path = "."]
mod model {
    pub(crate) mod arguments {
        /// What `parts` needs of the value of an argument.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Value<'a> {
            Integer(i128),
            Bool(bool),
            Text(&'a str),
        }

        impl<'a> Value<'a> {
            pub fn as_text(self) -> Option<&'a str> {
                match self {
                    Self::Text(text) => Some(text),
                    _ => None,
                }
            }
        }
    }
    #[path = "../../../src/model/parts.rs"]
    pub(crate) mod parts;
}

#[path = "."]
mod manifest {
    #[path = "."]
    pub(crate) mod kinds {
        #[path = "../../../src/manifest/kinds/argv/mod.rs"]
        pub(crate) mod argv;
        #[path = "../../../src/manifest/kinds/command/mod.rs"]
        pub(crate) mod command;
        #[path = "../../../src/manifest/kinds/shell/mod.rs"]
        pub(crate) mod shell;
        #[path = "../../../src/manifest/kinds/host/mod.rs"]
        pub(crate) mod host;
        #[path = "../../../src/manifest/kinds/path/mod.rs"]
        pub(crate) mod path;
        #[path = "../../../src/manifest/kinds/rule.rs"]
        pub(crate) mod rule;
        #[path = "../../../src/manifest/kinds/url/mod.rs"]
        pub(crate) mod url;
    }
}
