//! Where figures stand in a README: between two comments, of which the first names the command that they come from.

use std::path::Path;

use crate::process::{Result, root};

const END: &str = "<!-- until here -->\n";

/// Writes what `cargo xtask COMMAND` came to into its place.
pub(crate) fn write(readme: &str, command: &str, text: &str) -> Result<()> {
    let path = root().join(readme);
    let written = replaced(&std::fs::read_to_string(&path)?, command, text);
    std::fs::write(&path, written.ok_or_else(|| no_place(readme))?)?;
    println!("written: {readme}");
    Ok(())
}

/// What stands there now.
pub(crate) fn read(readme: &str, command: &str) -> Result<String> {
    let text = std::fs::read_to_string(root().join(readme))?;
    let (_, standing, _) = parts(&text, command).ok_or_else(|| no_place(readme))?;
    Ok(standing.to_owned())
}

/// Writes a plot.
pub(crate) fn write_plot(path: &str, svg: &str) -> Result<()> {
    std::fs::write(root().join(Path::new(path)), svg)?;
    println!("written: {path}");
    Ok(())
}

fn no_place(readme: &str) -> String {
    format!("{readme} has no place for the figures")
}

fn replaced(readme: &str, command: &str, text: &str) -> Option<String> {
    let (head, _, tail) = parts(readme, command)?;
    Some(format!("{head}{text}{tail}"))
}

/// What is before the place, with its comment, what stands in it, and what comes after, with its comment.
fn parts<'a>(readme: &'a str, command: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let begin = format!("<!-- cargo xtask {command} -->\n");
    let place = readme.find(&begin)? + begin.len();
    let (head, rest) = readme.split_at_checked(place)?;
    let (standing, tail) = rest.split_at_checked(rest.find(END)?)?;
    Some((head, standing, tail))
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
        assert_eq!(parts(readme, "bench data").map(|(_, standing, _)| standing), Some("old\n"));
    }
}
