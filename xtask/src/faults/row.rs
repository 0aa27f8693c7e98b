//! What a row of the table is.

/// A fault, and the tests that show that a call survives it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: &'static str,
    /// What is done to the call.
    pub(super) fault: &'static str,
    /// When it is survived.
    pub(super) criterion: &'static str,
    pub(super) people: People,
    /// All of them have to pass. A row without any is not tried.
    pub(super) tests: &'static [Test],
}

/// How many browsers a fault is about: in which columns it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum People {
    /// The server, or what is the same in every browser: what holds without any browser holds in all columns.
    Nobody,
    /// One browser, alone.
    One,
    /// Two, who are in a call.
    Two,
    /// The same, and it happens to a Chromium: to no Firefox it can.
    TwoWithChromium,
}

impl People {
    /// Whether there is anything to be tried with these browsers.
    pub(super) fn meet_as(self, column: Column) -> bool {
        match self {
            People::Nobody | People::Two => true,
            People::One => column != Column::Mixed,
            People::TwoWithChromium => column != Column::Firefox,
        }
    }
}

/// Which browsers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Chromium,
    Firefox,
    Mixed,
}

impl Column {
    pub(super) const ALL: [Column; 3] = [Column::Chromium, Column::Firefox, Column::Mixed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Column::Chromium => "chromium",
            Column::Firefox => "firefox",
            Column::Mixed => "mixed",
        }
    }

    /// As tests are told it, in `ITODENWA_PAIR`.
    pub(super) const fn pair(self) -> &'static str {
        match self {
            Column::Chromium => "chromium-chromium",
            Column::Firefox => "firefox-firefox",
            Column::Mixed => "chromium-firefox",
        }
    }

    /// By the browsers that a text names.
    pub(super) fn of(text: &str) -> Option<Self> {
        match (text.contains("chromium"), text.contains("firefox")) {
            (true, true) => Some(Column::Mixed),
            (true, false) => Some(Column::Chromium),
            (false, true) => Some(Column::Firefox),
            (false, false) => None,
        }
    }
}

/// A test, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// Of cargo, with the path of its module: no browser is in it.
    Native(Suite, &'static str),
    /// Of the client crate, with the path of its module: both ends are in one browser.
    Client(&'static str),
    /// Of the whole product: a file of `tests/e2e`, and what stands in the test's name.
    Page(&'static str, &'static str, Browsers),
}

/// Which of cargo's test programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// The rules, against a model of browsers, network and clock.
    Rules,
    /// The tests inside of the rules' crate.
    RulesInside,
    /// A server, over sockets.
    Server,
    /// The tests inside of the server's crate.
    ServerInside,
    /// The rules of several people against a real server.
    Mesh,
}

impl Suite {
    pub(super) const ALL: [Suite; 5] =
        [Suite::Rules, Suite::RulesInside, Suite::Server, Suite::ServerInside, Suite::Mesh];

    /// What cargo is given to find it.
    pub(super) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Suite::Rules => &["--package", "itodenwa-protocol", "--test", "rules"],
            Suite::RulesInside => &["--package", "itodenwa-protocol", "--lib"],
            Suite::Server => &["--package", "itodenwa-server", "--test", "server"],
            Suite::ServerInside => &["--package", "itodenwa-server", "--lib"],
            Suite::Mesh => &["--package", "itodenwa", "--test", "mesh"],
        }
    }
}

/// How a test of the whole product says which browsers meet in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Browsers {
    /// Its name tells them: there may be several of it.
    Named,
    /// It is told, by `ITODENWA_PAIR`.
    Told,
    /// Always these.
    Always(Column),
}

impl Test {
    /// Whether it runs with these browsers, for sure. Of one whose name tells its browsers nobody knows before.
    pub(super) fn is_due_in(self, column: Column) -> bool {
        match self {
            Test::Native(..) | Test::Page(_, _, Browsers::Told) => true,
            Test::Client(_) => column != Column::Mixed,
            Test::Page(_, _, Browsers::Always(always)) => always == column,
            Test::Page(_, _, Browsers::Named) => false,
        }
    }

    /// What the table calls its layer.
    pub(super) fn layer(self) -> &'static str {
        match self {
            Test::Native(Suite::Rules | Suite::RulesInside | Suite::Mesh, _) => "rules",
            Test::Native(Suite::Server | Suite::ServerInside, _) => "server",
            Test::Client(_) => "client",
            Test::Page(file, ..) if is_of_network(file) => "network",
            Test::Page(..) => "page",
        }
    }
}

/// Whether a file of tests lays a network of namespaces.
pub(super) fn is_of_network(file: &str) -> bool {
    file.starts_with("network/")
}
