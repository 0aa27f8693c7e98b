//! The conformance suite against the model, in each profile.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not in test functions, and may fail as tests do"
)]

use itodenwa_model::browser::Profile;
use itodenwa_model::conformance::{self, Modelled, at_once};
use itodenwa_model::each_case;

macro_rules! natively {
    ($($group:ident::$case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                for profile in Profile::ALL {
                    let outcome = at_once(conformance::$group::$case(&mut Modelled::new(profile)));
                    outcome.unwrap_or_else(|wrong| panic!("{profile:?}: {wrong}"));
                }
            }
        )*
    };
}

each_case!(natively);
