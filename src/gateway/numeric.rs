//! Numerics that the gateway sends, by the names of their sources: RFC 2812, section 5, unless another is named
//! (Modern = modern.ircdocs.horse, "Numerics").

/// A numeric as it stands in a line.
pub(super) type Numeric = &'static str;

// Registration (RFC 2812, section 5.1; 005 Modern).
pub(super) const WELCOME: Numeric = "001";
pub(super) const YOUR_HOST: Numeric = "002";
pub(super) const CREATED: Numeric = "003";
pub(super) const MY_INFO: Numeric = "004";
pub(super) const ISUPPORT: Numeric = "005";

// Command responses (RFC 2812, section 5.1).
pub(super) const USER_MODE_IS: Numeric = "221";
pub(super) const END_OF_STATS: Numeric = "219";
pub(super) const LUSER_CLIENT: Numeric = "251";
pub(super) const AWAY: Numeric = "301";
pub(super) const USERHOST: Numeric = "302";
pub(super) const ISON: Numeric = "303";
pub(super) const UN_AWAY: Numeric = "305";
pub(super) const NOW_AWAY: Numeric = "306";
pub(super) const WHOIS_USER: Numeric = "311";
pub(super) const WHOIS_SERVER: Numeric = "312";
pub(super) const END_OF_WHO: Numeric = "315";
pub(super) const WHOIS_IDLE: Numeric = "317";
pub(super) const END_OF_WHOIS: Numeric = "318";
pub(super) const WHOIS_CHANNELS: Numeric = "319";
/// Modern.
pub(super) const WHOIS_SPECIAL: Numeric = "320";
pub(super) const LIST_START: Numeric = "321";
pub(super) const LIST: Numeric = "322";
pub(super) const LIST_END: Numeric = "323";
pub(super) const CHANNEL_MODE_IS: Numeric = "324";
/// Modern.
pub(super) const CREATION_TIME: Numeric = "329";
/// Modern.
pub(super) const WHOIS_ACCOUNT: Numeric = "330";
pub(super) const TOPIC: Numeric = "332";
/// Modern.
pub(super) const TOPIC_WHO_TIME: Numeric = "333";
/// IRCv3 bot mode.
pub(super) const WHOIS_BOT: Numeric = "335";
pub(super) const VERSION: Numeric = "351";
pub(super) const WHO_REPLY: Numeric = "352";
pub(super) const NAMES_REPLY: Numeric = "353";
/// IRCv3 WHOX.
pub(super) const WHOX_REPLY: Numeric = "354";
pub(super) const END_OF_LINKS: Numeric = "365";
pub(super) const END_OF_NAMES: Numeric = "366";
pub(super) const END_OF_BAN_LIST: Numeric = "368";
pub(super) const END_OF_WHOWAS: Numeric = "369";
pub(super) const INFO: Numeric = "371";
pub(super) const MOTD: Numeric = "372";
pub(super) const END_OF_INFO: Numeric = "374";
pub(super) const MOTD_START: Numeric = "375";
pub(super) const END_OF_MOTD: Numeric = "376";
pub(super) const TIME: Numeric = "391";
/// Modern.
pub(super) const WHOIS_SECURE: Numeric = "671";
/// Modern.
pub(super) const HELP_START: Numeric = "704";
/// Modern.
pub(super) const HELP_TEXT: Numeric = "705";
/// Modern.
pub(super) const END_OF_HELP: Numeric = "706";

// Errors (RFC 2812, section 5.2).
pub(super) const NO_SUCH_NICK: Numeric = "401";
pub(super) const NO_SUCH_SERVER: Numeric = "402";
pub(super) const NO_SUCH_CHANNEL: Numeric = "403";
pub(super) const CANNOT_SEND: Numeric = "404";
pub(super) const TOO_MANY_TARGETS: Numeric = "407";
pub(super) const NO_ORIGIN: Numeric = "409";
/// IRCv3 capability negotiation.
pub(super) const INVALID_CAP: Numeric = "410";
pub(super) const NO_RECIPIENT: Numeric = "411";
pub(super) const NO_TEXT: Numeric = "412";
/// Modern.
pub(super) const INPUT_TOO_LONG: Numeric = "417";
pub(super) const UNKNOWN_COMMAND: Numeric = "421";
pub(super) const NO_ADMIN_INFO: Numeric = "423";
pub(super) const NO_NICK_GIVEN: Numeric = "431";
pub(super) const ERRONEOUS_NICK: Numeric = "432";
pub(super) const NICK_IN_USE: Numeric = "433";
pub(super) const NOT_IN_CHANNEL: Numeric = "441";
pub(super) const NOT_ON_CHANNEL: Numeric = "442";
pub(super) const ALREADY_ON_CHANNEL: Numeric = "443";
pub(super) const NOT_REGISTERED: Numeric = "451";
pub(super) const NEED_MORE_PARAMS: Numeric = "461";
pub(super) const ALREADY_REGISTERED: Numeric = "462";
pub(super) const WRONG_PASSWORD: Numeric = "464";
pub(super) const UNKNOWN_MODE: Numeric = "472";
pub(super) const NO_PRIVILEGES: Numeric = "481";
pub(super) const NOT_OPERATOR: Numeric = "482";
pub(super) const NO_OPER_HOST: Numeric = "491";
pub(super) const UNKNOWN_USER_MODE: Numeric = "501";
pub(super) const USERS_DONT_MATCH: Numeric = "502";
/// Modern.
pub(super) const HELP_NOT_FOUND: Numeric = "524";

// WATCH (de facto, as Bahamut and UnrealIRCd send them).
pub(super) const WATCH_LOG_ON: Numeric = "600";
pub(super) const WATCH_LOG_OFF: Numeric = "601";
pub(super) const WATCH_OFF: Numeric = "602";
pub(super) const WATCH_STAT: Numeric = "603";
pub(super) const WATCH_NOW_ON: Numeric = "604";
pub(super) const WATCH_NOW_OFF: Numeric = "605";
pub(super) const WATCH_LIST: Numeric = "606";
pub(super) const WATCH_END: Numeric = "607";
pub(super) const WATCH_TOO_MANY: Numeric = "512";

// IRCv3 MONITOR.
pub(super) const MONITOR_ONLINE: Numeric = "730";
pub(super) const MONITOR_OFFLINE: Numeric = "731";
pub(super) const MONITOR_LIST: Numeric = "732";
pub(super) const MONITOR_END: Numeric = "733";
pub(super) const MONITOR_FULL: Numeric = "734";

// IRCv3 SASL.
pub(super) const LOGGED_IN: Numeric = "900";
pub(super) const SASL_SUCCESS: Numeric = "903";
pub(super) const SASL_FAIL: Numeric = "904";
pub(super) const SASL_TOO_LONG: Numeric = "905";
pub(super) const SASL_ABORTED: Numeric = "906";
pub(super) const SASL_ALREADY: Numeric = "907";
pub(super) const SASL_MECHANISMS: Numeric = "908";
