//! What happens to devices.

use super::{chromium, client, firefox, named, rules, told};
use crate::faults::row::{People, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "M01",
        fault: "camera or microphone is unplugged",
        criterion: "another one is used, or it is off, and that is told",
        people: People::One,
        tests: &[
            rules("devices::a_device_that_is_unplugged_is_replaced_by_any_other"),
            client("devices::an_unplugged_camera_is_replaced_by_another_one"),
            client("devices::an_unplugged_camera_without_another_one_is_off"),
        ],
    },
    Row {
        id: "M02",
        fault: "the permission is taken back in the middle of a call",
        criterion: "an error with its code, and the call goes on without the device",
        people: People::One,
        tests: &[
            chromium(
                "revoked.test.mjs",
                "a permission that is taken back in mid-call is told, and the call goes on (chromium)",
            ),
            firefox(
                "revoked.test.mjs",
                "a permission that is taken back in mid-call is told, and the call goes on (firefox)",
            ),
        ],
    },
    Row {
        id: "M03",
        fault: "devices are refused, missing, in use, or cannot do what is wanted",
        criterion: "each is told by its code, and one joins all the same",
        people: People::One,
        tests: &[
            client("media::refusals_are_told_apart_and_the_join_goes_on"),
            client("media::a_missing_camera_does_not_take_the_microphone_with_it"),
            client("media::what_a_device_cannot_do_is_not_insisted_on"),
            named("page.test.mjs", "without a camera one sees the others, is told why, and can switch it on later"),
        ],
    },
    Row {
        id: "M04",
        fault: "the system silences a camera, and gives it back",
        criterion: "that is told here and to the others, and it goes on by itself",
        people: People::Two,
        tests: &[
            client("devices::what_the_system_silences_is_told"),
            told(
                "interrupted.test.mjs",
                "a camera that the system silences is told here and to the others, and comes back by itself",
            ),
        ],
    },
    Row {
        id: "M05",
        fault: "a camera is switched a hundred times",
        criterion: "there are no more places for media than before",
        people: People::Two,
        tests: &[
            rules("media::off_and_on_again_needs_no_offer"),
            client("media::of_a_hundred_switches_in_any_order_the_last_of_each_counts"),
            told("glare.test.mjs", "a camera is switched again and again"),
        ],
    },
];
