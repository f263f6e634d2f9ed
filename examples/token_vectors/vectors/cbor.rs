//! A small writer of CBOR, which can also write what is wrong.

/// One item.
#[derive(Clone)]
pub enum Cbor {
    Int(i128),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Cbor>),
    Map(Vec<(u64, Cbor)>),
    Bool(bool),
    Float(f64),
    /// Bytes that stand there as they are.
    Raw(Vec<u8>),
}

impl Cbor {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    pub fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text.as_ref())).collect())
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) if *number < 0 => out.extend(head(1, (-1 - number) as u64)),
            Self::Int(number) => out.extend(head(0, *number as u64)),
            Self::Bytes(bytes) => {
                out.extend(head(2, bytes.len() as u64));
                out.extend(bytes);
            }
            Self::Text(text) => {
                out.extend(head(3, text.len() as u64));
                out.extend(text.as_bytes());
            }
            Self::List(items) => {
                out.extend(head(4, items.len() as u64));
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(fields) => {
                out.extend(head(5, fields.len() as u64));
                for (key, value) in fields {
                    out.extend(head(0, *key));
                    value.write(out);
                }
            }
            Self::Bool(value) => out.push(if *value { 0xF5 } else { 0xF4 }),
            Self::Float(value) => {
                out.push(0xFB);
                out.extend(value.to_bits().to_be_bytes());
            }
            Self::Raw(bytes) => out.extend(bytes),
        }
    }
}

/// The shortest head of a number or length.
pub fn head(major: u8, number: u64) -> Vec<u8> {
    match number {
        0..24 => vec![major << 5 | number as u8],
        24..0x100 => wide(major, number, 1),
        0x100..0x1_0000 => wide(major, number, 2),
        0x1_0000..0x1_0000_0000 => wide(major, number, 4),
        _ => wide(major, number, 8),
    }
}

/// A head whose number takes 1, 2, 4 or 8 bytes, needed or not.
pub fn wide(major: u8, number: u64, bytes: usize) -> Vec<u8> {
    let mark = 24 + bytes.trailing_zeros() as u8;
    let mut out = vec![major << 5 | mark];
    out.extend(&number.to_be_bytes()[8 - bytes..]);
    out
}
