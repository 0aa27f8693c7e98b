use super::safe_name;

/// The purpose of a channel that carries a file; behind it are the other fields of its offer.
pub const FILE_PURPOSE: &str = "itodenwa.file";
/// Bytes of a type, at most.
const TYPE_BYTES: usize = 127;
/// The largest size: what JavaScript counts exactly.
const SIZE: u64 = 1 << 53;

/// In the number of an offer: its sender can compare what the receiver has of before ([`Word::Compare`](super::Word::Compare)). Versions
/// that can't choose their numbers below it, and take any.
const COMPARES: u64 = 1 << 53;

/// What is offered. It is in the opening of the channel (RFC 8832): the name is its label, the rest is in its subprotocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Names the transfer between these two.
    pub id: u64,
    /// A safe name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// A MIME type, or empty.
    pub mime_type: String,
}

impl Offer {
    /// What is offered, by a sender that compares; none if it is larger than can be counted. Of the number 53 bits count.
    #[must_use]
    pub fn new(id: u64, name: &str, size: u64, mime_type: &str) -> Option<Self> {
        Offer::numbered(id & (COMPARES - 1) | COMPARES, name, size, mime_type)
    }

    fn numbered(id: u64, name: &str, size: u64, mime_type: &str) -> Option<Self> {
        let is_type = mime_type.len() <= TYPE_BYTES && mime_type.bytes().all(|byte| byte.is_ascii_graphic());
        let mime_type = if is_type { mime_type } else { "" }.to_owned();
        (size <= SIZE).then(|| Offer { id, name: safe_name(name), size, mime_type })
    }

    /// Whether its sender can say which blocks it has.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.id & COMPARES != 0
    }

    /// The same file may be meant: name, size and type are alike.
    #[must_use]
    pub fn is_like(&self, other: &Offer) -> bool {
        (&self.name, self.size, &self.mime_type) == (&other.name, other.size, &other.mime_type)
    }

    /// The subprotocol.
    #[must_use]
    pub fn purpose(&self) -> String {
        [FILE_PURPOSE, " ", &self.id.to_string(), " ", &self.size.to_string(), " ", &self.mime_type].concat()
    }

    /// What the other side offers; none if it is no offer. The name is made safe.
    #[must_use]
    pub fn read(label: &str, purpose: &str) -> Option<Self> {
        let mut fields = purpose.strip_prefix(FILE_PURPOSE)?.strip_prefix(' ')?.splitn(3, ' ');
        let mut number = || fields.next().filter(|field| field.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
        let (id, size) = (number()?, number()?);
        Offer::numbered(id, label, size, fields.next()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_comes_as_it_was_made() {
        for mime_type in ["image/png", ""] {
            let offer = Offer::new(7, "x.png", 123, mime_type).unwrap();
            assert!(offer.compares());
            assert_eq!(Offer::read(&offer.name, &offer.purpose()), Some(offer));
        }
    }

    #[test]
    fn an_earlier_version_compares_nothing() {
        let earlier = Offer::read("x", "itodenwa.file 9007199254740991 5 text/plain").unwrap();
        assert!(!earlier.compares());
        let now = Offer::new(1, "x", 5, "text/plain").unwrap();
        assert!(now.is_like(&earlier) && earlier.is_like(&now));
        for (name, size, mime_type) in [("y", 5, "text/plain"), ("x", 6, "text/plain"), ("x", 5, "")] {
            assert!(!now.is_like(&Offer::new(1, name, size, mime_type).unwrap()));
        }
    }

    #[test]
    fn what_is_no_offer_is_none() {
        for purpose in [
            "",
            "itodenwa.file",
            "itodenwa.file 1",
            "itodenwa.file 1 2",
            "itodenwa.file 1 -2 x",
            "itodenwa.file +1 2 x",
            "itodenwa.filex1 2 x",
        ] {
            assert_eq!(Offer::read("x", purpose), None, "{purpose}");
        }
        assert_eq!(Offer::read("x", "itodenwa.file 1 9007199254740993 x"), None);
        assert_eq!(Offer::read("x", "itodenwa.file 1 99999999999999999999 x"), None);
        let offer = Offer::read("../../x", "itodenwa.file 1 2 text/html; a b").unwrap();
        assert_eq!((offer.name.as_str(), offer.mime_type.as_str()), ("x", ""));
    }
}
