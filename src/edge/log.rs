//! The log of the agent, on stderr, for people or as JSON lines.
//!
//! No secret ever goes in: what holds one does not print.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is told, and in which form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log {
    /// `-v` given so many times, less the times of `-q`.
    pub verbosity: i8,
    /// One JSON object a line.
    pub json: bool,
}

impl Log {
    /// Begins the log; a second call changes nothing.
    pub fn start(self) {
        let layer = if self.json {
            let layer = tracing_subscriber::fmt::layer().json();
            layer.with_writer(std::io::stderr).boxed()
        } else {
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let layer = tracing_subscriber::fmt::layer().with_ansi(colour);
            let layer = layer.with_target(false).with_writer(std::io::stderr);
            layer.boxed()
        };
        let registry = tracing_subscriber::registry().with(layer.with_filter(self.filter()));
        // Fails only if there is a log already.
        drop(registry.try_init());
    }

    /// Our own words at the chosen level, those of libraries only when something is wrong.
    fn filter(self) -> Targets {
        Targets::new()
            .with_default(Level::WARN.min(self.level()))
            .with_target("iim", self.level())
    }

    fn level(self) -> Level {
        match self.verbosity {
            ..=-2 => Level::ERROR,
            -1 => Level::WARN,
            0 => Level::INFO,
            1 => Level::DEBUG,
            2.. => Level::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_quieter_than_we_are() {
        for (verbosity, level) in [
            (-2, Level::ERROR),
            (-1, Level::WARN),
            (0, Level::INFO),
            (1, Level::DEBUG),
            (3, Level::TRACE),
        ] {
            let log = Log {
                verbosity,
                json: false,
            };
            let filter = log.filter();
            assert!(filter.would_enable("iim::edge", &level), "{verbosity}");
            assert!(!filter.would_enable("rustls", &Level::INFO), "{verbosity}");
        }
    }
}
