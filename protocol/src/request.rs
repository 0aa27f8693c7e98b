//! Questions and answers: a channel for each. The question is one message; an answer is an empty text and then what is answered, a
//! refusal one text that says why.

/// Characters of a refusal's code, at most.
const CODE: usize = 64;
/// Characters of what it says, at most.
const MESSAGE: usize = 1024;

/// Why a question is not answered, as the other side says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestRefusal {
    /// For programs.
    pub code: String,
    /// For people. Show it as text, never as HTML.
    pub message: String,
}

impl RequestRefusal {
    /// What is too long is cut.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        let code = code.chars().filter(|character| *character != '\n').take(CODE).collect();
        RequestRefusal { code, message: message.chars().take(MESSAGE).collect() }
    }

    /// What goes through the channel.
    #[must_use]
    pub fn write(&self) -> String {
        [&self.code, "\n", &self.message].concat()
    }

    /// What came through the channel; none if it is the beginning of an answer.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let (code, message) = text.split_once('\n').unwrap_or((text, ""));
        Some(RequestRefusal::new(code, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_comes_as_it_was_and_is_bounded() {
        let refusal = RequestRefusal::new("vote/closed", "It is over.\nReally.");
        assert_eq!(RequestRefusal::read(&refusal.write()), Some(refusal));
        assert_eq!(RequestRefusal::read(""), None);
        let long = RequestRefusal::read(&"x\n".repeat(10_000)).unwrap();
        assert_eq!((long.code.as_str(), long.message.chars().count()), ("x", MESSAGE));
        assert_eq!(RequestRefusal::read(&"電".repeat(10_000)).unwrap().code.chars().count(), CODE);
        assert_eq!(RequestRefusal::new("a\nb", "c").write(), "ab\nc");
        // Also without a code it is one, and not an answer.
        assert!(RequestRefusal::read(&RequestRefusal::default().write()).is_some());
    }
}
