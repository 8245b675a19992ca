//! Numerics that the gateway sends, by the names of their sources: RFC 2812, section 5, unless another is named
//! (Modern = modern.ircdocs.horse, "Numerics").

/// A numeric as it stands in a line.
pub(super) type Numeric = &'static str;

macro_rules! numerics {
    ($($number:literal $name:ident)*) => { $(pub(super) const $name: Numeric = $number;)* };
}

numerics! {
    // Registration (005: Modern).
    "001" WELCOME  "002" YOUR_HOST  "003" CREATED  "004" MY_INFO  "005" ISUPPORT

    // The user and the server.
    "221" USER_MODE_IS  "251" LUSER_CLIENT  "305" UN_AWAY  "306" NOW_AWAY
    "351" VERSION  "391" TIME
    "375" MOTD_START  "372" MOTD  "376" END_OF_MOTD

    // Somebody (320, 330, 671: Modern; 335: IRCv3 bot mode; 354: IRCv3 WHOX).
    "301" AWAY  "302" USERHOST  "303" ISON
    "311" WHOIS_USER  "312" WHOIS_SERVER  "317" WHOIS_IDLE  "318" END_OF_WHOIS  "319" WHOIS_CHANNELS
    "320" WHOIS_SPECIAL  "330" WHOIS_ACCOUNT  "335" WHOIS_BOT  "671" WHOIS_SECURE
    "352" WHO_REPLY  "354" WHOX_REPLY  "315" END_OF_WHO  "369" END_OF_WHOWAS

    // The channel (329, 333: Modern).
    "321" LIST_START  "322" LIST  "323" LIST_END
    "324" CHANNEL_MODE_IS  "329" CREATION_TIME  "332" TOPIC  "333" TOPIC_WHO_TIME
    "353" NAMES_REPLY  "366" END_OF_NAMES  "368" END_OF_BAN_LIST

    // Help (Modern).
    "704" HELP_START  "705" HELP_TEXT  "706" END_OF_HELP

    // Errors (410: IRCv3 capability negotiation; 417: Modern).
    "401" NO_SUCH_NICK  "403" NO_SUCH_CHANNEL  "404" CANNOT_SEND
    "407" TOO_MANY_TARGETS  "409" NO_ORIGIN  "410" INVALID_CAP  "411" NO_RECIPIENT  "412" NO_TEXT
    "417" INPUT_TOO_LONG  "421" UNKNOWN_COMMAND  "451" NOT_REGISTERED  "461" NEED_MORE_PARAMS
    "431" NO_NICK_GIVEN  "432" ERRONEOUS_NICK  "433" NICK_IN_USE
    "442" NOT_ON_CHANNEL  "462" ALREADY_REGISTERED  "464" WRONG_PASSWORD  "472" UNKNOWN_MODE  "481" NO_PRIVILEGES
    "482" NOT_OPERATOR  "491" NO_OPER_HOST  "501" UNKNOWN_USER_MODE  "502" USERS_DONT_MATCH

    // WATCH (de facto, as Bahamut and UnrealIRCd send them).
    "600" WATCH_LOG_ON  "601" WATCH_LOG_OFF  "602" WATCH_OFF  "603" WATCH_STAT  "604" WATCH_NOW_ON
    "605" WATCH_NOW_OFF  "606" WATCH_LIST  "607" WATCH_END  "512" WATCH_TOO_MANY

    // IRCv3 MONITOR.
    "730" MONITOR_ONLINE  "731" MONITOR_OFFLINE  "732" MONITOR_LIST  "733" MONITOR_END  "734" MONITOR_FULL

    // IRCv3 SASL.
    "900" LOGGED_IN  "903" SASL_SUCCESS  "904" SASL_FAIL  "905" SASL_TOO_LONG  "906" SASL_ABORTED
    "907" SASL_ALREADY  "908" SASL_MECHANISMS
}
