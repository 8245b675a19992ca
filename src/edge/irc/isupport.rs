//! What the server offers: the tokens of 005 (draft-hardy-irc-isupport), merged over several lines.
//!
//! CASEMAPPING is left out on purpose: nicks of ours hold only a–z and 0–9, where every mapping agrees.

/// The tokens that matter to us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Isupport {
    /// NETWORK.
    pub(super) network: Option<String>,
    /// NICKLEN, bytes.
    pub(super) nicklen: Option<usize>,
    /// LINELEN, bytes with CR LF.
    pub(super) linelen: Option<usize>,
    /// MONITOR, nicks.
    pub(super) monitor: Option<usize>,
}

impl Isupport {
    /// Takes the parameters of one 005: ours, the tokens, and words for people.
    pub(super) fn merge(&mut self, params: &[String]) {
        for token in params.iter().skip(1).filter(|param| !param.contains(' ')) {
            match token.strip_prefix('-') {
                Some(name) => self.set(name, None),
                None => {
                    let (name, value) = token.split_once('=').unwrap_or((token, ""));
                    self.set(name, Some(value));
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        let number = || value.and_then(|value| value.parse::<usize>().ok());
        match name {
            "NETWORK" => self.network = value.filter(|v| !v.is_empty()).map(unescape),
            "NICKLEN" => self.nicklen = number(),
            "LINELEN" => self.linelen = number().filter(|len| *len >= 512),
            // Without a value there is no limit.
            "MONITOR" => self.monitor = value.map(|value| value.parse().unwrap_or(NO_LIMIT)),
            _ => {}
        }
    }
}

/// `\x20` and the like stand for bytes that cannot stand in a token; all but the space are dropped.
fn unescape(value: &str) -> String {
    let text = value.replace("\\x20", " ");
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// What MONITOR without a number allows.
const NO_LIMIT: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(lines: &[&str]) -> Isupport {
        let mut isupport = Isupport::default();
        for line in lines {
            let params: Vec<String> = format!("me {line}").split(' ').map(str::to_owned).collect();
            isupport.merge(&params);
        }
        isupport
    }

    #[test]
    fn lines_are_merged() {
        let got = merged(&[
            "NETWORK=Ng\\x20Net NICKLEN=9 MONITOR=30",
            "LINELEN=2048 -MONITOR NICKLEN=x",
        ]);
        let want = Isupport {
            network: Some("Ng Net".into()),
            linelen: Some(2048),
            ..Isupport::default()
        };
        assert_eq!(got, want);
    }

    #[test]
    fn odd_values_are_survived() {
        assert_eq!(merged(&["MONITOR"]).monitor, Some(NO_LIMIT));
        assert_eq!(merged(&["LINELEN=3 NETWORK= = - =x"]), Isupport::default());
    }
}
