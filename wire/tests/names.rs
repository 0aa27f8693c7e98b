//! The names of own sources that a program takes. In a file, and so a process, of its own: they are never forgotten.

use itodenwa_wire::Source;
use itodenwa_wire::limits::{OTHERS_SOURCE_NAMES, OWN_SOURCE_NAMES};

#[test]
fn a_program_takes_so_many_names_and_no_more() {
    let name = |number: usize| format!("name-{number}");
    let label = |number: usize| format!("own:{}", name(number));
    // The sound first: it has its pictures' place.
    let of_others = |number| {
        Source::labelled(&format!("{}Audio", label(number))).unwrap();
        Source::labelled(&label(number)).unwrap()
    };
    let mut all: Vec<Source> = (0..OTHERS_SOURCE_NAMES).map(of_others).collect();
    assert_eq!(Source::labelled(&label(OTHERS_SOURCE_NAMES)), None, "the rest is the application's");
    all.extend((OTHERS_SOURCE_NAMES..OWN_SOURCE_NAMES).map(|number| Source::named(&name(number)).unwrap()));
    assert_eq!(Source::named("one-more"), None);
    assert_eq!(Source::labelled_before("own:one-more"), None);
    assert_eq!(Source::labelled("own:one-more"), None);
    for (number, source) in all.into_iter().enumerate().step_by(16) {
        assert_eq!(source.as_str(), name(number));
        assert_eq!(Source::named(&name(number)), Some(source));
        assert_eq!(Source::labelled_before(&label(number)), Some(source));
        // Sound and pictures have one place.
        let Some(Source::Own(sound)) = Source::named(&format!("{}Audio", name(number))) else { panic!("no sound") };
        assert!(sound.is_audio());
        assert_eq!(Source::Own(sound.picture()), source);
    }
}
