//! How slow a group is by mail: how often in a day all of it can be written to.

/// What gathering costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How many mails one gathering takes, if nobody is reached over IRC.
    pub(super) mails: u64,
    /// How many of them fit into the share of a day; `None`: there is no limit.
    pub(super) gatherings: Option<u64>,
    /// How many mails of a day are for what is said in groups; 0 = no limit.
    share: u64,
}

impl Cost {
    /// With so many others in the group, at so many mails a day (0: no limit), of which groups may have a half.
    pub(super) fn of(others: usize, per_day: u32) -> Self {
        let mails = u64::try_from(others).unwrap_or(u64::MAX);
        let share = u64::from(per_day).div_ceil(2);
        let fit = (per_day > 0).then(|| share.checked_div(mails)).flatten();
        Self {
            mails,
            gatherings: fit,
            share,
        }
    }

    /// For a person, in one line; nothing where there is nobody to write to. In a room only for who is not there.
    pub(super) fn line(self, in_room: bool) -> Option<String> {
        if self.mails == 0 {
            return None;
        }
        let each = match self.mails {
            1 => "1 mail".to_owned(),
            many => format!("up to {many} mails"),
        };
        let to = match in_room {
            true => "by mail, to who is not there",
            false => "by mail",
        };
        let Some(times) = self.gatherings else {
            return Some(format!("{to}: what is said leaves at once, in {each}"));
        };
        let gathered = "what is said is gathered for 30 to 90 seconds, and leaves in";
        let often = match times {
            0 => "more than there are in a day".to_owned(),
            1 => "once a day".to_owned(),
            times => format!("{times} times a day"),
        };
        let share = self.share;
        Some(format!(
            "{to}: {gathered} {each}: {often}, of the {share} mails that all groups may have"
        ))
    }
}
