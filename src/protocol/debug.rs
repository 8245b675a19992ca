//! What of a type prints, where not all of it may: field by field, each named, so that a new one cannot slip in.

/// `Debug` of a struct or an enum: a field prints as it is, as its length in bytes alone (`: length`), as the count of what
/// is in it (`: count`), or not at all (`: hidden`). Of a struct without fields' names nothing prints but what it is.
macro_rules! redacted_debug {
    ($of:ident) => {
        impl std::fmt::Debug for $of {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self(_) = self;
                f.write_str(concat!(stringify!($of), "(…)"))
            }
        }
    };
    ($of:ident { $($field:ident $(: $how:ident)?),+ $(,)? }) => {
        impl std::fmt::Debug for $of {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self { $($field),+ } = self;
                let mut shown = f.debug_struct(stringify!($of));
                $($crate::protocol::debug::redacted_debug!(
                    @($field $($how)?) |value| shown.field(stringify!($field), value)
                );)+
                shown.finish()
            }
        }
    };
    (enum $of:ident { $($variant:ident $(($($field:ident $(: $how:ident)?),+))?),+ $(,)? }) => {
        impl std::fmt::Debug for $of {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant $(($($field),+))? => {
                        let mut shown = f.debug_tuple(stringify!($variant));
                        $($($crate::protocol::debug::redacted_debug!(
                            @($field $($how)?) |value| shown.field(value)
                        );)+)?
                        shown.finish()
                    })+
                }
            }
        }
    };
    (@($field:ident) |$value:ident| $show:expr) => {{
        let $value = $field;
        $show;
    }};
    (@($field:ident length) |$value:ident| $show:expr) => {{
        let $value = &format_args!("{} bytes", $field.len());
        $show;
    }};
    (@($field:ident count) |$value:ident| $show:expr) => {{
        let $value = &$field.len();
        $show;
    }};
    (@($field:ident hidden) |$value:ident| $show:expr) => {
        let _ = $field;
    };
}

pub(crate) use redacted_debug;

/// What is written as hexadecimal text.
macro_rules! written_as_hex {
    ($($of:ident),+) => {
        $(
            impl std::fmt::Display for $of {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&$crate::protocol::hex::encode(&self.0))
                }
            }

            impl std::fmt::Debug for $of {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Display::fmt(self, f)
                }
            }
        )+
    };
}

pub(crate) use written_as_hex;
