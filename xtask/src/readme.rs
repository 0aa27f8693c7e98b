//! Where figures stand in a README: between two comments, of which the first names the command that they come from.

use std::path::Path;

use crate::process::{Result, root};

const END: &str = "<!-- until here -->\n";

/// Writes what `cargo xtask COMMAND` came to into its place.
pub(crate) fn write(readme: &str, command: &str, text: &str) -> Result<()> {
    let path = root().join(readme);
    let written = replaced(&std::fs::read_to_string(&path)?, command, text);
    std::fs::write(&path, written.ok_or_else(|| format!("{readme} has no place for the figures"))?)?;
    println!("written: {readme}");
    Ok(())
}

/// Writes a plot.
pub(crate) fn write_plot(path: &str, svg: &str) -> Result<()> {
    std::fs::write(root().join(Path::new(path)), svg)?;
    println!("written: {path}");
    Ok(())
}

fn replaced(readme: &str, command: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- cargo xtask {command} -->\n");
    let (head, rest) = readme.split_once(&begin)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{begin}{text}{END}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_between_their_comments() {
        let readme = "a\n<!-- cargo xtask bench data -->\nold\n<!-- until here -->\nb\n";
        let expected = "a\n<!-- cargo xtask bench data -->\nnew\n<!-- until here -->\nb\n";
        assert_eq!(replaced(readme, "bench data", "new\n").as_deref(), Some(expected));
        assert_eq!(replaced(readme, "bench mesh", "new\n"), None);
    }
}
