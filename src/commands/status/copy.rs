//! How it stands with kept copies.

use serde::{Serialize, Serializer};

use crate::account::kept::{Standing, standing};
use crate::commands::output::local;
use crate::commands::run::Run;
use crate::protocol::clean::one_line;
use crate::protocol::time::Seconds;
use crate::rules::kept::due::Fate;
use crate::rules::words::rfc3339;

/// How it is; scripts get it as it is here.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Copy {
    /// There is a recovery code.
    code: bool,
    /// When the last was made.
    #[serde(serialize_with = "time")]
    last: Option<Seconds>,
    /// Whether it came into the mailbox; `null` where nobody sees that, or it may still come.
    seen: Option<bool>,
    /// When it came.
    #[serde(serialize_with = "time")]
    came: Option<Seconds>,
    /// It opens with a code of before alone.
    older_code: bool,
    #[serde(skip)]
    is_coming: bool,
    /// Why it will never arrive.
    lost: Option<String>,
    /// When another one leaves by itself, at the soonest.
    #[serde(serialize_with = "time")]
    next: Option<Seconds>,
    /// Why that has not left.
    trouble: Option<String>,
}

fn time<S: Serializer>(at: &Option<Seconds>, to: S) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(to)
}

impl Copy {
    pub(crate) fn of(run: &Run) -> anyhow::Result<Self> {
        Ok(standing(&run.account)?.into())
    }

    /// In one line; of an account that has none, nothing.
    pub(crate) fn line(&self) -> Option<String> {
        let trouble = self.trouble.as_deref().map(one_line);
        let Some(made) = self.last else {
            return trouble.map(|why| format!("no kept copy has left: {why}"));
        };
        let made = local(made);
        let fate = match (self.came, &self.lost, self.seen) {
            (Some(at), ..) => format!("came into your mailbox on {}", local(at)),
            (None, Some(why), _) => format!("will not arrive: {}", one_line(why)),
            (None, None, Some(_)) => "not seen in your mailbox yet".to_owned(),
            (None, None, None) if self.is_coming => "on its way".to_owned(),
            (None, None, None) => "taken by the mail system".to_owned(),
        };
        let next = match (trouble, self.next) {
            (Some(why), _) => format!("; the next has not left: {why}"),
            (None, Some(at)) => format!(
                "; the agent or `iim flush` mails another one from {} on",
                local(at)
            ),
            (None, None) => String::new(),
        };
        let code = match (self.code, self.older_code) {
            (true, false) => "",
            (true, true) => "; it opens with an older code alone",
            (false, _) => "; there is no recovery code any more",
        };
        Some(format!("kept copy of {made}: {fate}{next}{code}"))
    }

    /// Something is wrong with it.
    pub(crate) fn is_amiss(&self) -> bool {
        let is_lost = self.lost.is_some() || self.seen == Some(false);
        is_lost || self.trouble.is_some() || self.older_code || !self.code
    }
}

impl From<Standing> for Copy {
    fn from(it: Standing) -> Self {
        let (last, fate) = it.last.unzip();
        Self {
            code: it.has_code,
            last,
            seen: fate.and_then(|fate| match fate {
                Fate::Seen => Some(true),
                Fate::NotSeen | Fate::Lost => Some(false),
                Fate::Coming | Fate::Unknown => None,
            }),
            came: it.came,
            older_code: it.older_code,
            is_coming: fate == Some(Fate::Coming),
            lost: it.lost.filter(|_| fate == Some(Fate::Lost)),
            next: it.next,
            trouble: it.why,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn it_says_what_is_known_and_no_more() {
        let standing = |fate| Standing {
            has_code: true,
            last: Some((Seconds(1_795_244_400), fate)),
            came: (fate == Fate::Seen).then_some(Seconds(1_795_244_400)),
            older_code: false,
            next: None,
            why: None,
            lost: Some("550 no\nsuch".to_owned()),
        };
        for (fate, ends, amiss) in [
            (Fate::Coming, ": on its way", false),
            (Fate::NotSeen, ": not seen in your mailbox yet", true),
            (Fate::Unknown, ": taken by the mail system", false),
            (Fate::Lost, ": will not arrive: 550 no such", true),
        ] {
            let copy = Copy::from(standing(fate));
            let line = copy.line().unwrap();
            assert!(line.ends_with(ends), "{line}");
            assert_eq!(copy.is_amiss(), amiss);
        }
        let waits = Copy::from(Standing {
            next: Some(Seconds(1_795_244_400)),
            why: Some("full".to_owned()),
            ..standing(Fate::Seen)
        });
        let line = waits.line().unwrap();
        assert!(line.ends_with("; the next has not left: full"), "{line}");
        let seen = Copy::from(standing(Fate::Seen));
        let line = seen.line().unwrap();
        let came = local(Seconds(1_795_244_400));
        assert!(line.ends_with(&format!(": came into your mailbox on {came}")));
        assert!(!seen.is_amiss());
        let older = Copy::from(Standing {
            older_code: true,
            ..standing(Fate::Seen)
        });
        assert!(older.line().unwrap().ends_with("with an older code alone"));
        assert!(older.is_amiss());
        for (why, line) in [
            (None, None),
            (Some("full"), Some("no kept copy has left: full")),
        ] {
            let none = Copy::from(Standing {
                last: None,
                why: why.map(str::to_owned),
                ..standing(Fate::Seen)
            });
            assert_eq!(none.line().as_deref(), line);
            assert_eq!(none.is_amiss(), why.is_some());
        }
    }
}
