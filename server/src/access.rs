//! Who may come in.

use std::time::SystemTime;

use itodenwa_wire::{DisplayName, Identity, InvalidId, Join, Member, Pass, RefusalCode};
use unicode_segmentation::UnicodeSegmentation;

use crate::closing::Closing;
use crate::token::{Claims, NumericDate, Secret};

/// How much the clock of who makes tokens may be ahead of ours, in seconds.
const CLOCKS_DIFFER: u64 = 60;

/// Who may come in.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Who has a token that was signed with one of these.
    Tokens(Vec<Secret>),
}

/// Somebody who may come in.
#[derive(Debug, PartialEq)]
pub(crate) struct Admitted {
    pub(crate) name: Option<DisplayName>,
    pub(crate) pass: Option<Pass>,
}

impl Admitted {
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.pass.as_ref().map(|pass| &pass.identity)
    }
}

impl Access {
    /// With secrets nobody comes in without a token.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        if secrets.is_empty() { Access::Open } else { Access::Tokens(secrets) }
    }

    /// Whether a member may lock its room, ask others, and let people in: where tokens are needed, by one that says so.
    pub(crate) fn moderates(&self, member: &Member) -> bool {
        member.pass.as_ref().map_or(*self == Access::Open, |pass| pass.admin)
    }

    /// Lets somebody in, or says why not. That never depends on the rooms that there are.
    pub(crate) fn admit(&self, join: &Join, now: SystemTime, name_graphemes: usize) -> Result<Admitted, Closing> {
        match self {
            Access::Open => Ok(Admitted { name: join.name.clone(), pass: None }),
            Access::Tokens(secrets) => check(join, secrets, NumericDate::from(now), name_graphemes),
        }
    }
}

fn check(join: &Join, secrets: &[Secret], now: NumericDate, name_graphemes: usize) -> Result<Admitted, Closing> {
    let Some(token) = &join.token else {
        return refuse(RefusalCode::TokenRequired, "this server lets nobody in without a token");
    };
    let Claims { sub, name, exp, nbf, video, .. } = match Claims::read(token.as_str(), secrets) {
        Ok(claims) => claims,
        Err(error) => return refuse(RefusalCode::TokenInvalid, &error.to_string()),
    };
    if exp <= now {
        return refuse(RefusalCode::TokenExpired, "the token has expired");
    }
    if nbf.is_some_and(|nbf| nbf.0 > now.0.saturating_add(CLOCKS_DIFFER)) {
        return refuse(RefusalCode::TokenNotYetValid, "the token is not valid yet");
    }
    if !video.room_join || video.room != join.room.as_str() {
        return refuse(RefusalCode::TokenForbidden, "the token is not for joining this room");
    }
    let identity = match Identity::new(sub) {
        Ok(identity) => identity,
        Err(error) => {
            return refuse(RefusalCode::TokenInvalid, &format!("the token's subject can't be an identity: {error}"));
        }
    };
    // The name that the application gave goes before the one that the client would like.
    let (name, named) = match name.map(DisplayName::new) {
        None | Some(Err(InvalidId::Empty)) => (join.name.clone(), false),
        Some(Err(error)) => {
            return refuse(RefusalCode::NameInvalid, &format!("the token's name is not valid: {error}"));
        }
        Some(Ok(name)) if name.as_str().graphemes(true).count() > name_graphemes => {
            let message = format!("the token's name is longer than {name_graphemes} characters");
            return refuse(RefusalCode::NameInvalid, &message);
        }
        Some(Ok(name)) => (Some(name), true),
    };
    let pass = Pass {
        identity,
        publish: video.can_publish.unwrap_or(true),
        subscribe: video.can_subscribe.unwrap_or(true),
        admin: video.room_admin,
        named,
    };
    Ok(Admitted { name, pass: Some(pass) })
}

fn refuse(code: RefusalCode, message: &str) -> Result<Admitted, Closing> {
    Err(Closing::refusing(code, message))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use itodenwa_wire::{PROTOCOL_VERSION, RoomName};

    use super::*;

    const NOW: u64 = 1_000_000;

    fn secret() -> Secret {
        Secret::new("a".repeat(32)).unwrap()
    }

    fn claims() -> Claims {
        Claims::new("r", "ann", at(NOW), Duration::from_secs(60))
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn join(room: &str, token: Option<String>) -> Join {
        let (room, name) = (RoomName::new(room).unwrap(), DisplayName::new("Aya").ok());
        Join {
            version: PROTOCOL_VERSION,
            max_version: None,
            room,
            name,
            token: token.map(Into::into),
            resume: None,
            former: None,
            unless_recorded: false,
            offer: Vec::new(),
        }
    }

    fn admit(join: &Join, now: u64) -> Result<Admitted, RefusalCode> {
        Access::new(vec![secret()]).admit(join, at(now), 64).map_err(|closing| closing.refusal.unwrap().code)
    }

    fn with(claims: &Claims) -> Result<Admitted, RefusalCode> {
        admit(&join("r", Some(claims.sign(&secret()))), NOW)
    }

    #[test]
    fn an_open_house_reads_no_tokens() {
        let admitted = Access::new(vec![]).admit(&join("r", Some("nonsense".to_owned())), at(NOW), 64).unwrap();
        assert_eq!(admitted, Admitted { name: DisplayName::new("Aya").ok(), pass: None });
    }

    #[test]
    fn a_good_token_says_who_it_is() {
        let admitted = with(&claims()).unwrap();
        let identity = Identity::new("ann").unwrap();
        let pass = Pass { identity: identity.clone(), publish: true, subscribe: true, admin: false, named: false };
        assert_eq!(admitted, Admitted { name: DisplayName::new("Aya").ok(), pass: Some(pass) });

        let mut more = claims();
        more.name = Some("Ann of the token".to_owned());
        more.video.can_publish = Some(false);
        more.video.can_subscribe = Some(false);
        more.video.room_admin = true;
        let admitted = with(&more).unwrap();
        assert_eq!(admitted.name.unwrap().as_str(), "Ann of the token");
        assert_eq!(
            admitted.pass.unwrap(),
            Pass { identity, publish: false, subscribe: false, admin: true, named: true }
        );
    }

    #[test]
    fn a_tokens_name_is_a_name_like_others() {
        let named = |name: String| with(&Claims { name: Some(name), ..claims() });
        for blank in ["", "   ", "\u{200b}", "\u{2068}\u{2069}"] {
            assert_eq!(named(blank.to_owned()).unwrap().name, DisplayName::new("Aya").ok(), "as without one");
        }
        assert!(named("x".repeat(64)).is_ok());
        assert_eq!(named("x".repeat(65)).unwrap_err(), RefusalCode::NameInvalid);
        assert_eq!(named("a\nb".to_owned()).unwrap_err(), RefusalCode::NameInvalid);
    }

    #[test]
    fn no_token_and_a_wrong_one_are_refused() {
        assert_eq!(admit(&join("r", None), NOW).unwrap_err(), RefusalCode::TokenRequired);
        for token in ["", "nonsense", "a.b.c"] {
            assert_eq!(admit(&join("r", Some(token.to_owned())), NOW).unwrap_err(), RefusalCode::TokenInvalid);
        }
        let other = claims().sign(&Secret::new("b".repeat(32)).unwrap());
        assert_eq!(admit(&join("r", Some(other)), NOW).unwrap_err(), RefusalCode::TokenInvalid);
    }

    #[test]
    fn a_token_has_its_time() {
        let join = join("r", Some(claims().sign(&secret())));
        for (now, expected) in [
            (NOW - 61, Some(RefusalCode::TokenNotYetValid)),
            (NOW - 60, None),
            (NOW + 59, None),
            (NOW + 60, Some(RefusalCode::TokenExpired)),
        ] {
            assert_eq!(admit(&join, now).err(), expected, "{now}");
        }
    }

    #[test]
    fn a_token_is_for_one_room_and_for_joining() {
        let token = claims().sign(&secret());
        assert_eq!(admit(&join("s", Some(token)), NOW).unwrap_err(), RefusalCode::TokenForbidden);
        let mut claims = claims();
        claims.video.room_join = false;
        assert_eq!(with(&claims).unwrap_err(), RefusalCode::TokenForbidden);
        claims.video = Default::default();
        assert_eq!(with(&claims).unwrap_err(), RefusalCode::TokenForbidden);
    }

    #[test]
    fn identity_and_name_keep_to_the_rules() {
        let changed = |change: fn(&mut Claims)| {
            let mut claims = claims();
            change(&mut claims);
            with(&claims).unwrap_err()
        };
        assert_eq!(changed(|claims| claims.sub = String::new()), RefusalCode::TokenInvalid);
        assert_eq!(changed(|claims| claims.sub = "a\0".to_owned()), RefusalCode::TokenInvalid);
        assert_eq!(changed(|claims| claims.name = Some("a\nb".to_owned())), RefusalCode::NameInvalid);
    }
}
