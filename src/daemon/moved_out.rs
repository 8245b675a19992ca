//! The account has left for another machine: there is nothing to be done here any more.

use crate::account::is_moving;
use crate::agent::{Agent, Outside};
use crate::rules::words::rfc3339;

/// Whether it has, which is said. As long as the archive is being written it has not: that may not come to be.
pub(super) fn is(agent: &Agent<impl Outside>) -> bool {
    let Some(at) = agent.state().moved_out else {
        return false;
    };
    if is_moving(&agent.account.home) {
        return false;
    }
    let at = rfc3339(at);
    tracing::warn!(
        "this account left for another machine on {at}: `iim return` if it never arrived there"
    );
    true
}
