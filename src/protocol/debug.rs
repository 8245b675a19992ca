//! What of a struct prints, where not all of it may: field by field, each named, so that a new one cannot slip in.

/// `Debug` of a struct: a field prints as it is, as its length alone (`: length`), or not at all (`: hidden`). Of a struct
/// without fields' names nothing prints but what it is.
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
                $($crate::protocol::debug::redacted_debug!(@shown $field $($how)?);)+
                shown.finish()
            }
        }
    };
    (@$shown:ident $field:ident) => {
        $shown.field(stringify!($field), $field);
    };
    (@$shown:ident $field:ident length) => {
        $shown.field(stringify!($field), &format_args!("{} bytes", $field.len()));
    };
    (@$shown:ident $field:ident hidden) => {
        let _ = $field;
    };
}

pub(crate) use redacted_debug;
