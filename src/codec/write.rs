//! Writing JSON (RFC 8259).

/// A text that grows. Commas are set by what stands before: every value ends in another character than those that open one.
#[derive(Debug, Default)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn finish(self) -> String {
        self.0
    }

    pub(crate) fn open(&mut self, bracket: char) {
        self.separate();
        self.0.push(bracket);
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.text(key);
        self.0.push(':');
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.separate();
        self.0.push_str(&number.to_string());
    }

    /// What is JSON already.
    pub(crate) fn json(&mut self, json: &str) {
        self.separate();
        self.0.push_str(json);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.separate();
        self.0.push_str(if flag { "true" } else { "false" });
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.separate();
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                c if c < ' ' => self.escape(c),
                c => self.0.push(c),
            }
        }
        self.0.push('"');
    }

    /// A key, and a text.
    pub(crate) fn text_field(&mut self, key: &str, text: &str) {
        self.key(key);
        self.text(text);
    }

    /// A key, and a number.
    pub(crate) fn number_field(&mut self, key: &str, number: u64) {
        self.key(key);
        self.number(number);
    }

    /// A key, and a text if there is one; neither otherwise.
    pub(crate) fn optional_field(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text_field(key, text);
        }
    }

    fn escape(&mut self, control: char) {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let (high, low) = (control as usize / 16, control as usize % 16);
        self.0.push_str("\\u00");
        self.0.extend([high, low].into_iter().filter_map(|digit| DIGITS.get(digit)));
    }

    fn separate(&mut self) {
        if !matches!(self.0.chars().next_back(), None | Some('{' | '[' | ':')) {
            self.0.push(',');
        }
    }
}
